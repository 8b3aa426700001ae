import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { RadioGroup } from "radix-ui";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import type { LineSettings, ReadReceipts, Scope } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { settingsQuery, statusQuery } from "../../api/queries";
import { SelectField } from "../../components/field";
import { problemText } from "../../components/problem-text";
import { Bone, Failed } from "../../components/states";
import { Switch } from "../../components/switch";
import { toast } from "../../components/toast";
import { Section } from "./section";

const RECEIPTS: readonly ReadReceipts[] = ["on_view", "on_reply", "never"];
const SCOPES: readonly Scope[] = ["private", "metadata", "shared"];

/** What the agent decides about the own line: what new chats share, when ticks turn blue, who may answer. */
export function LineSection() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(settingsQuery);
  const save = useMutation({
    mutationFn: (next: LineSettings) => bridge.saveSettings(next),
    onMutate: (next) => {
      const before = query.data;
      client.setQueryData(settingsQuery.queryKey, next);
      return before;
    },
    onError: (error, _next, before) => {
      if (before) client.setQueryData(settingsQuery.queryKey, before);
      toast.bad(problemText(ProblemError.from(error)));
    },
    onSuccess: () => toast.good(t("settings.saved")),
    onSettled: () => client.invalidateQueries({ queryKey: statusQuery.queryKey }),
  });
  if (query.error) return <Failed error={query.error} onRetry={() => query.refetch()} />;
  const settings = query.data;
  if (!settings) return <Bone className="h-60 rounded-l" />;
  const change = (to: Partial<LineSettings>) => save.mutate({ ...settings, ...to });
  return (
    <Section title={t("line.title")}>
      <SelectField
        label={t("line.newChats")}
        hint={t(`line.scopeHint.${settings.default_scope}`)}
        value={settings.default_scope}
        onChange={(event) => change({ default_scope: event.target.value as Scope })}
        options={SCOPES.map((value) => ({ value, label: t(`scope.${value}`) }))}
      />
      <div className="grid gap-1.5">
        <p id="receipts" className="font-medium text-13">
          {t("line.receipts")}
        </p>
        <RadioGroup.Root
          value={settings.read_receipts}
          onValueChange={(value) => change({ read_receipts: value as ReadReceipts })}
          aria-labelledby="receipts"
          className="grid gap-2"
        >
          {RECEIPTS.map((value) => (
            <RadioGroup.Item
              key={value}
              value={value}
              className="tap rounded-m border border-line px-3 py-2 text-start transition-colors duration-(--motion) hover:bg-hover data-[state=checked]:border-accent data-[state=checked]:bg-selected"
            >
              <span className="block font-medium text-14">{t(`line.receipt.${value}`)}</span>
              <span className="block text-12 text-text-2">{t(`line.receiptHint.${value}`)}</span>
            </RadioGroup.Item>
          ))}
        </RadioGroup.Root>
      </div>
      <Switch
        label={t("link.lends")}
        hint={t("link.lendsHint")}
        checked={settings.lends}
        onChange={(lends) => change({ lends })}
      />
      <p className="text-13 text-text-2">{t("line.presence")}</p>
    </Section>
  );
}
