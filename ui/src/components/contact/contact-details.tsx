import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { applyContact } from "../../api/cache";
import * as desk from "../../api/desk";
import type { Contact, ContactPatch } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { calendarDate, fullTime } from "../../i18n/format";
import { contactPhone } from "../../text/phone";
import { safeName } from "../../text/untrusted";
import { Business } from "../business";
import { Face } from "../face";
import { problemText } from "../problem-text";
import { Tag } from "../tag";
import { toast } from "../toast";
import { Editable } from "./editable";
import { Merges } from "./merges";
import { Tags } from "./tags";

/** Saves a change of a contact: shown at once, taken back with the reason when it is refused. */
function useContactPatch(contact: Contact) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (patch: ContactPatch) => desk.patchContact(contact.id, patch),
    onMutate: (patch) => applyContact(client, { ...contact, ...withoutNulls(patch) }),
    onSuccess: (answer) => applyContact(client, answer),
    onError: (error) => {
      applyContact(client, contact);
      toast.bad(t("contact.notSaved", { reason: problemText(ProblemError.from(error)) }));
      void client.invalidateQueries({ queryKey: ["contact", contact.id] });
    },
  });
}

function withoutNulls(patch: ContactPatch): Partial<Contact> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value != null));
}

export function ContactHeader({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const patch = useContactPatch(contact);
  return (
    <div className="grid grid-cols-[48px_minmax(0,1fr)] items-center gap-x-3">
      <Face contact={contact} size="l" />
      <div className="min-w-0">
        <Editable
          label={t("contact.editName")}
          placeholder={t("contact.name")}
          value={safeName(contact.name)}
          onSave={(name) => name && patch.mutate({ name })}
          className="font-[650] text-16"
        />
        <p className="text-13 text-text-2">
          <Whereabouts contact={contact} />
          <Business contact={contact} />
          {contact.blocked && (
            <Tag tone="bad" className="ms-2">
              {t("contact.blocked")}
            </Tag>
          )}
          {contact.opted_out_at != null && (
            <Tag tone="warn" className="ms-2">
              {t("contact.optedOut")}
            </Tag>
          )}
        </p>
      </div>
    </div>
  );
}

/** The number, or what stands in its place. */
export function Whereabouts({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  if (contact.phone) return <bdi dir="ltr">{contactPhone(contact)}</bdi>;
  if (contact.kind === "group") return t("contact.group");
  return contact.username ? <bdi dir="ltr">@{safeName(contact.username, 60)}</bdi> : t("contact.hiddenNumber");
}

const looksLikeEmail = (value: string) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value);

export function ContactFacts({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const patch = useContactPatch(contact);
  const group = contact.kind === "group";
  return (
    <div className="grid gap-3">
      <dl className="grid grid-cols-[104px_minmax(0,1fr)] items-baseline gap-x-2 gap-y-1.5 text-13">
        {!group && (
          <>
            <dt className="text-text-2">{t("contact.email")}</dt>
            <dd>
              <Editable
                label={t("contact.editEmail")}
                placeholder={t("contact.addEmail")}
                type="email"
                value={contact.email ?? ""}
                check={(value) => (looksLikeEmail(value) ? null : t("contact.badEmail"))}
                onSave={(email) => patch.mutate({ email })}
              />
            </dd>
          </>
        )}
        {contact.verified_name && contact.verified_name !== contact.name && (
          <>
            <dt className="text-text-2">{t("contact.businessName")}</dt>
            <dd className="truncate">
              <bdi>{safeName(contact.verified_name)}</bdi>
            </dd>
          </>
        )}
        {!group && contact.push_name && contact.push_name !== contact.name && (
          <>
            <dt className="text-text-2">{t("contact.pushName")}</dt>
            <dd className="truncate">
              <bdi>{safeName(contact.push_name)}</bdi>
            </dd>
          </>
        )}
        {contact.username && contact.phone && (
          <>
            <dt className="text-text-2">{t("contact.username")}</dt>
            <dd className="truncate">
              <bdi dir="ltr">@{safeName(contact.username, 60)}</bdi>
            </dd>
          </>
        )}
        <dt className="text-text-2">{t(group ? "contact.known" : "contact.since")}</dt>
        <dd>{calendarDate(contact.created_at)}</dd>
        {contact.last_interaction_at && (
          <>
            <dt className="text-text-2">{t("contact.lastInteraction")}</dt>
            <dd>{fullTime(contact.last_interaction_at)}</dd>
          </>
        )}
        <dt className="text-text-2">{t("contact.tags")}</dt>
        <dd>
          <Tags tags={contact.tags} onChange={(tags) => patch.mutate({ tags })} />
        </dd>
      </dl>
      <div className="text-13">
        <p className="mb-0.5 text-text-2">{t("contact.notes")}</p>
        <Editable
          label={t("contact.editNotes")}
          placeholder={t("contact.addNotes")}
          value={contact.notes}
          multiline
          onSave={(notes) => patch.mutate({ notes })}
        />
      </div>
      <Merges contact={contact} />
    </div>
  );
}
