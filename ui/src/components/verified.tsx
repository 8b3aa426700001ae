import { BadgeCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Contact } from "../api/model";
import { safeName } from "../text/untrusted";

/** The mark of a business whose name WhatsApp has checked. */
export function Verified({ contact }: { contact: Pick<Contact, "verified_name"> }) {
  const { t } = useTranslation();
  if (!contact.verified_name) return null;
  const label = t("contact.verified", { name: safeName(contact.verified_name, 80) });
  return (
    <span title={label} className="ms-1 inline-flex shrink-0 align-[-2px] text-info">
      <BadgeCheck role="img" aria-label={label} className="size-4" />
    </span>
  );
}
