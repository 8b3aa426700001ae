import { Store } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Contact } from "../api/model";
import { safeName } from "../text/untrusted";

/** The mark of a business. No check mark: most businesses sign their names themselves, so it vouches for nothing. */
export function Business({ contact }: { contact: Pick<Contact, "verified_name"> }) {
  const { t } = useTranslation();
  if (!contact.verified_name) return null;
  const label = t("contact.business", { name: safeName(contact.verified_name, 80) });
  return (
    <span title={label} className="ms-1 inline-flex shrink-0 align-[-2px] text-text-3">
      <Store role="img" aria-label={label} className="size-3.5" />
    </span>
  );
}
