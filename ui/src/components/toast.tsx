import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";

interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
  action?: { label: string; run: () => void };
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const watchers = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const tell of watchers) tell();
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

function show(tone: Toast["tone"], text: string, action?: Toast["action"]): void {
  lastId += 1;
  const id = lastId;
  // The same words twice help nobody, and good news replaces older good news.
  const kept = toasts.filter((toast) => toast.text !== text && toast.tone === "bad").slice(-3);
  set([...kept, action ? { id, tone, text, action } : { id, tone, text }]);
  setTimeout(() => dismiss(id), tone === "bad" ? 9_000 : 4_000);
}

export const toast = {
  good: (text: string, action?: Toast["action"]) => show("good", text, action),
  bad: (text: string, action?: Toast["action"]) => show("bad", text, action),
};

export function Toasts() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => toasts,
  );
  return (
    <section
      aria-label={t("common.notices")}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 top-[calc(var(--banners,0px)+64px)] z-60 flex flex-col items-center gap-2 px-4"
    >
      {shown.map((item) => (
        <div
          key={item.id}
          role={item.tone === "bad" ? "alert" : "status"}
          className="pointer-events-auto flex max-w-[min(520px,100%)] animate-appear items-center gap-3 rounded-m border border-line bg-surface py-2 ps-3 pe-2 text-13 shadow-float"
        >
          {item.tone === "bad" ? (
            <CircleAlert aria-hidden className="size-4 shrink-0 text-bad" />
          ) : (
            <CircleCheck aria-hidden className="size-4 shrink-0 text-ok" />
          )}
          <span dir="auto" className="min-w-0 break-words">
            {item.text}
          </span>
          {item.action && (
            <button
              type="button"
              className="tap shrink-0 rounded-s px-2 py-1 font-semibold text-accent"
              onClick={() => {
                item.action?.run();
                dismiss(item.id);
              }}
            >
              {item.action.label}
            </button>
          )}
          <IconButton label={t("common.dismiss")} icon={<X />} className="size-7" onClick={() => dismiss(item.id)} />
        </div>
      ))}
    </section>
  );
}
