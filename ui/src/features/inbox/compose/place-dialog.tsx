import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Place } from "../../../api/model";
import { Button } from "../../../components/button";
import { Dialog, DialogActions } from "../../../components/dialog";
import { TextField } from "../../../components/field";
import { readPlace } from "../../../text/place";

/** Sends a place out of two numbers or the address of a map page. */
export function PlaceDialog({ onClose, onSend }: { onClose: () => void; onSend: (place: Place) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const place = readPlace(text);
  return (
    <Dialog open onOpenChange={onClose} title={t("place.sendTitle")} description={t("place.sendHint")}>
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (place) onSend({ ...place, name: name.trim() || null, address: address.trim() || null });
        }}
      >
        <TextField
          label={t("place.where")}
          hint={place ? `${place.latitude}, ${place.longitude}` : t("place.whereHint")}
          error={text.trim() !== "" && !place ? t("place.unreadable") : undefined}
          dir="ltr"
          autoComplete="off"
          spellCheck={false}
          value={text}
          maxLength={2000}
          onChange={(event) => setText(event.target.value)}
        />
        <TextField
          label={t("place.name")}
          dir="auto"
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={t("place.address")}
          dir="auto"
          maxLength={240}
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
        <DialogActions>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" disabled={!place}>
            {t("composer.send")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
