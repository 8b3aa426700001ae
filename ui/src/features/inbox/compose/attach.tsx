import { Contact, File as FileIcon, MapPin, Paperclip } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ContactCard, Place } from "../../../api/model";
import { IconButton } from "../../../components/button";
import { overPage } from "../../../components/portal";
import { CardsDialog } from "./cards-dialog";
import { PlaceDialog } from "./place-dialog";

interface AttachProps {
  onFiles: (files: File[]) => void;
  onPlace: (place: Place) => void;
  onCards: (cards: ContactCard[]) => void;
}

/** Everything that can be sent besides words. */
export function Attach({ onFiles, onPlace, onCards }: AttachProps) {
  const { t } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  const [dialog, setDialog] = useState<"place" | "cards" | null>(null);
  const item =
    "tap flex cursor-pointer items-center gap-2.5 rounded-s px-2.5 py-1.5 text-13 outline-none data-[highlighted]:bg-hover focus-visible:shadow-none [&_svg]:size-4 [&_svg]:text-text-2";
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <IconButton label={t("composer.attach")} icon={<Paperclip />} />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal container={overPage()}>
          <DropdownMenu.Content
            side="top"
            align="start"
            sideOffset={8}
            collisionPadding={8}
            className="z-50 min-w-44 animate-appear rounded-m border border-line bg-surface p-1 shadow-float outline-none focus-visible:shadow-float"
          >
            <DropdownMenu.Item className={item} onSelect={() => picker.current?.click()}>
              <FileIcon aria-hidden />
              {t("composer.files")}
            </DropdownMenu.Item>
            <DropdownMenu.Item className={item} onSelect={() => setDialog("place")}>
              <MapPin aria-hidden />
              {t("composer.place")}
            </DropdownMenu.Item>
            <DropdownMenu.Item className={item} onSelect={() => setDialog("cards")}>
              <Contact aria-hidden />
              {t("composer.cards")}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        data-testid="file-picker"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // The same file may be chosen again later.
          event.target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      {dialog === "place" && (
        <PlaceDialog
          onClose={() => setDialog(null)}
          onSend={(place) => {
            setDialog(null);
            onPlace(place);
          }}
        />
      )}
      {dialog === "cards" && (
        <CardsDialog
          onClose={() => setDialog(null)}
          onSend={(cards) => {
            setDialog(null);
            onCards(cards);
          }}
        />
      )}
    </>
  );
}
