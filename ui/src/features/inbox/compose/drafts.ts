import type { Id } from "../../../api/model";

// Half-written messages, one for each chat, kept until sent.

const KEY = "ownline.draft.";

export const drafts = {
  read: (conversation: Id) => window.localStorage.getItem(KEY + conversation) ?? "",
  write: (conversation: Id, text: string) => {
    if (text === "") window.localStorage.removeItem(KEY + conversation);
    else window.localStorage.setItem(KEY + conversation, text);
  },
};
