import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as desk from "../../api/desk";
import type { Contact, Merge } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { mergesQuery } from "../../api/queries";
import en from "../../i18n/en.json";
import { fullTime } from "../../i18n/format";
import { contactPhone } from "../../text/phone";
import { Button } from "../button";
import { Name } from "../name";
import { problemText } from "../problem-text";
import { toast } from "../toast";

type KnownReason = keyof typeof en.merge.reason;

/** Contacts that became this one, and the way to part them again. */
export function Merges({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery(mergesQuery(contact.id));
  const undo = useMutation({
    mutationFn: (merge: Merge) => desk.undoMerge(merge.id),
    onSuccess: () => toast.good(t("merge.undone")),
    onError: (error) => toast.bad(problemText(ProblemError.from(error))),
    onSettled: () => {
      for (const key of ["merges", "contact", "contacts", "conversation", "conversations"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    },
  });
  if (!data || data.length === 0) return null;
  return (
    <div className="text-13" data-testid="merges">
      <p className="mb-1 text-text-2">{t("merge.title")}</p>
      <ul className="grid gap-2">
        {data.map((merge) => (
          <li key={merge.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-s bg-surface-2 px-2.5 py-2">
            <span className="min-w-0 flex-1 basis-32">
              <span className="block truncate font-medium">
                <Name>{merge.merged.name}</Name>
              </span>
              <span className="block text-12 text-text-2">
                {merge.merged.phone && <bdi dir="ltr">{contactPhone(merge.merged)} · </bdi>}
                {Object.hasOwn(en.merge.reason, merge.reason)
                  ? t(`merge.reason.${merge.reason as KnownReason}`)
                  : merge.reason}
                {" · "}
                {fullTime(merge.at)}
              </span>
            </span>
            {merge.undone_at == null ? (
              <Button busy={undo.isPending && undo.variables?.id === merge.id} onClick={() => undo.mutate(merge)}>
                {t("merge.undo")}
              </Button>
            ) : (
              <span className="text-12 text-text-2">{t("merge.parted", { time: fullTime(merge.undone_at) })}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
