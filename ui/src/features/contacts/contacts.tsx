import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowLeft, SearchX, UserRound, UserX } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Contact } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { contactQuery, contactsQuery, conversationsQuery } from "../../api/queries";
import { Business } from "../../components/business";
import { Button, IconButton } from "../../components/button";
import { ContactFacts, ContactHeader, Whereabouts } from "../../components/contact/contact-details";
import { cx } from "../../components/cx";
import { Face } from "../../components/face";
import { ListPane } from "../../components/list-pane";
import { useNarrow } from "../../components/media-query";
import { Name } from "../../components/name";
import { SearchBox } from "../../components/search-box";
import { Bone, Empty, Failed, RowBones } from "../../components/states";
import { StateTag } from "../../components/ticket/ticket-tags";
import { shortTime } from "../../i18n/format";
import { safeText } from "../../text/untrusted";

interface ContactsProps {
  q: string;
  contact: string | null;
}

export function Contacts({ q, contact }: ContactsProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const query = useInfiniteQuery(contactsQuery(q));
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const search = { q: q || undefined };
  const open = (id: string) => void navigate({ to: "/contacts/$contactId", params: { contactId: id }, search });
  const find = (next: string) => void navigate({ to: "/contacts", search: { q: next || undefined }, replace: true });
  return (
    <div className="flex h-full min-w-0 flex-1">
      {!(narrow && contact) && (
        <ListPane label={t("contacts.title")}>
          <header className="flex min-h-14 items-center px-4">
            <h1 className="text-16">{t("contacts.title")}</h1>
          </header>
          <SearchBox label={t("contacts.search")} value={q} onSearch={find} className="mx-4 mb-2" />
          <div className="min-h-0 flex-1 border-line border-t">
            {query.isPending ? (
              <RowBones />
            ) : query.isError && items.length === 0 ? (
              <Failed error={query.error} onRetry={() => query.refetch()} />
            ) : items.length === 0 ? (
              <Empty icon={q ? <SearchX /> : <UserRound />} title={q ? t("contacts.noMatch") : t("contacts.empty")}>
                <bdi>{q ? t("contacts.noMatchHint", { q }) : t("contacts.emptyHint")}</bdi>
              </Empty>
            ) : (
              <Rows
                items={items}
                selected={contact}
                onOpen={open}
                onEnd={() => {
                  if (query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError)
                    void query.fetchNextPage();
                }}
              />
            )}
          </div>
        </ListPane>
      )}
      {contact ? (
        <ContactPage key={contact} id={contact} onBack={() => void navigate({ to: "/contacts", search })} />
      ) : (
        !narrow && (
          <main className="min-w-0 flex-1">
            <Empty icon={<UserRound />} title={t("contacts.pick")}>
              {t("contacts.pickHint")}
            </Empty>
          </main>
        )
      )}
    </div>
  );
}

interface RowsProps {
  items: Contact[];
  selected: string | null;
  onOpen: (id: string) => void;
  onEnd: () => void;
}

function Rows({ items, selected, onOpen, onEnd }: RowsProps) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 61,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 10,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - 10) onEnd();
  });
  return (
    <div ref={scroller} className="scroll-quiet h-full">
      <ul aria-label={t("contacts.list")} className="relative" style={{ height: rows.getTotalSize() }}>
        {shown.map((row) => {
          const contact = items[row.index];
          if (!contact) return null;
          return (
            <li
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              aria-setsize={items.length}
              aria-posinset={row.index + 1}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <button
                type="button"
                data-testid="contact-row"
                aria-current={contact.id === selected || undefined}
                onClick={() => onOpen(contact.id)}
                className={cx(
                  "focus-inset flex w-full items-center gap-3 border-line border-b px-4 py-3 text-start",
                  contact.id === selected ? "bg-selected" : "hover:bg-hover",
                )}
              >
                <Face contact={contact} />
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-semibold">
                    <Name>{contact.name}</Name>
                    <Business contact={contact} />
                  </span>
                  <span className="block truncate text-12 text-text-2">
                    <Whereabouts contact={contact} />
                  </span>
                </span>
                {contact.last_interaction_at && (
                  <span className="self-start text-12 text-text-2">{shortTime(contact.last_interaction_at)}</span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function ContactPage({ id, onBack }: { id: string; onBack: () => void }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const query = useQuery(contactQuery(id));
  const contact = query.data;
  return (
    <main className="scroll-quiet min-w-0 flex-1 bg-bg">
      {narrow && (
        <div className="flex min-h-14 items-center border-line border-b bg-surface ps-1">
          <IconButton label={t("contacts.back")} icon={<ArrowLeft className="rtl:-scale-x-100" />} onClick={onBack} />
        </div>
      )}
      {contact ? (
        <div className="mx-auto grid max-w-[720px] gap-4 p-6 max-md:p-4">
          <section className="grid gap-5 rounded-l border border-line bg-surface p-5">
            <ContactHeader contact={contact} />
            <ContactFacts contact={contact} />
          </section>
          <section className="overflow-hidden rounded-l border border-line bg-surface">
            <h2 className="px-5 pt-4 pb-2 font-semibold text-12 text-text-2 tracking-normal">
              {t("contacts.conversations")}
            </h2>
            <Conversations contact={contact} />
          </section>
        </div>
      ) : query.isPending ? (
        <div className="grid gap-3 p-6">
          <Bone className="h-12 w-60" />
          <Bone className="h-40" />
        </div>
      ) : ProblemError.from(query.error).problem.status === 404 ? (
        <Empty
          icon={<UserX />}
          title={t("contacts.gone")}
          action={<Button onClick={onBack}>{t("contacts.back")}</Button>}
        />
      ) : (
        <Failed error={query.error} onRetry={() => query.refetch()} />
      )}
    </main>
  );
}

/** The host searches conversations by number or name; only this contact's own are shown, open ones first. */
function Conversations({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const q = contact.phone ?? contact.name;
  const open = useInfiniteQuery(conversationsQuery("all", q));
  const closed = useInfiniteQuery(conversationsQuery("closed", q));
  const own = [open, closed]
    .flatMap((query) => query.data?.pages.flatMap((page) => page.items) ?? [])
    .filter((item) => item.contact_id === contact.id);
  if (open.isPending || closed.isPending) return <RowBones rows={2} />;
  if (open.isError) return <Failed error={open.error} onRetry={() => open.refetch()} />;
  if (own.length === 0) return <p className="px-5 pb-4 text-13 text-text-2">{t("contacts.noConversations")}</p>;
  return (
    <ul>
      {own.map((item) => (
        <li key={item.id} className="border-line border-t">
          <Link
            to="/inbox/$conversationId"
            params={{ conversationId: item.id }}
            search={{ view: "all" }}
            className="tap focus-inset flex items-center gap-3 px-5 py-3 hover:bg-hover"
          >
            <span dir="auto" className="min-w-0 flex-1 truncate">
              {safeText(item.last_message?.preview || t("inbox.hidden"))}
            </span>
            {item.ticket && <StateTag state={item.ticket.state} />}
            <span className="text-12 text-text-3">{shortTime(item.last_activity_at)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
