import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as account from "../../api/account";
import { ProblemError } from "../../api/problem";
import { Button } from "../../components/button";
import { TextField } from "../../components/field";
import { problemText } from "../../components/problem-text";
import { platform } from "../../platform";
import { Card, FormProblem } from "./card";
import { NewPassword } from "./new-password";
import { setupForm } from "./schema";

/** The first admin of a fresh server. */
export function Setup({ onDone, onSignIn }: { onDone: () => void; onSignIn: () => void }) {
  const { t } = useTranslation();
  const schema = useMemo(() => setupForm(), []);
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { token: platform.setupToken ?? "", name: "", email: "", password: "", repeat: "" },
  });
  const making = useMutation({
    mutationFn: ({ token, name, email, password }: { token: string; name: string; email: string; password: string }) =>
      account.setUp({ token, name, email, password }),
    onSuccess: onDone,
  });
  const { errors } = form.formState;
  return (
    <Card title={t("setup.title")} subtitle={t("setup.subtitle")}>
      <form noValidate className="grid gap-4" onSubmit={form.handleSubmit((value) => making.mutate(value))}>
        <TextField
          label={t("setup.token")}
          dir="ltr"
          spellCheck={false}
          autoComplete="off"
          error={errors.token?.message}
          {...form.register("token")}
        />
        <TextField
          label={t("setup.name")}
          autoComplete="name"
          error={errors.name?.message}
          {...form.register("name")}
        />
        <TextField
          label={t("signIn.email")}
          type="email"
          dir="ltr"
          autoComplete="username"
          error={errors.email?.message}
          {...form.register("email")}
        />
        <NewPassword password={form.register("password")} repeat={form.register("repeat")} errors={errors} />
        <FormProblem text={making.error ? problemText(ProblemError.from(making.error)) : null} />
        <Button type="submit" look="primary" className="h-10" busy={making.isPending}>
          {t("setup.submit")}
        </Button>
        <Button look="quiet" className="justify-self-center" onClick={onSignIn}>
          {t("setup.haveAccount")}
        </Button>
      </form>
    </Card>
  );
}
