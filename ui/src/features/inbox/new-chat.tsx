import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import { placeConversation } from "../../api/cache";
import { ProblemError } from "../../api/problem";
import { conversationQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { TextField } from "../../components/field";
import { problemText } from "../../components/problem-text";
import { prettyPhone } from "../../text/phone";

interface NewChatProps {
  number: string;
  onClose: () => void;
  onOpen: (id: string) => void;
}

/** Starts a chat from the agent's own number. */
export function NewChat({ number, onClose, onOpen }: NewChatProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [phone, setPhone] = useState("");
  const start = useMutation({
    mutationFn: () => bridge.startConversation(phone),
    onSuccess: (item) => {
      client.setQueryData(conversationQuery(item.id).queryKey, item);
      placeConversation(client, item);
      onOpen(item.id);
    },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("inbox.newChatTitle")}
      description={t("inbox.newChatHint", { number: prettyPhone(number) })}
    >
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate();
        }}
      >
        <TextField
          label={t("inbox.newChatPhone")}
          hint={t("inbox.newChatPhoneHint")}
          type="tel"
          dir="ltr"
          inputMode="tel"
          autoComplete="off"
          value={phone}
          error={start.error ? problemText(ProblemError.from(start.error)) : undefined}
          onChange={(event) => {
            setPhone(event.target.value);
            start.reset();
          }}
        />
        <DialogActions>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" disabled={phone.trim() === ""} busy={start.isPending}>
            {t("inbox.newChatGo")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
