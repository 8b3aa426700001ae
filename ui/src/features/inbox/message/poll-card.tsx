import { useTranslation } from "react-i18next";
import type { ContentOf } from "../../../api/model";
import { safeName } from "../../../text/untrusted";

/** A poll and how the votes stand. */
export function PollCard({ poll }: { poll: ContentOf<"poll"> }) {
  const { t } = useTranslation();
  const votes = poll.options.reduce((sum, option) => sum + option.votes, 0);
  return (
    <div className="grid w-[280px] max-w-full gap-2" data-testid="poll">
      <div>
        <p dir="auto" className="break-words font-semibold">
          {safeName(poll.question)}
        </p>
        <p className="text-12 text-text-2">{poll.choose === 1 ? t("poll.one") : t("poll.several")}</p>
      </div>
      <ul className="grid gap-2">
        {poll.options.map((option, index) => {
          const share = votes > 0 ? option.votes / votes : 0;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the options of a poll never move
            <li key={index}>
              <p className="flex items-baseline gap-2 text-13">
                <bdi className="min-w-0 flex-1 break-words">{safeName(option.text)}</bdi>
                <span className="font-medium text-text-2">
                  <span aria-hidden>{option.votes}</span>
                  <span className="sr-only">{t("poll.votes", { count: option.votes })}</span>
                </span>
              </p>
              <div aria-hidden className="mt-1 h-1.5 overflow-hidden rounded-full bg-surface-2">
                <div className="h-full rounded-full bg-accent" style={{ width: `${share * 100}%` }} />
              </div>
            </li>
          );
        })}
      </ul>
      <p className="text-12 text-text-2">{t("poll.total", { count: votes })}</p>
    </div>
  );
}
