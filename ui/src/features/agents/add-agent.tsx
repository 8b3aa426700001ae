import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import * as account from "../../api/account";
import type { Enrolment } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { agentsQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { SelectField, TextField } from "../../components/field";
import { problemText } from "../../components/problem-text";

const ROLES = ["agent", "supervisor", "admin"] as const;

export function AddAgent({ onClose, onDone }: { onClose: () => void; onDone: (made: Enrolment) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        name: z.string().trim().min(1, t("agents.needName")).max(256),
        email: z.email(t("signIn.needEmail")),
        role: z.enum(ROLES),
      }),
    [t],
  );
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { name: "", email: "", role: "agent" as const },
  });
  const create = useMutation({
    mutationFn: account.createAgent,
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: agentsQuery.queryKey });
      onDone(made);
    },
  });
  const { errors } = form.formState;
  return (
    <Dialog open onOpenChange={onClose} title={t("agents.addTitle")} description={t("agents.addHint")}>
      <form noValidate className="grid gap-4" onSubmit={form.handleSubmit((value) => create.mutate(value))}>
        <TextField
          label={t("agents.name")}
          dir="auto"
          autoComplete="off"
          error={errors.name?.message}
          {...form.register("name")}
        />
        <TextField
          label={t("agents.email")}
          type="email"
          dir="ltr"
          autoComplete="off"
          error={errors.email?.message}
          {...form.register("email")}
        />
        <SelectField
          label={t("agents.role")}
          options={ROLES.map((role) => ({ value: role, label: `${t(`role.${role}`)}: ${t(`roleHint.${role}`)}` }))}
          {...form.register("role")}
        />
        {create.error && (
          <p role="alert" className="rounded-m bg-bad-soft px-3 py-2 text-13">
            {problemText(ProblemError.from(create.error))}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            {t("agents.create")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
