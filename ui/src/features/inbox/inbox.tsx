import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { MessagesSquare, SquarePen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ConversationView } from "../../api/model";
import { useMe } from "../../api/people";
import { statusQuery } from "../../api/queries";
import { IconButton } from "../../components/button";
import { ListPane } from "../../components/list-pane";
import { useNarrow } from "../../components/media-query";
import { SearchBox } from "../../components/search-box";
import { Empty, RowBones } from "../../components/states";
import { Chat } from "./chat";
import { List } from "./list";
import { NewChat } from "./new-chat";
import { Views } from "./views";

interface InboxProps {
  view: ConversationView;
  q: string;
  conversation: string | null;
}

export function Inbox({ view, q, conversation }: InboxProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const me = useMe();
  const status = useQuery(statusQuery).data;
  const [starting, setStarting] = useState(false);
  const [meant, setMeant] = useState<string | null>(null);

  const search = { view, q: q || undefined };
  const open = (id: string) => void navigate({ to: "/inbox/$conversationId", params: { conversationId: id }, search });
  const back = () => void navigate({ to: "/inbox", search });
  const setView = (next: ConversationView) =>
    void navigate(
      conversation
        ? { to: "/inbox/$conversationId", params: { conversationId: conversation }, search: { ...search, view: next } }
        : { to: "/inbox", search: { ...search, view: next } },
    );
  const setQuery = (next: string) => {
    // Closed conversations are found in their own view, all others in “All”.
    const found = {
      view: next && view !== "closed" && view !== "archived" ? ("all" as const) : view,
      q: next || undefined,
    };
    void navigate(
      conversation
        ? { to: "/inbox/$conversationId", params: { conversationId: conversation }, search: found, replace: true }
        : { to: "/inbox", search: found, replace: true },
    );
  };

  return (
    <div className="relative flex h-full min-w-0 flex-1">
      {!(narrow && conversation) && (
        <ListPane label={t("inbox.title")}>
          <header className="flex min-h-14 items-center gap-2 px-4">
            <h1 className="flex-1 text-16">{t("inbox.title")}</h1>
            {status?.number && (
              <IconButton label={t("inbox.newChat")} icon={<SquarePen />} onClick={() => setStarting(true)} />
            )}
          </header>
          <SearchBox
            label={t("inbox.search")}
            value={q}
            onSearch={setQuery}
            onEnter={setMeant}
            className="mx-4 mb-1.5"
          />
          <Views view={view} onView={setView} />
          <div id="conversations" className="min-h-0 flex-1">
            {me ? (
              <List
                view={view}
                q={q}
                me={me}
                selected={conversation}
                meant={meant}
                onMeant={() => setMeant(null)}
                onOpen={open}
                onView={setView}
              />
            ) : (
              <RowBones />
            )}
          </div>
        </ListPane>
      )}
      {conversation && me ? (
        <Chat
          id={conversation}
          me={me}
          onBack={back}
          onTaken={() => {
            if (view === "unassigned") setView("mine");
          }}
        />
      ) : (
        !narrow && (
          <main className="min-w-0 flex-1">
            <Empty icon={<MessagesSquare />} title={t("inbox.pick")}>
              {t("inbox.pickHint")}
            </Empty>
          </main>
        )
      )}
      {starting && status?.number && (
        <NewChat
          number={status.number.number}
          onClose={() => setStarting(false)}
          onOpen={(id) => {
            setStarting(false);
            open(id);
          }}
        />
      )}
    </div>
  );
}
