import { RadioGroup } from "radix-ui";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LinkChoice } from "../../api/bridge";
import { Button } from "../../components/button";
import { SelectField, TextField } from "../../components/field";
import { Switch } from "../../components/switch";
import { countries, likelyCountry } from "../../text/countries";

interface ChoicesProps {
  busy: boolean;
  /** What is wrong with the number, where the host refused it. */
  phoneProblem: string | undefined;
  onBegin: (choice: LinkChoice) => void;
}

/** What is linked and how, what colleagues may do with it, and the agent's consent. */
export function Choices({ busy, phoneProblem, onBegin }: ChoicesProps) {
  const { t } = useTranslation();
  const [use, setUse] = useState<LinkChoice["number_use"]>("work");
  const [way, setWay] = useState<"scan" | "code">("scan");
  const [phone, setPhone] = useState("");
  const [country, setCountry] = useState(() => likelyCountry() ?? "");
  const [lends, setLends] = useState(true);
  const [consent, setConsent] = useState(false);
  const known = useMemo(() => countries(), []);
  const byCode = way === "code";
  const begin = () =>
    onBegin({
      number_use: use,
      lends,
      consent,
      ...(byCode && { phone: phone.trim(), ...(country && { country }) }),
    });
  return (
    <form
      noValidate
      className="mt-2 grid gap-4 text-text"
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <Two
        label={t("link.useTitle")}
        value={use}
        onChange={(value) => setUse(value as LinkChoice["number_use"])}
        options={[
          { value: "work", label: t("link.work"), hint: t("link.workHint") },
          { value: "personal", label: t("link.personal"), hint: t("link.personalHint") },
        ]}
      />
      <Switch label={t("link.lends")} hint={t("link.lendsHint")} checked={lends} onChange={setLends} />
      <div className="grid gap-2">
        <p aria-hidden className="font-semibold text-14">
          {t("link.wayTitle")}
        </p>
        <Two
          label={t("link.wayTitle")}
          value={way}
          onChange={(value) => setWay(value as "scan" | "code")}
          options={[
            { value: "scan", label: t("link.scan"), hint: t("link.scanWay") },
            { value: "code", label: t("link.code"), hint: t("link.codeWay") },
          ]}
        />
      </div>
      {byCode && (
        <div className="grid items-start gap-3 md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
          <SelectField
            label={t("link.country")}
            value={country}
            autoComplete="country"
            onChange={(event) => setCountry(event.target.value)}
            options={[
              { value: "", label: t("link.anyCountry") },
              ...known.map(({ code, name }) => ({ value: code, label: name })),
            ]}
          />
          <TextField
            label={t("link.phone")}
            hint={t("link.phoneHint")}
            error={phoneProblem}
            type="tel"
            inputMode="tel"
            autoComplete="tel"
            dir="ltr"
            maxLength={40}
            value={phone}
            onChange={(event) => setPhone(event.target.value)}
          />
        </div>
      )}
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
        type="submit"
        look="primary"
        className="h-10 justify-self-start px-4"
        disabled={!consent || (byCode && phone.trim() === "")}
        busy={busy}
      >
        {byCode ? t("link.beginCode") : t("link.begin")}
      </Button>
    </form>
  );
}

interface TwoProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: { value: string; label: string; hint: string }[];
}

/** A choice between two, each with a word about it. */
function Two({ label, value, onChange, options }: TwoProps) {
  return (
    <RadioGroup.Root value={value} onValueChange={onChange} aria-label={label} className="grid gap-2 md:grid-cols-2">
      {options.map((option) => (
        <RadioGroup.Item
          key={option.value}
          value={option.value}
          className="tap flex flex-col justify-start rounded-m border border-line p-3 text-start transition-colors duration-(--motion) hover:bg-hover data-[state=checked]:border-accent data-[state=checked]:bg-selected"
        >
          <span className="block font-semibold text-14 text-text">{option.label}</span>
          <span className="block text-12 text-text-2">{option.hint}</span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
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
