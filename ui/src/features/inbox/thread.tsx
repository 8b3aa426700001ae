import { useQuery } from "@tanstack/react-query";
import { ArrowDown, MessageSquare } from "lucide-react";
import {
  Fragment,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import type { Agent, ConversationItem, Group, Message, Ticket } from "../../api/model";
import { agentsQuery } from "../../api/queries";
import { cx } from "../../components/cx";
import { Bone, Empty, Failed } from "../../components/states";
import { clockTime, dayName, daysAgo } from "../../i18n/format";
import { safeName } from "../../text/untrusted";
import { useChat } from "./chat-context";
import { beginsRun, senderName } from "./group/sender";
import { Bubble } from "./message/bubble";
import { Gap } from "./message/gap";
import { UploadBubble } from "./upload-bubble";
import { useUploads } from "./uploads";
import { useRead } from "./use-read";
import type { useThread } from "./use-thread";

interface ThreadProps {
  conversation: ConversationItem;
  me: Agent;
  thread: ReturnType<typeof useThread>;
  typing: boolean;
  group: Group | undefined;
  scroller: RefObject<HTMLDivElement | null>;
}

const NEAR_END_PX = 60;
const LOAD_BEFORE_PX = 800;

/** The newest unread message's forerunners: where “3 new messages” stands. Fixed when the chat is opened. */
function firstUnread(messages: readonly Message[], unread: number): string | null {
  if (unread === 0) return null;
  const inbound = messages.filter((message) => message.direction === "inbound");
  return inbound.at(-Math.min(unread, inbound.length))?.id ?? null;
}

export function Thread({ conversation, me, thread, typing, group, scroller }: ThreadProps) {
  const { t } = useTranslation();
  const { query, messages } = thread;
  const { askPhone } = useChat();
  const agents = useQuery(agentsQuery).data;
  const sending = useUploads(conversation.id);
  const [atEnd, setAtEnd] = useState(true);
  const [unreadLine, setUnreadLine] = useState<{ id: string; count: number } | null>(null);
  const [seen, setSeen] = useState("");
  const ready = query.isSuccess;

  // The line is drawn once, when the chat opens, and stays until one has answered below it.
  const drawn = useRef(false);
  useEffect(() => {
    if (!ready || drawn.current) return;
    drawn.current = true;
    const id = firstUnread(messages, conversation.unread);
    if (id) setUnreadLine({ id, count: conversation.unread });
  }, [ready, messages, conversation.unread]);

  const lineAt = messages.findIndex((message) => message.id === unreadLine?.id);
  const answered = messages.slice(lineAt + 1).some((message) => message.author_id === me.id);
  useRead(conversation, messages, atEnd);

  // Keeps what is being read where it is, whatever arrives above or below. The list hangs from its lower end
  // (column-reverse), so at the end nothing needs to be done.
  const anchor = useRef<{ id: string; top: number } | null>(null);
  const note = () => {
    const box = scroller.current;
    if (!box) return;
    const end = Math.abs(box.scrollTop) < NEAR_END_PX;
    setAtEnd(end);
    const edge = box.getBoundingClientRect().top;
    const first = [...box.querySelectorAll<HTMLElement>("[data-id]")].find(
      (item) => item.getBoundingClientRect().bottom > edge,
    );
    anchor.current = !end && first ? { id: first.dataset.id ?? "", top: first.getBoundingClientRect().top } : null;
    const above = box.scrollHeight - box.clientHeight - Math.abs(box.scrollTop);
    if (above < LOAD_BEFORE_PX && query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError)
      void query.fetchNextPage();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the content has changed
  useLayoutEffect(() => {
    const box = scroller.current;
    const kept = anchor.current;
    const item = kept ? box?.querySelector<HTMLElement>(`[data-id="${CSS.escape(kept.id)}"]`) : null;
    if (box && kept && item) box.scrollTop += item.getBoundingClientRect().top - kept.top;
    note();
  }, [messages, typing, sending.length]);

  const lastId = messages.at(-1)?.id ?? "";
  useEffect(() => {
    if (atEnd) setSeen(lastId);
  }, [atEnd, lastId]);
  const seenAt = messages.findIndex((message) => message.id === seen);
  const fresh =
    atEnd || seenAt < 0 ? 0 : messages.slice(seenAt + 1).filter((message) => message.direction === "inbound").length;
  const jump = () => {
    anchor.current = null;
    scroller.current?.scrollTo({ top: 0 });
    // The button leaves with the press; the keyboard stays in the chat.
    scroller.current?.focus({ preventScroll: true });
    setAtEnd(true);
  };
  // One's own message is always looked at.
  const lastOwn = sending.at(-1)?.id ?? (messages.at(-1)?.author_id === me.id ? lastId : "");
  useEffect(() => {
    if (lastOwn) {
      anchor.current = null;
      scroller.current?.scrollTo({ top: 0 });
    }
  }, [lastOwn, scroller]);

  if (query.isPending) return <ThreadBones />;
  if (query.isError && messages.length === 0) return <Failed error={query.error} onRetry={() => query.refetch()} />;

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        onScroll={note}
        onKeyDown={walk}
        className="scroll-quiet absolute inset-0 flex flex-col-reverse [container-type:inline-size] [overflow-anchor:none]"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-label={t("chat.messages")}
        aria-live="off"
      >
        <div className="flex flex-col gap-1 px-3 py-4 md:px-6">
          {!query.hasNextPage && conversation.older_on_phone && askPhone && <Gap before={null} />}
          {messages.length === 0 && sending.length === 0 ? (
            <div className="py-10">
              <Empty icon={<MessageSquare />} title={t("chat.empty")}>
                {t("chat.emptyHint")}
              </Empty>
            </div>
          ) : (
            !(conversation.older_on_phone && !query.hasNextPage) && (
              <p className="self-center p-2 text-12 text-text-3" role="status">
                {query.hasNextPage ? t("chat.older") : t("chat.start")}
              </p>
            )
          )}
          {messages.map((message, index) => {
            const before = messages[index - 1];
            const newDay = !before || daysAgo(before.at) !== daysAgo(message.at);
            const colleague = message.origin === "desk" && message.author_id && message.author_id !== me.id;
            const sender = message.direction === "inbound" ? message.details?.sender : undefined;
            const written = colleague ? agents?.find((agent) => agent.id === message.author_id)?.name : undefined;
            const author = written
              ? safeName(written, 60)
              : sender
                ? (senderName(sender, group?.members) ?? t("group.hidden"))
                : null;
            return (
              <Fragment key={message.id}>
                {newDay && <Separator>{dayName(message.at)}</Separator>}
                {unreadLine && index === lineAt && !answered && (
                  <div
                    className="my-2 flex items-center gap-3 font-medium text-12 text-accent"
                    data-testid="unread-line"
                  >
                    <span className="h-px flex-1 bg-accent opacity-40" />
                    {t("chat.unreadLine", { count: unreadLine.count })}
                    <span className="h-px flex-1 bg-accent opacity-40" />
                  </div>
                )}
                <TicketMark
                  ticket={conversation.ticket ?? null}
                  message={message}
                  before={before}
                  me={me}
                  agents={agents}
                />
                {message.kind === "gap" ? (
                  <Gap before={message.id} />
                ) : (
                  <Bubble message={message} author={author} first={beginsRun(message, before)} />
                )}
              </Fragment>
            );
          })}
          {sending.map((upload) => (
            <UploadBubble key={upload.id} upload={upload} />
          ))}
          {typing && <TypingDots />}
        </div>
      </div>
      {!atEnd && (
        <button
          type="button"
          onClick={jump}
          className={cx(
            "tap absolute inset-x-0 bottom-3 mx-auto flex w-fit animate-appear items-center gap-1.5 rounded-full border px-3 py-1.5 font-medium text-12 shadow-float",
            fresh > 0 ? "border-accent bg-accent text-accent-ink" : "border-line bg-surface text-text",
          )}
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {fresh > 0 ? t("chat.jumpNew", { count: fresh }) : t("chat.jump")}
        </button>
      )}
    </div>
  );
}

/** The arrow keys walk from message to message; Enter opens the menu of the one that has the focus. */
function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const box = event.currentTarget;
  const target = event.target as HTMLElement;
  const on = target === box || target.dataset.testid === "bubble";
  if (!on || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    const all = [...box.querySelectorAll<HTMLElement>('[data-testid="bubble"]')];
    const at = all.indexOf(target);
    const next = at < 0 ? all.at(-1) : all[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  } else if ((event.key === "Enter" || event.key === "ContextMenu") && target !== box) {
    event.preventDefault();
    target.querySelector<HTMLElement>('[aria-haspopup="menu"]')?.click();
  }
}

function Separator({ children }: { children: ReactNode }) {
  return (
    <div className="m-2 self-center rounded-full border border-line bg-surface px-2.5 py-0.5 text-12 text-text-2">
      {children}
    </div>
  );
}

interface TicketMarkProps {
  ticket: Ticket | null;
  message: Message;
  before: Message | undefined;
  me: Agent;
  agents: Agent[] | undefined;
}

/** Stands before the message that opened the ticket. */
function TicketMark({ ticket, message, before, me, agents }: TicketMarkProps) {
  const { t } = useTranslation();
  if (!ticket || message.ticket_id !== ticket.id || before?.ticket_id === ticket.id) return null;
  const time = ticket.assigned_at ? clockTime(ticket.assigned_at) : "";
  const name = safeName(agents?.find((agent) => agent.id === ticket.assignee_id)?.name ?? t("common.someone"), 60);
  const taken =
    !ticket.assignee_id || !ticket.assigned_at
      ? null
      : ticket.assignee_id === me.id
        ? t("chat.sys.takenByYou", { time })
        : t("chat.sys.takenBy", { name, time });
  return (
    <p className="self-center p-0.5 text-center text-12 text-text-3">
      {t("chat.sys.opened", { number: ticket.number })}
      {taken && ` · ${taken}`}
    </p>
  );
}

function TypingDots() {
  const { t } = useTranslation();
  return (
    <div
      role="status"
      aria-label={t("chat.typing")}
      data-testid="typing"
      className="flex w-fit gap-1 rounded-m border border-line bg-in px-3 py-3"
    >
      {[0, 150, 300].map((delay) => (
        <span
          key={delay}
          className="size-1.5 animate-typing rounded-full bg-text-3"
          style={{ animationDelay: `${delay}ms` }}
        />
      ))}
    </div>
  );
}

function ThreadBones() {
  const { t } = useTranslation();
  const widths = ["w-3/5", "w-2/5", "w-1/2", "w-1/3", "w-2/5"];
  return (
    <div
      role="status"
      aria-label={t("states.loading")}
      className="flex min-h-0 flex-1 flex-col justify-end gap-2 overflow-hidden p-6"
    >
      {widths.map((width, index) => (
        <Bone
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders never move
          key={index}
          className={cx("h-11 rounded-m", width, index % 2 === 1 && "self-end")}
        />
      ))}
    </div>
  );
}
