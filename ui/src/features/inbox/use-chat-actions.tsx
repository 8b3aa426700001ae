import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type RefObject, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import { placeConversation } from "../../api/cache";
import type { Agent, ConversationItem, Id, Message } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { conversationQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { problemText } from "../../components/problem-text";
import { toast } from "../../components/toast";
import type { ChatActions } from "./chat-context";
import type { About } from "./compose/composer";
import { Lightbox } from "./message/lightbox";
import { type MenuAt, MessageMenu } from "./message/menu";
import { type PickerAt, ReactionPicker } from "./message/picker";
import { isKnown, mayEdit, mayRevoke } from "./message/rights";
import { useAmend } from "./use-amend";
import { useJump } from "./use-jump";
import type { useThread } from "./use-thread";

interface Facts {
  conversation: ConversationItem;
  me: Agent;
  name: string;
  thread: ReturnType<typeof useThread>;
  scroller: RefObject<HTMLDivElement | null>;
  field: RefObject<HTMLTextAreaElement | null>;
  /** Whether this person may write here at all. */
  mayWrite: boolean;
  /** Whether this machine holds the number: only then can messages be changed, and the phone be asked. */
  ownLine: boolean;
  onAbout: (about: About | null) => void;
  onEditAgain: (message: Message) => void;
}

/** What can be done with the chat's messages, and the menus and dialogs that it takes. */
export function useChatActions(facts: Facts) {
  const { conversation, me, name, thread, scroller, field, mayWrite, ownLine } = facts;
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const amend = useAmend(conversation.id, me.id);
  const jumpTo = useJump(scroller, thread.query);
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [picker, setPicker] = useState<PickerAt | null>(null);
  const [picture, setPicture] = useState<Id | null>(null);
  const [revoking, setRevoking] = useState<Message | null>(null);
  const latest = useRef(facts);
  latest.current = facts;

  const actions = useMemo<ChatActions>(() => {
    const about = (kind: About["kind"]) => (message: Message) => {
      latest.current.onAbout({ kind, message });
      requestAnimationFrame(() => field.current?.focus());
    };
    const startChat = (phone: string) =>
      void bridge.startConversation(phone).then(
        (item) => {
          client.setQueryData(conversationQuery(item.id).queryKey, item);
          placeConversation(client, item);
          return navigate({
            to: "/inbox/$conversationId",
            params: { conversationId: item.id },
            search: { view: "all" },
          });
        },
        (error: unknown) => toast.bad(problemText(ProblemError.from(error))),
      );
    return {
      name,
      may: {
        reply: mayWrite,
        react: (message) => mayWrite && ownLine && isKnown(message),
        edit: (message) => mayWrite && ownLine && mayEdit(message, Date.now()),
        revoke: (message) => ownLine && mayRevoke(message, Date.now()),
      },
      reply: about("reply"),
      edit: about("edit"),
      askRevoke: setRevoking,
      react: amend.react,
      played: amend.played,
      retry: thread.retry,
      editAgain: (message) => latest.current.onEditAgain(message),
      jumpTo,
      openPicture: setPicture,
      openMenu: (message, from) => setMenu({ message, from }),
      openPicker: (message, from) => setPicker({ message, from }),
      startChat: ownLine ? startChat : null,
      askPhone: ownLine ? async (before) => (await bridge.older(conversation.id, before)).messages : null,
    };
  }, [name, mayWrite, ownLine, amend, thread.retry, jumpTo, client, navigate, field, conversation.id]);

  const overlays = (
    <>
      {menu && <MessageMenu key={menu.message.id} at={menu} onClose={() => setMenu(null)} />}
      {picker && <ReactionPicker key={picker.message.id} at={picker} onClose={() => setPicker(null)} />}
      {picture && (
        <Lightbox messages={thread.messages} open={picture} onOpen={setPicture} onClose={() => setPicture(null)} />
      )}
      {revoking && (
        <Dialog
          open
          onOpenChange={() => setRevoking(null)}
          title={t("message.revokeTitle")}
          description={t("message.revokeHint", { name })}
        >
          <DialogActions>
            <Button onClick={() => setRevoking(null)}>{t("common.cancel")}</Button>
            <Button
              look="danger"
              onClick={() => {
                amend.revoke(revoking);
                setRevoking(null);
              }}
            >
              {t("message.revoke")}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
  /** The newest own message that can still be changed. */
  const lastOwn = () => thread.messages.findLast((message) => actions.may.edit(message)) ?? null;
  return { actions, overlays, edit: amend.edit, lastOwn };
}
