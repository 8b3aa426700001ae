import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import type { OptOut } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { optOutsQuery, safetyQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { Name } from "../../components/name";
import { problemText } from "../../components/problem-text";
import { Bone, Failed } from "../../components/states";
import { Tag } from "../../components/tag";
import { toast } from "../../components/toast";
import { fullTime } from "../../i18n/format";
import { safeName } from "../../text/untrusted";

/** Who asked not to be written to, and the one reason to write again: that they asked for it. */
export function OptOuts({ count }: { count: number }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asking, setAsking] = useState<OptOut | null>(null);
  // A new one shows in the count first.
  const query = useQuery({ ...optOutsQuery(count) });
  const lift = useMutation({
    mutationFn: (one: OptOut) => bridge.liftOptOut(one.contact_id),
    onSuccess: (_answer, one) => toast.good(t("safety.lifted", { name: safeName(one.name, 60) })),
    onError: (error) => toast.bad(problemText(ProblemError.from(error))),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["opt-outs"] });
      void client.invalidateQueries({ queryKey: safetyQuery.queryKey });
    },
  });
  if (query.error) return <Failed error={query.error} onRetry={() => query.refetch()} />;
  if (!query.data) return <Bone className="h-10" />;
  if (query.data.length === 0) return <p className="text-13 text-text-2">{t("safety.nobodyOut")}</p>;
  return (
    <>
      <ul className="grid gap-1">
        {query.data.map((one) => (
          <li key={one.contact_id} data-testid="opt-out" className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1">
            <span className="min-w-0 flex-1 basis-40 truncate font-medium">
              <Name>{one.name}</Name>
            </span>
            <Tag>
              <bdi className="uppercase">{safeName(one.word, 30)}</bdi>
            </Tag>
            <span className="text-12 text-text-2">{fullTime(one.at)}</span>
            <Button onClick={() => setAsking(one)}>{t("safety.lift")}</Button>
          </li>
        ))}
      </ul>
      {asking && (
        <Dialog
          open
          onOpenChange={() => setAsking(null)}
          title={t("safety.liftTitle", { name: safeName(asking.name, 60) })}
          description={t("safety.liftHint")}
        >
          <DialogActions>
            <Button onClick={() => setAsking(null)}>{t("common.cancel")}</Button>
            <Button
              look="danger"
              onClick={() => {
                lift.mutate(asking);
                setAsking(null);
              }}
            >
              {t("safety.liftYes")}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
}
