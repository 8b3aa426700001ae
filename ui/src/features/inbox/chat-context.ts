import { createContext, useContext } from "react";
import type { Id, Message } from "../../api/model";

/** What can be done with the messages of the open chat. One object, so that bubbles are drawn anew only when they change. */
export interface ChatActions {
  /** The customer, or what the group is called. */
  name: string;
  may: {
    reply: boolean;
    react: (message: Message) => boolean;
    edit: (message: Message) => boolean;
    revoke: (message: Message) => boolean;
    cancel: (message: Message) => boolean;
  };
  reply: (message: Message) => void;
  edit: (message: Message) => void;
  askRevoke: (message: Message) => void;
  /** Keeps what waits from leaving; asks first where it could not simply be written again. */
  cancel: (message: Message) => void;
  /** Whose words a quoted message of a group is; null where that is not known here. */
  writerOf: (id: Id) => string | null;
  /** Whether several people write here. */
  group: boolean;
  react: (message: Message, emoji: string) => void;
  played: (message: Message) => void;
  retry: (message: Message) => void;
  /** Takes a message that never left back into the field. */
  editAgain: (message: Message) => void;
  jumpTo: (id: Id) => void;
  openPicture: (id: Id) => void;
  openMenu: (message: Message, from: HTMLElement) => void;
  openPicker: (message: Message, from: HTMLElement) => void;
  /** Null where no chat can be started from here. */
  startChat: ((phone: string) => void) | null;
  /** Asks for what came before and says how many messages came. Null where no phone can be asked. */
  askPhone: ((before: Id | null) => Promise<number>) | null;
}

const Context = createContext<ChatActions | null>(null);
export const ChatProvider = Context.Provider;

export function useChat(): ChatActions {
  const actions = useContext(Context);
  if (!actions) throw new Error("no chat around this");
  return actions;
}
