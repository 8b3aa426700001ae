import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/button";
import { Switch } from "../../components/switch";

export type NumberUse = "work" | "personal";

interface ChoicesProps {
  busy: boolean;
  onBegin: (choice: { number_use: NumberUse; lends: boolean; consent: boolean }) => void;
}

/** What is linked, what colleagues may do with it, and the agent's consent. */
export function Choices({ busy, onBegin }: ChoicesProps) {
  const { t } = useTranslation();
  const [use, setUse] = useState<NumberUse>("work");
  const [lends, setLends] = useState(true);
  const [consent, setConsent] = useState(false);
  return (
    <div className="mt-2 grid gap-4 text-text">
      <RadioGroup.Root
        value={use}
        onValueChange={(value) => setUse(value as NumberUse)}
        aria-label={t("link.useTitle")}
        className="grid gap-2 sm:grid-cols-2"
      >
        {(["work", "personal"] as const).map((value) => (
          <RadioGroup.Item
            key={value}
            value={value}
            className="tap rounded-m border border-line p-3 text-start transition-colors duration-(--motion) hover:bg-hover data-[state=checked]:border-accent data-[state=checked]:bg-selected"
          >
            <span className="block font-semibold text-14 text-text">{t(`link.${value}`)}</span>
            <span className="block text-12 text-text-2">{t(`link.${value}Hint`)}</span>
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
      <Switch label={t("link.lends")} hint={t("link.lendsHint")} checked={lends} onChange={setLends} />
      <Warning />
      <label className="tap flex items-center gap-3 text-14 text-text">
        <input
          type="checkbox"
          className="size-4.5 accent-accent"
          checked={consent}
          onChange={(event) => setConsent(event.target.checked)}
        />
        {t("link.consent")}
      </label>
      <Button
        look="primary"
        className="h-10 justify-self-start px-4"
        disabled={!consent}
        busy={busy}
        onClick={() => onBegin({ number_use: use, lends, consent })}
      >
        {t("link.begin")}
      </Button>
    </div>
  );
}

function Warning() {
  const { t } = useTranslation();
  return (
    <div className="rounded-m bg-warn-soft p-3 text-13 text-text">
      {t("link.warning")}
      <details className="mt-1">
        <summary className="tap inline-flex cursor-pointer items-center font-medium text-accent">
          {t("link.whatThisMeans")}
        </summary>
        <p className="mt-1">{t("link.meaning")}</p>
      </details>
    </div>
  );
}
