import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as account from "../../api/account";
import type { Agent } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { profileQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { TextField } from "../../components/field";
import { problemText } from "../../components/problem-text";
import { toast } from "../../components/toast";
import { Facts, Section } from "./section";

export function ProfileSection({ me }: { me: Agent }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(me.name);
  const [changing, setChanging] = useState(false);
  const save = useMutation({
    mutationFn: () => account.updateProfile({ name: name.trim() }),
    onSuccess: (agent) => {
      client.setQueryData(profileQuery.queryKey, agent);
      toast.good(t("settings.saved"));
    },
    onError: (error) => toast.bad(problemText(ProblemError.from(error))),
  });
  const changed = name.trim() !== "" && name.trim() !== me.name;
  return (
    <Section title={t("settings.profile")}>
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (changed) save.mutate();
        }}
      >
        <TextField
          label={t("settings.name")}
          value={name}
          maxLength={256}
          dir="auto"
          autoComplete="name"
          onChange={(event) => setName(event.target.value)}
          className="flex-1"
        />
        <Button type="submit" className="h-9" disabled={!changed} busy={save.isPending}>
          {t("common.save")}
        </Button>
      </form>
      <Facts
        facts={[
          { label: t("settings.email"), value: <bdi dir="ltr">{me.email}</bdi> },
          { label: t("settings.role"), value: `${t(`role.${me.role}`)}: ${t(`roleHint.${me.role}`)}` },
        ]}
      />
      <Button className="justify-self-start" onClick={() => setChanging(true)}>
        {t("settings.changePassword")}
      </Button>
      {changing && <PasswordDialog onClose={() => setChanging(false)} />}
    </Section>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => account.updateProfile({ current_password: current, new_password: next }),
    onSuccess: () => {
      toast.good(t("settings.passwordChanged"));
      onClose();
    },
  });
  return (
    <Dialog open onOpenChange={onClose} title={t("settings.changePassword")}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <TextField
          label={t("settings.currentPassword")}
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <TextField
          label={t("settings.newPassword")}
          type="password"
          autoComplete="new-password"
          hint={t("signIn.newPasswordHint")}
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        {change.error && (
          <p role="alert" className="rounded-m bg-bad-soft px-3 py-2 text-13">
            {problemText(ProblemError.from(change.error))}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" disabled={!current || next.length < 10} busy={change.isPending}>
            {t("settings.changePassword")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
