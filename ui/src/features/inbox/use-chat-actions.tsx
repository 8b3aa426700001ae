import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type RefObject, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import { placeConversation } from "../../api/cache";
import type { Agent, ConversationItem, Group, Id, Message } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { conversationQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { problemText } from "../../components/problem-text";
import { toast } from "../../components/toast";
import type { ChatActions } from "./chat-context";
import type { About } from "./compose/composer";
import { senderName } from "./group/sender";
import { Lightbox } from "./message/lightbox";
import { type MenuAt, MessageMenu } from "./message/menu";
import { type PickerAt, ReactionPicker } from "./message/picker";
import { isKnown, mayCancel, mayEdit, mayRevoke } from "./message/rights";
import { useAmend } from "./use-amend";
import { useJump } from "./use-jump";
import type { useThread } from "./use-thread";

interface Facts {
  conversation: ConversationItem;
  me: Agent;
  name: string;
  group: Group | undefined;
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
  const [cancelling, setCancelling] = useState<Message | null>(null);
  const [left, setLeft] = useState<Message | null>(null);
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
    const cancel = (message: Message) =>
      void amend.cancel(message).then((kept) => {
        if (!kept) setLeft(message);
      });
    return {
      name,
      group: conversation.contact.kind === "group",
      writerOf: (id) => {
        const { thread, group } = latest.current;
        const sender = thread.messages.find((message) => message.id === id)?.details?.sender;
        return sender ? senderName(sender, group?.members) : null;
      },
      may: {
        reply: mayWrite,
        react: (message) => mayWrite && ownLine && isKnown(message),
        edit: (message) => mayWrite && ownLine && mayEdit(message, Date.now()),
        revoke: (message) => ownLine && mayRevoke(message, Date.now()),
        cancel: (message) => ownLine && mayCancel(message),
      },
      reply: about("reply"),
      edit: about("edit"),
      askRevoke: setRevoking,
      // Words can be had back into the field; a file would have to be found again.
      cancel: (message) => (message.kind === "text" ? cancel(message) : setCancelling(message)),
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
  }, [
    name,
    mayWrite,
    ownLine,
    amend,
    thread.retry,
    jumpTo,
    client,
    navigate,
    field,
    conversation.id,
    conversation.contact.kind,
  ]);

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
      {cancelling && (
        <Dialog
          open
          onOpenChange={() => setCancelling(null)}
          title={t("message.cancelTitle")}
          description={t("message.cancelHint")}
        >
          <DialogActions>
            <Button onClick={() => setCancelling(null)}>{t("message.cancelNo")}</Button>
            <Button
              look="danger"
              onClick={() => {
                setCancelling(null);
                void amend.cancel(cancelling).then((kept) => {
                  if (!kept) setLeft(cancelling);
                });
              }}
            >
              {t("message.cancel")}
            </Button>
          </DialogActions>
        </Dialog>
      )}
      {left && (
        <Dialog
          open
          onOpenChange={() => setLeft(null)}
          title={t("message.leftTitle")}
          description={t("message.leftHint", { name })}
        >
          <DialogActions>
            <Button onClick={() => setLeft(null)}>{t("message.leftKeep")}</Button>
            <Button
              look="danger"
              onClick={() => {
                setLeft(null);
                amend.revoke(thread.messages.find((message) => message.id === left.id) ?? left);
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
