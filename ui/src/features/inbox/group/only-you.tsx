import { Lock, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../../components/button";

const TOLD = "ownline.groups-told";

/** A group is nobody else's until its owner says so; told until it has been understood once. */
export function OnlyYou({ onScope }: { onScope: () => void }) {
  const { t } = useTranslation();
  const [told, setTold] = useState(() => window.localStorage.getItem(TOLD) !== null);
  if (told) return null;
  return (
    <section
      aria-label={t("group.onlyYouTitle")}
      data-testid="only-you"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b bg-surface px-4 py-2 text-13"
    >
      <Lock aria-hidden className="size-4 shrink-0 text-accent" />
      <p className="min-w-0 flex-1 basis-52">
        <span className="font-semibold">{t("group.onlyYouTitle")}</span>{" "}
        <span className="text-text-2">{t("group.onlyYou")}</span>
      </p>
      <Button onClick={onScope}>{t("group.turnOn")}</Button>
      <IconButton
        label={t("common.dismiss")}
        icon={<X />}
        className="-me-2"
        onClick={() => {
          window.localStorage.setItem(TOLD, "yes");
          setTold(true);
        }}
      />
    </section>
  );
}
