import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../api/people";
import { countsQuery, statusQuery } from "../api/queries";
import { useNarrow } from "../components/media-query";
import { ShortcutSheet } from "../components/shortcut-sheet";
import { useShortcuts } from "../components/shortcuts";
import { Palette } from "../features/palette/palette";
import { platform } from "../platform";
import { Announcer } from "./announcer";
import { Banners } from "./banners";
import { FootBar, places, Rail } from "./rail";
import { usePresence } from "./use-presence";

/** Around every page: the rail, the banners, the palette, and what is said aloud. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const inChat = useParams({ strict: false }).conversationId !== undefined;
  const [sheet, setSheet] = useState(false);
  const [palette, setPalette] = useState(false);
  const me = useMe();
  const unread = useQuery(countsQuery).data?.unread ?? 0;

  useEffect(() => platform.setBadge(unread), [unread]);
  useEffect(
    () =>
      platform.onOpenConversation((id) => {
        void navigate({ to: "/inbox/$conversationId", params: { conversationId: id }, search: { view: "all" } });
      }),
    [navigate],
  );
  const linked = useQuery(statusQuery).data?.number != null;
  usePresence(linked);
  useShortcuts({ "mod+k": () => setPalette(true), "?": () => setSheet(true) });

  return (
    <div className="flex h-full flex-col">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-60 focus:m-2 focus:rounded-s focus:bg-surface focus:p-2"
      >
        {t("common.skipToContent")}
      </a>
      <Banners />
      <div className="flex min-h-0 flex-1">
        {!narrow && <Rail />}
        <div id="content" tabIndex={-1} className="flex min-w-0 flex-1 outline-none focus-visible:shadow-none">
          {children}
        </div>
      </div>
      {narrow && !inChat && <FootBar />}
      <Announcer me={me?.id ?? ""} />
      {sheet && <ShortcutSheet onClose={() => setSheet(false)} />}
      {palette && (
        <Palette
          places={places(me)}
          onClose={() => setPalette(false)}
          onShortcuts={() => {
            setPalette(false);
            setSheet(true);
          }}
        />
      )}
    </div>
  );
}
