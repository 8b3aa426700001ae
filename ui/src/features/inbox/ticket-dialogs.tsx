import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Id, Ticket } from "../../api/model";
import { agentsQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { cx } from "../../components/cx";
import { Dialog, DialogActions } from "../../components/dialog";
import { Field, inputClass, SelectField, TextField } from "../../components/field";
import { safeName } from "../../text/untrusted";

interface ResolveProps {
  ticket: Ticket;
  onClose: () => void;
  onResolve: (note: string) => void;
}

export function ResolveDialog({ ticket, onClose, onResolve }: ResolveProps) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("ticket.resolveTitle", { number: ticket.number })}
      description={t("ticket.resolveHint")}
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onResolve(note.trim());
        }}
      >
        <Field label={t("ticket.note")} hint={t("ticket.noteHint")}>
          {(wiring) => (
            <textarea
              rows={3}
              maxLength={4000}
              dir="auto"
              value={note}
              onChange={(event) => setNote(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
                  event.currentTarget.form?.requestSubmit();
              }}
              className={cx(inputClass, "h-auto py-2")}
              {...wiring}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary">
            {t("ticket.resolve")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

interface TransferProps {
  ticket: Ticket;
  onClose: () => void;
  onTransfer: (to: Id, reason: string) => void;
}

export function TransferDialog({ ticket, onClose, onTransfer }: TransferProps) {
  const { t } = useTranslation();
  const people = (useQuery(agentsQuery).data ?? []).filter(
    (agent) => agent.active && agent.enrolled && agent.id !== ticket.assignee_id,
  );
  const [to, setTo] = useState("");
  const [reason, setReason] = useState("");
  return (
    <Dialog open onOpenChange={onClose} title={t("ticket.transferTitle", { number: ticket.number })}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (to) onTransfer(to, reason.trim());
        }}
      >
        {people.length === 0 && <p className="text-13 text-text-2">{t("ticket.noOneToTransfer")}</p>}
        <SelectField
          label={t("ticket.to")}
          value={to}
          onChange={(event) => setTo(event.target.value)}
          disabled={people.length === 0}
          options={[
            { value: "", label: t("ticket.pickAgent") },
            ...people.map((agent) => ({ value: agent.id, label: safeName(agent.name, 60) })),
          ]}
        />
        <TextField
          label={t("ticket.reason")}
          hint={t("ticket.reasonHint")}
          value={reason}
          maxLength={500}
          dir="auto"
          onChange={(event) => setReason(event.target.value)}
        />
        <DialogActions>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" disabled={!to}>
            {t("ticket.transfer")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
