import { Ban, EyeOff, FileQuestion, Hourglass, ListChecks } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Content, Message } from "../../../api/model";
import { safeName } from "../../../text/untrusted";
import { Cards } from "./cards";
import { isPicture } from "./file-kinds";
import { Film } from "./film";
import { MessageText } from "./message-text";
import { Paper } from "./paper";
import { Picture, Sticker } from "./picture";
import { PlaceCard } from "./place-card";
import { PollCard } from "./poll-card";
import { Sound } from "./sound";

/** What a message says and shows, whatever its kind. */
export function Body({ message }: { message: Message }) {
  const { t } = useTranslation();
  const content = message.details?.content;
  if (message.kind === "revoked")
    return (
      <Line icon={<Ban />}>{message.direction === "outbound" ? t("chat.revokedByUs") : t("chat.kind.revoked")}</Line>
    );
  if (message.kind === "view_once") return <Line icon={<EyeOff />}>{t("chat.kind.view_once")}</Line>;
  if (message.kind === "undecryptable") return <Line icon={<Hourglass />}>{t("chat.kind.undecryptable")}</Line>;
  if (message.kind === "text") {
    if (message.text) return <MessageText text={message.text} />;
    return <Line icon={<EyeOff />}>{t("inbox.hidden")}</Line>;
  }
  const shown = content ? <Shown message={message} content={content} /> : null;
  const choice = content?.type === "choice";
  return (
    <>
      {shown ?? (
        <Line icon={<FileQuestion />}>
          {message.kind === "unknown" || message.kind === "reaction"
            ? t("chat.kind.unknown")
            : t("chat.notShown", { kind: t(`chat.kind.${message.kind}`) })}
        </Line>
      )}
      {message.text && !choice && (
        <div className={shown ? "mt-1.5 px-1" : undefined}>
          <MessageText text={message.text} />
        </div>
      )}
    </>
  );
}

function Shown({ message, content }: { message: Message; content: Content }) {
  const { t } = useTranslation();
  switch (content.type) {
    case "file":
      switch (message.kind) {
        case "image":
          return isPicture(content.mime) ? (
            <Picture message={message} file={content} />
          ) : (
            <Paper message={message} file={content} />
          );
        case "sticker":
          return <Sticker message={message} file={content} />;
        case "video":
          return <Film message={message} file={content} />;
        case "audio":
        case "voice":
          return <Sound message={message} file={content} />;
        default:
          return <Paper message={message} file={content} />;
      }
    case "place":
      return <PlaceCard place={content} />;
    case "cards":
      return <Cards cards={content.cards} />;
    case "poll":
      return <PollCard poll={content} />;
    case "choice":
      return (
        <span className="grid gap-0.5">
          <span className="flex items-center gap-1.5 text-12 text-text-2">
            <ListChecks aria-hidden className="size-3.5 shrink-0" />
            {t("chat.chosen")}
          </span>
          <span dir="auto" className="break-words font-medium">
            {safeName(message.text ?? content.id)}
          </span>
          {content.description && (
            <span dir="auto" className="break-words text-12 text-text-2">
              {safeName(content.description)}
            </span>
          )}
        </span>
      );
    case "other":
      return (
        <Line icon={<FileQuestion />}>
          {/^\w*[A-Z]\w*$/.test(content.name)
            ? t("chat.other", { name: safeName(content.name, 60) })
            : t("chat.kind.unknown")}
        </Line>
      );
  }
}

function Line({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <span className="flex items-start gap-1.5 text-text-2 italic [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0">
      <span aria-hidden>{icon}</span>
      <span className="min-w-0">{children}</span>
    </span>
  );
}
