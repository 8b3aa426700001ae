import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Contact, ContactCard } from "../../../api/model";
import { contactsQuery } from "../../../api/queries";
import { Avatar } from "../../../components/avatar";
import { Button } from "../../../components/button";
import { Dialog, DialogActions } from "../../../components/dialog";
import { inputClass } from "../../../components/field";
import { Name } from "../../../components/name";
import { contactPhone } from "../../../text/phone";

const CARDS_MAX = 20;

function asCard(contact: Contact): ContactCard {
  return {
    name: contact.name,
    phones: contact.phone ? [contact.phone] : [],
    emails: contact.email ? [contact.email] : [],
  };
}

/** Sends people out of the desk's contacts. */
export function CardsDialog({ onClose, onSend }: { onClose: () => void; onSend: (cards: ContactCard[]) => void }) {
  const { t } = useTranslation();
  const [q, setQ] = useState("");
  const [chosen, setChosen] = useState<Contact[]>([]);
  const query = useInfiniteQuery(contactsQuery(q.trim()));
  // A card without a number is no use to anyone.
  const found = (query.data?.pages[0]?.items ?? []).filter((contact) => contact.phone && contact.kind !== "group");
  const toggle = (contact: Contact) => {
    const on = chosen.some((one) => one.id === contact.id);
    if (on) setChosen(chosen.filter((one) => one.id !== contact.id));
    else if (chosen.length < CARDS_MAX) setChosen([...chosen, contact]);
  };
  return (
    <Dialog open onOpenChange={onClose} title={t("cards.sendTitle")} description={t("cards.sendHint")}>
      <input
        type="search"
        aria-label={t("contacts.search")}
        placeholder={t("contacts.search")}
        value={q}
        maxLength={256}
        dir="auto"
        onChange={(event) => setQ(event.target.value)}
        className={inputClass}
      />
      <ul className="scroll-quiet h-60" aria-label={t("contacts.list")}>
        {found.map((contact) => (
          <li key={contact.id}>
            <label className="tap flex items-center gap-3 rounded-s px-2 py-1.5 hover:bg-hover">
              <input
                type="checkbox"
                className="size-4.5 accent-accent"
                checked={chosen.some((one) => one.id === contact.id)}
                onChange={() => toggle(contact)}
              />
              <Avatar name={contact.name} size="s" />
              <span className="min-w-0 flex-1 truncate">
                <Name>{contact.name}</Name>
              </span>
              <bdi dir="ltr" className="text-12 text-text-2">
                {contactPhone(contact)}
              </bdi>
            </label>
          </li>
        ))}
        {query.isSuccess && found.length === 0 && (
          <li className="p-4 text-center text-13 text-text-2">{t("contacts.noMatch")}</li>
        )}
      </ul>
      <DialogActions>
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button look="primary" disabled={chosen.length === 0} onClick={() => onSend(chosen.map(asCard))}>
          {t("cards.sendCount", { count: chosen.length })}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
