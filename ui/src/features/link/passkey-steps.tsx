import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ExternalLink, KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import type { SessionState } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { passkeyQuery, statusQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { useNow } from "../../components/clock";
import { Field } from "../../components/field";
import { problemText } from "../../components/problem-text";
import { toast } from "../../components/toast";
import { countdown, secondsUntil } from "../../i18n/format";
import { platform } from "../../platform";
import { passkeyScript, readAssertion } from "./passkey";

const PAGE = "https://web.whatsapp.com/";

type Asked = Extract<SessionState, { state: "passkey_needed" }>;

/** The account's passkey is asked for: what that is, and the way through the agent's own browser. */
export function PasskeySteps({ session }: { session: Asked }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const now = useNow();
  const [text, setText] = useState("");
  const request = useQuery(passkeyQuery).data;
  const settle = { onSettled: () => client.invalidateQueries({ queryKey: statusQuery.queryKey }) };
  const answer = useMutation({ mutationFn: (said: object) => bridge.answerPasskey(said), ...settle });
  const confirm = useMutation({ mutationFn: () => bridge.confirmPasskey(), ...settle });
  const said = readAssertion(text);
  const copy = () =>
    navigator.clipboard.writeText(passkeyScript(request?.options)).then(
      () => toast.good(t("common.copied")),
      () => toast.bad(t("passkey.notCopied")),
    );
  if (session.code) {
    return (
      <div className="grid gap-4" data-testid="passkey-same">
        <Heading title={t("passkey.sameTitle")} />
        <p className="text-13 text-text-2">{t("passkey.sameHint")}</p>
        <p
          dir="ltr"
          className="justify-self-start rounded-m border border-line bg-surface-2 px-4 py-3 font-mono font-semibold text-20 tracking-[0.08em]"
        >
          {session.code}
        </p>
        {confirm.error && <Refusal error={confirm.error} />}
        <Button
          look="primary"
          className="h-10 justify-self-start px-4"
          busy={confirm.isPending}
          onClick={() => confirm.mutate()}
        >
          {t("passkey.same")}
        </Button>
      </div>
    );
  }
  return (
    <form
      noValidate
      className="grid gap-4"
      data-testid="passkey"
      onSubmit={(event) => {
        event.preventDefault();
        if (said) answer.mutate(said);
      }}
    >
      <Heading title={t("passkey.title")} />
      <p className="text-13 text-text-2">{t("passkey.why")}</p>
      <ol className="grid list-decimal gap-3 ps-5 text-13">
        <li>
          <p>{t("passkey.open")}</p>
          <Button className="mt-1.5" onClick={() => void platform.openExternal(PAGE).catch(() => undefined)}>
            <ExternalLink aria-hidden className="size-3.5" />
            {t("passkey.openPage")}
          </Button>
        </li>
        <li>
          <p>{t("passkey.ask")}</p>
          <Button className="mt-1.5" disabled={!request} onClick={() => void copy()}>
            {t("passkey.copy")}
          </Button>
        </li>
        <li>{t("passkey.confirm")}</li>
        <li>
          <Field
            label={t("passkey.paste")}
            hint={t("passkey.pasteHint")}
            error={text.trim() !== "" && !said ? t("passkey.unreadable") : undefined}
          >
            {(wiring) => (
              <textarea
                {...wiring}
                rows={3}
                dir="ltr"
                spellCheck={false}
                autoComplete="off"
                value={text}
                onChange={(event) => {
                  setText(event.target.value);
                  answer.reset();
                }}
                className="w-full rounded-s border border-line bg-surface px-3 py-2 font-mono text-12"
              />
            )}
          </Field>
        </li>
      </ol>
      {answer.error && <Refusal error={answer.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" className="h-10 px-4" disabled={!said} busy={answer.isPending}>
          {t("passkey.send")}
        </Button>
        {session.until != null && (
          <span className="text-12 text-text-2">
            {t("passkey.until", { time: countdown(secondsUntil(session.until, now)) })}
          </span>
        )}
      </div>
      <p className="rounded-m bg-warn-soft p-3 text-13">{t("passkey.warning")}</p>
    </form>
  );
}

function Heading({ title }: { title: string }) {
  return (
    <h2 className="flex items-center gap-2 text-16">
      <KeyRound aria-hidden className="size-5 text-accent" />
      {title}
    </h2>
  );
}

function Refusal({ error }: { error: Error }) {
  return (
    <p role="alert" className="rounded-m bg-bad-soft p-3 text-13">
      {problemText(ProblemError.from(error))}
    </p>
  );
}
