import { useTranslation } from "react-i18next";
import type { MessageKind } from "../api/model";
import en from "../i18n/en.json";

type Brief = keyof typeof en.chat.brief;

/** What a kind of message is called where there is room for a few words only. */
export function useKindName(): (kind: MessageKind) => string {
  const { t } = useTranslation();
  return (kind) => (Object.hasOwn(en.chat.brief, kind) ? t(`chat.brief.${kind as Brief}`) : t(`chat.kind.${kind}`));
}
