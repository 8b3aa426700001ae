import { Pencil, Reply, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Message, Quote } from "../../../api/model";
import { IconButton } from "../../../components/button";
import { Quoted } from "../message/quoted";

/** A message as it is quoted: the host does the same for the customer's phone. */
export function quoteOf(message: Message): Quote {
  return {
    wa_id: message.wa_id,
    message_id: message.id,
    direction: message.direction,
    kind: message.kind,
    preview: [...(message.text ?? "").replace(/\s+/g, " ").trim()].slice(0, 160).join(""),
  };
}

interface AboutBarProps {
  about: { kind: "reply" | "edit"; message: Message };
  /** Whose words they are. */
  who: string;
  onStop: () => void;
}

/** Above the field: the message that is answered or put right. */
export function AboutBar({ about, who, onStop }: AboutBarProps) {
  const { t } = useTranslation();
  const edit = about.kind === "edit";
  return (
    <div className="mb-1.5 flex items-center gap-2" data-testid={edit ? "edit-bar" : "reply-bar"}>
      <span aria-hidden className="text-accent [&_svg]:size-4">
        {edit ? <Pencil /> : <Reply className="rtl:-scale-x-100" />}
      </span>
      <Quoted
        quote={quoteOf(about.message)}
        who={edit ? t("composer.editing") : who}
        onJump={null}
        className="min-w-0 flex-1"
      />
      <IconButton label={edit ? t("composer.stopEdit") : t("composer.stopReply")} icon={<X />} onClick={onStop} />
    </div>
  );
}
