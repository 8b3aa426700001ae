import { Contact, MessageSquare } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ContactCard } from "../../../api/model";
import { Button } from "../../../components/button";
import { saveFile } from "../../../components/object-url";
import { nameToSave } from "../../../text/file-name";
import { prettyPhone } from "../../../text/phone";
import { safeName } from "../../../text/untrusted";
import { vcards } from "../../../text/vcard";
import { useChat } from "../chat-context";

const SHOWN = 3;

/** People's cards: a chat with each number, and the cards as a file for an address book. */
export function Cards({ cards }: { cards: readonly ContactCard[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? cards : cards.slice(0, SHOWN);
  const save = () => saveFile(new Blob([vcards(cards)]), nameToSave(`${cards[0]?.name ?? ""}.vcf`, "contacts.vcf"));
  return (
    <div className="grid w-[280px] max-w-full gap-2" data-testid="cards">
      {shown.map((card, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the cards of one message never move
        <Card key={index} card={card} />
      ))}
      <div className="flex flex-wrap gap-2">
        {cards.length > shown.length && (
          <Button onClick={() => setAll(true)}>{t("cards.more", { count: cards.length - shown.length })}</Button>
        )}
        <Button onClick={save}>{t("cards.save")}</Button>
      </div>
    </div>
  );
}

function Card({ card }: { card: ContactCard }) {
  const { t } = useTranslation();
  const { startChat } = useChat();
  return (
    <div className="grid grid-cols-[36px_minmax(0,1fr)] gap-x-2.5 rounded-s bg-surface-2 p-2">
      <span aria-hidden className="grid size-9 place-items-center rounded-full bg-surface text-accent">
        <Contact className="size-5" />
      </span>
      <div className="min-w-0">
        <p className="truncate font-semibold text-13">
          <bdi>{safeName(card.name, 80)}</bdi>
        </p>
        {card.organisation && (
          <p className="truncate text-12 text-text-2">
            <bdi>{safeName(card.organisation, 80)}</bdi>
          </p>
        )}
        {(card.phones ?? []).map((phone) => (
          <p key={phone} className="flex min-w-0 items-center gap-2 text-12">
            <bdi dir="ltr" className="truncate">
              {prettyPhone(safeName(phone, 32))}
            </bdi>
            {startChat && (
              <button
                type="button"
                onClick={() => startChat(phone)}
                className="tap inline-flex shrink-0 items-center gap-1 rounded-s px-1 font-medium text-accent hover:underline"
              >
                <MessageSquare aria-hidden className="size-3.5" />
                {t("cards.chat")}
              </button>
            )}
          </p>
        ))}
        {(card.emails ?? []).map((email) => (
          <p key={email} className="truncate text-12 text-text-2">
            <bdi dir="ltr">{safeName(email, 80)}</bdi>
          </p>
        ))}
      </div>
    </div>
  );
}
