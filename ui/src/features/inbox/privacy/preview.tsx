import { Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Message } from "../../../api/model";
import { cx } from "../../../components/cx";
import { useKindName } from "../../../components/kind-name";
import { clockTime } from "../../../i18n/format";
import { safeText } from "../../../text/untrusted";

interface PreviewProps {
  title: string;
  name: string;
  messages: readonly Message[];
  /** Why nothing of it is seen; null where something is. */
  nothing: string | null;
  withheld: number;
}

/** The end of the chat as colleagues have it on their screens. */
export function Preview({ title, name, messages, nothing, withheld }: PreviewProps) {
  const { t } = useTranslation();
  return (
    <section
      aria-label={title}
      data-testid="team-view"
      className="flex max-h-[46dvh] min-h-52 min-w-0 max-md:max-h-[24dvh] max-md:min-h-28 flex-col overflow-hidden rounded-m border border-line bg-bg"
    >
      <h3 className="border-line border-b bg-surface px-3 py-2 font-semibold text-12 text-text-2 tracking-normal">
        {title}
      </h3>
      {nothing ? (
        <div className="grid flex-1 place-content-center justify-items-center gap-2 p-6 text-center text-13 text-text-2">
          <Lock aria-hidden className="size-6 text-text-3" />
          {nothing}
        </div>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <div tabIndex={0} className="scroll-quiet flex flex-1 flex-col-reverse">
          <div className="flex flex-col gap-1 p-3">
            <p className="self-center text-12 text-text-2">
              <bdi>{name}</bdi>
            </p>
            {messages.map((message) => (
              <Line key={message.id} message={message} />
            ))}
            {withheld > 0 && (
              <p className="self-center pt-1 text-center text-12 text-text-2">
                {t("scope.stays", { count: withheld })}
              </p>
            )}
          </div>
        </div>
      )}
    </section>
  );
}

function Line({ message }: { message: Message }) {
  const { t } = useTranslation();
  const kindName = useKindName();
  const out = message.direction === "outbound";
  const kind = message.kind === "text" ? null : kindName(message.kind);
  const text = message.text ? safeText(message.text) : null;
  return (
    <p
      className={cx(
        "max-w-[86%] rounded-m border px-2.5 py-1 text-12",
        out ? "self-end border-transparent bg-out" : "self-start border-line bg-in",
      )}
    >
      {kind && <span className="text-text-2">{kind}</span>}
      {kind && text && ": "}
      {text ? (
        <span dir="auto" className="line-clamp-3 break-words">
          {text}
        </span>
      ) : (
        !kind && <span className="text-text-2 italic">{t("inbox.hidden")}</span>
      )}
      <span className="ms-2 text-11 text-text-2">{clockTime(message.at)}</span>
    </p>
  );
}
