import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { host } from "../../api/access";
import * as account from "../../api/account";
import * as bridge from "../../api/bridge";
import { ProblemError } from "../../api/problem";
import { statusQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { TextField } from "../../components/field";
import { problemText } from "../../components/problem-text";
import { Card, FormProblem } from "./card";
import { NewPassword } from "./new-password";
import { PasswordField } from "./password-field";
import { codeForm, passwordForm } from "./schema";
import { ServerAddress } from "./server-address";

const tabClass =
  "tap -mb-px border-transparent border-b-2 py-2 font-medium text-13 text-text-2 data-[state=active]:border-accent data-[state=active]:text-text";

const knownServer = () => window.localStorage.getItem("ownline.server") ?? "";
const rememberServer = (url: string) => window.localStorage.setItem("ownline.server", url);

/** Signs in to the team's server: through the bridge with its address, or directly where the server serves this page. */
export function SignIn({ server, onDone }: { server?: string | undefined; onDone?: () => void }) {
  const { t } = useTranslation();
  const onBridge = host() === "bridge";
  const [url, setUrl] = useState(server ?? knownServer());
  const shared = { url, onUrl: setUrl, onDone: onDone ?? (() => undefined) };
  return (
    <Card title={t("signIn.title")} subtitle={onBridge ? t("signIn.subtitle") : t("signIn.subtitleServer")}>
      <Tabs.Root defaultValue="password">
        <Tabs.List className="mb-4 flex gap-5 border-line border-b" aria-label={t("signIn.title")}>
          <Tabs.Trigger value="password" className={tabClass}>
            {t("signIn.withPassword")}
          </Tabs.Trigger>
          <Tabs.Trigger value="code" className={tabClass}>
            {t("signIn.withCode")}
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="password" aria-labelledby={undefined} tabIndex={-1}>
          <ByPassword {...shared} />
        </Tabs.Content>
        <Tabs.Content value="code" aria-labelledby={undefined} tabIndex={-1}>
          <ByCode {...shared} />
        </Tabs.Content>
      </Tabs.Root>
    </Card>
  );
}

interface FormProps {
  url: string;
  onUrl: (url: string) => void;
  onDone: () => void;
}

function useSigningIn<T extends { url: string }>(sign: (form: T) => Promise<unknown>, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: sign,
    onSuccess: async (_answer, form) => {
      if (form.url) rememberServer(form.url);
      await client.invalidateQueries({ queryKey: statusQuery.queryKey });
      onDone();
    },
  });
}

function ByPassword({ url, onUrl, onDone }: FormProps) {
  const { t } = useTranslation();
  const onBridge = host() === "bridge";
  const schema = useMemo(() => passwordForm(onBridge), [onBridge]);
  const form = useForm({
    resolver: zodResolver(schema),
    values: { url, email: "", password: "" },
    resetOptions: { keepDirtyValues: true },
  });
  const signing = useSigningIn(
    (value: { url: string; email: string; password: string }) =>
      onBridge ? bridge.signIn(value) : account.login({ email: value.email, password: value.password }),
    onDone,
  );
  const { errors } = form.formState;
  return (
    <form noValidate className="grid gap-4" onSubmit={form.handleSubmit((value) => signing.mutate(value))}>
      {onBridge && (
        <ServerAddress
          address={url}
          error={errors.url?.message}
          {...form.register("url", { onChange: (event) => onUrl(event.target.value) })}
        />
      )}
      <TextField
        label={t("signIn.email")}
        type="email"
        autoComplete="username"
        dir="ltr"
        error={errors.email?.message}
        {...form.register("email")}
      />
      <PasswordField
        label={t("signIn.password")}
        autoComplete="current-password"
        error={errors.password?.message}
        {...form.register("password")}
      />
      <FormProblem text={signing.error ? problemText(ProblemError.from(signing.error)) : null} />
      <Button type="submit" look="primary" className="h-10" busy={signing.isPending}>
        {t("signIn.submit")}
      </Button>
    </form>
  );
}

function ByCode({ url, onUrl, onDone }: FormProps) {
  const { t } = useTranslation();
  const onBridge = host() === "bridge";
  const schema = useMemo(() => codeForm(onBridge), [onBridge]);
  const form = useForm({
    resolver: zodResolver(schema),
    values: { url, code: "", password: "", repeat: "" },
    resetOptions: { keepDirtyValues: true },
  });
  const signing = useSigningIn(
    ({ url: at, code, password }: { url: string; code: string; password: string }) =>
      onBridge ? bridge.enrolAt({ url: at, code, password }) : account.enrol({ code, password }),
    onDone,
  );
  const { errors } = form.formState;
  return (
    <form noValidate className="grid gap-4" onSubmit={form.handleSubmit((value) => signing.mutate(value))}>
      {onBridge && (
        <ServerAddress
          address={url}
          error={errors.url?.message}
          {...form.register("url", { onChange: (event) => onUrl(event.target.value) })}
        />
      )}
      <TextField
        label={t("signIn.code")}
        hint={t("signIn.codeHint")}
        autoComplete="one-time-code"
        autoCapitalize="characters"
        spellCheck={false}
        dir="ltr"
        error={errors.code?.message}
        {...form.register("code")}
      />
      <NewPassword password={form.register("password")} repeat={form.register("repeat")} errors={errors} />
      <FormProblem text={signing.error ? problemText(ProblemError.from(signing.error)) : null} />
      <Button type="submit" look="primary" className="h-10" busy={signing.isPending}>
        {t("signIn.submitCode")}
      </Button>
    </form>
  );
}
