import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Info, MessageSquareOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { host } from "../../api/access";
import { useTyping } from "../../api/live";
import type { Agent, ConversationItem, Message } from "../../api/model";
import { useAgent, useChannel } from "../../api/people";
import { ProblemError } from "../../api/problem";
import { conversationQuery, statusQuery } from "../../api/queries";
import { Business } from "../../components/business";
import { Button, IconButton } from "../../components/button";
import { Whereabouts } from "../../components/contact/contact-details";
import { Face } from "../../components/face";
import { useNarrow, useWide } from "../../components/media-query";
import { Name } from "../../components/name";
import { useShortcuts } from "../../components/shortcuts";
import { Bone, Empty, Failed } from "../../components/states";
import { safeName } from "../../text/untrusted";
import { ChatProvider } from "./chat-context";
import { quoteOf } from "./compose/about-bar";
import { type About, Composer } from "./compose/composer";
import { From, Locked } from "./compose/composer-bar";
import { drafts } from "./compose/drafts";
import { useDrop } from "./compose/drop";
import { FilesSheet } from "./compose/files-sheet";
import { GroupLine } from "./group/group-line";
import { Members } from "./group/members";
import { OnlyYou } from "./group/only-you";
import { senderName } from "./group/sender";
import { useGroup } from "./group/use-group";
import { isKnown } from "./message/rights";
import { outgoing } from "./outgoing";
import { Panel } from "./panel";
import { ScopeChip } from "./privacy/scope-chip";
import { ScopeDialog } from "./privacy/scope-dialog";
import { sendingRule } from "./sending-rule";
import { Thread } from "./thread";
import { type Upload, uploads } from "./uploads";
import { useChatActions } from "./use-chat-actions";
import { useThread } from "./use-thread";
import { useTicket } from "./use-ticket";

interface ChatProps {
  id: string;
  me: Agent;
  onBack: () => void;
  onTaken: () => void;
}

/** One conversation: its chat, and the details beside it. */
export function Chat({ id, me, onBack, onTaken }: ChatProps) {
  const { t } = useTranslation();
  const query = useQuery(conversationQuery(id));
  if (query.data) return <Open key={id} conversation={query.data} me={me} onBack={onBack} onTaken={onTaken} />;
  if (query.isPending) {
    return (
      <main className="flex min-w-0 flex-1 flex-col" aria-busy>
        <div className="flex min-h-14 items-center gap-3 border-line border-b bg-surface px-4">
          <Bone className="size-9 rounded-full" />
          <Bone className="h-4 w-40" />
        </div>
      </main>
    );
  }
  const gone = ProblemError.from(query.error).problem.status === 404;
  return (
    <main className="min-w-0 flex-1">
      {gone ? (
        <Empty
          icon={<MessageSquareOff />}
          title={t("chat.gone")}
          action={<Button onClick={onBack}>{t("chat.toList")}</Button>}
        >
          {t("chat.goneHint")}
        </Empty>
      ) : (
        <Failed error={query.error} onRetry={() => query.refetch()} />
      )}
    </main>
  );
}

type OpenProps = Omit<ChatProps, "id"> & { conversation: ConversationItem };

type Sent = Pick<Upload, "file" | "name" | "caption" | "voice" | "asDocument">;

