import { type RefObject, useCallback, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Id } from "../../api/model";
import { toast } from "../../components/toast";

const PAGES_MAX = 60;
const LIT_MS = 1_600;

interface Pages {
  hasNextPage: boolean;
  fetchNextPage: () => Promise<{ hasNextPage: boolean; isError: boolean }>;
}

/** Goes to a message of the open chat, loading back to it where it is further up than what is loaded. */
export function useJump(scroller: RefObject<HTMLElement | null>, pages: Pages): (id: Id) => void {
  const { t } = useTranslation();
  const current = useRef(pages);
  current.current = pages;
  const ended = useRef(false);
  useEffect(() => {
    ended.current = false;
    return () => {
      ended.current = true;
    };
  }, []);
  return useCallback(
    async (id: Id) => {
      const find = () => scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`) ?? null;
      for (let page = 0; page < PAGES_MAX && !find() && current.current.hasNextPage; page += 1) {
        const { isError } = await current.current.fetchNextPage();
        if (isError || ended.current) break;
        // The page is drawn in the next frame.
        await new Promise((drawn) => requestAnimationFrame(drawn));
      }
      const item = find();
      if (ended.current) return;
      if (!item) {
        toast.bad(t("quote.notHere"));
        return;
      }
      item.scrollIntoView({ block: "center" });
      item.focus({ preventScroll: true });
      item.classList.add("lit");
      setTimeout(() => item.classList.remove("lit"), LIT_MS);
    },
    [scroller, t],
  );
}