function Open({ conversation, me, onBack, onTaken }: OpenProps) {
  const { t } = useTranslation();
  const wide = useWide();
  const narrow = useNarrow();
  const [details, setDetails] = useState(false);
  const [revision, setRevision] = useState(0);
  const [about, setAbout] = useState<About | null>(null);
  const [scoping, setScoping] = useState(false);
  const [listing, setListing] = useState(false);
  const [files, setFiles] = useState<File[] | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const client = useQueryClient();
  const thread = useThread(conversation, me.id);
  const typing = useTyping(conversation.id);
  const controls = useTicket(conversation.ticket, me, onTaken);
  const channel = useChannel(conversation.channel_id);
  const owner = useAgent(channel?.owner_id);
  const assignee = useAgent(conversation.ticket?.assignee_id);
  const writing = useAgent(typing.agents.find((agent) => agent !== me.id));
  const session = useQuery(statusQuery).data?.session.state ?? null;
  const group = useGroup(conversation);
  const isGroup = conversation.contact.kind === "group";
  const rule = sendingRule({ item: conversation, me, channel, session, group });
  const name = safeName(conversation.contact.name);

  const focusField = () => field.current?.focus();
  // Whoever takes or reopens a ticket here wants to write next; the button that was pressed is gone.
  const mayWrite = rule.kind === "free";
  const could = useRef(mayWrite);
  useEffect(() => {
    const opened = mayWrite && !could.current;
    could.current = mayWrite;
    if (opened && document.activeElement === document.body) field.current?.focus();
  }, [mayWrite]);
  const ownLine = host() === "bridge" && channel?.owner_id === me.id;
  const editAgain = (message: Message) => {
    outgoing.remove(message.id);
    const draft = drafts.read(conversation.id);
    drafts.write(conversation.id, draft ? `${message.text ?? ""}\n${draft}` : (message.text ?? ""));
    setRevision(revision + 1);
    requestAnimationFrame(() => field.current?.focus());
  };
  const { actions, overlays, edit, lastOwn } = useChatActions({
    conversation,
    me,
    name,
    group,
    thread,
    scroller,
    field,
    mayWrite,
    ownLine,
    onAbout: setAbout,
    onEditAgain: editAgain,
  });
  useShortcuts({
    a: controls.take,
    e: controls.askResolve,
    t: controls.askTransfer,
    r: () => {
      const focused = document.activeElement?.getAttribute("data-id");
      const message =
        thread.messages.find((one) => one.id === focused) ??
        thread.messages.findLast((one) => one.direction === "inbound" && isKnown(one));
      if (message && actions.may.reply && isKnown(message)) actions.reply(message);
    },
    Enter: focusField,
  });

  const writerOf = (message: Message) => {
    if (message.direction === "outbound") return t("common.you");
    const sender = message.details?.sender;
    return sender ? (senderName(sender, group?.members) ?? t("group.hidden")) : name;
  };
  const answered = about?.kind === "reply" ? { reply_to: quoteOf(about.message) } : {};
  const sendFiles = (chosen: Sent[]) => {
    chosen.forEach((one, at) => {
      const reply_to = at === 0 ? (answered.reply_to ?? null) : null;
      uploads.start(client, { ...one, conversation_id: conversation.id, reply_to });
    });
    setAbout(null);
  };
  const drop = useDrop(mayWrite ? setFiles : null);

  const showPanel = wide || details;
  return (
    <>
      <main
        className="relative flex min-w-0 flex-1 flex-col bg-bg"
        aria-label={t("chat.region", { name })}
        hidden={narrow && details}
        {...drop.handlers}
      >
        {drop.sheet}
        <header className="flex min-h-14 items-center gap-2 border-line border-b bg-surface py-2 ps-4 pe-3 max-md:ps-1">
          {narrow && (
            <IconButton
              label={t("chat.backToList")}
              icon={<ArrowLeft className="rtl:-scale-x-100" />}
              onClick={onBack}
            />
          )}
          <Face contact={conversation.contact} />
          <div className="min-w-0 flex-1">
            <h1 className="truncate text-14">
              <Name>{conversation.contact.name}</Name>
              <Business contact={conversation.contact} />
            </h1>
            <p className="truncate text-12 text-text-2" role="status">
              {typing.customer ? (
                <span className="text-accent">{t("chat.typing")}</span>
              ) : writing ? (
                <span className="text-accent">{t("chat.agentTyping", { name: safeName(writing.name, 60) })}</span>
              ) : isGroup ? (
                <GroupLine group={group} onOpen={() => setListing(true)} />
              ) : (
                <Whereabouts contact={conversation.contact} />
              )}
            </p>
          </div>
          {ownLine && <ScopeChip scope={conversation.scope} onOpen={() => setScoping(true)} />}
          {!narrow && (
            <>
              {controls.can.transfer && <Button onClick={controls.askTransfer}>{t("ticket.transfer")}</Button>}
              {controls.can.resolve && (
                <Button look="primary" onClick={controls.askResolve} busy={controls.busy}>
                  {t("ticket.resolve")}
                </Button>
              )}
              {controls.can.take && (
                <Button look="primary" onClick={controls.take} busy={controls.busy}>
                  {t("ticket.take")}
                </Button>
              )}
            </>
          )}
          {!wide && (
            <IconButton
              label={details ? t("chat.hideDetails") : t("chat.details")}
              aria-expanded={details}
              icon={<Info />}
              onClick={() => setDetails(!details)}
            />
          )}
        </header>
        {ownLine && group?.member && conversation.scope === "private" && <OnlyYou onScope={() => setScoping(true)} />}
        <ChatProvider value={actions}>
          <Thread
            conversation={conversation}
            me={me}
            thread={thread}
            typing={typing.customer}
            group={group}
            scroller={scroller}
          />
          {overlays}
        </ChatProvider>
        <footer className="border-line border-t bg-surface px-4 pt-2 pb-3 max-md:px-2 max-md:pb-[max(8px,env(safe-area-inset-bottom))]">
          {rule.kind === "free" ? (
            <>
              <From rule={rule} channel={channel} owner={owner} me={me} />
              <Composer
                key={revision}
                conversation={conversation.id}
                name={name}
                writer={about ? writerOf(about.message) : ""}
                field={field}
                about={about}
                onAbout={setAbout}
                onSend={(written) => {
                  thread.send({ ...written, ...answered });
                  setAbout(null);
                }}
                onEdit={edit}
                onFiles={setFiles}
                onVoice={
                  host() === "bridge"
                    ? (file) => sendFiles([{ file, name: "voice.wav", caption: "", voice: true, asDocument: false }])
                    : null
                }
                lastOwn={lastOwn}
              />
            </>
          ) : (
            <Locked
              rule={rule}
              assignee={assignee}
              owner={owner}
              busy={controls.busy}
              onTake={controls.take}
              onReopen={controls.reopen}
            />
          )}
        </footer>
      </main>
      {showPanel && (
        <aside
          aria-label={t("chat.details")}
          className="scroll-quiet w-[320px] shrink-0 border-line border-s bg-surface max-xl:absolute max-xl:inset-y-0 max-xl:end-0 max-xl:z-20 max-xl:shadow-float max-md:w-full"
        >
          {!wide && (
            <div className="flex min-h-14 items-center gap-1 border-line border-b ps-1 pe-3">
              <IconButton
                label={t("chat.hideDetails")}
                icon={<ArrowLeft className="rtl:-scale-x-100" />}
                onClick={() => setDetails(false)}
              />
              <p className="font-semibold">{t("chat.details")}</p>
            </div>
          )}
          <Panel
            conversation={conversation}
            me={me}
            controls={controls}
            group={group}
            onMembers={() => setListing(true)}
            onScope={ownLine ? () => setScoping(true) : null}
          />
        </aside>
      )}
      {controls.dialogs}
      {listing && group && (
        <Members
          group={group}
          onChat={
            actions.startChat &&
            ((phone) => {
              setListing(false);
              actions.startChat?.(phone);
            })
          }
          onClose={() => setListing(false)}
        />
      )}
      {scoping && (
        <ScopeDialog
          conversation={conversation}
          messages={thread.messages}
          name={name}
          onClose={() => setScoping(false)}
        />
      )}
      {files && (
        <FilesSheet
          files={files}
          to={name}
          onClose={() => setFiles(null)}
          onSend={(chosen) => {
            setFiles(null);
            sendFiles(chosen.map((one) => ({ ...one, name: one.file.name, voice: false })));
            requestAnimationFrame(() => field.current?.focus());
          }}
        />
      )}
    </>
  );
}
