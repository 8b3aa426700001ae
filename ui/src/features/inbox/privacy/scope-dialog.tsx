import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { EyeOff, Lock, Users } from "lucide-react";
import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../../api/bridge";
import { placeConversation } from "../../../api/cache";
import type { ConversationItem, Message, Scope } from "../../../api/model";
import { ProblemError } from "../../../api/problem";
import { teamViewQuery } from "../../../api/queries";
import { Button } from "../../../components/button";
import { Dialog, DialogActions } from "../../../components/dialog";
import { problemText } from "../../../components/problem-text";
import { toast } from "../../../components/toast";
import { Preview } from "./preview";
import { isLess, seen } from "./seen";

const SCOPES: readonly Scope[] = ["private", "metadata", "shared"];
const ICONS = { private: Lock, metadata: EyeOff, shared: Users };
const SHOWN = 12;

interface ScopeDialogProps {
  conversation: ConversationItem;
  messages: readonly Message[];
  name: string;
  onClose: () => void;
}

/** What of this chat leaves the computer: the choice, what it changes, and how it looks from the other side. */
export function ScopeDialog({ conversation, messages, name, onClose }: ScopeDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const before = conversation.scope;
  const [scope, setScope] = useState<Scope>(before);
  const [earlier, setEarlier] = useState(false);
  const view = useQuery(teamViewQuery(conversation.id)).data;
  const save = useMutation({
    mutationFn: () => bridge.setScope(conversation.id, scope, earlier),
    onSuccess: (item) => {
      placeConversation(client, item);
      void client.invalidateQueries({ queryKey: teamViewQuery(conversation.id).queryKey });
      toast.good(t(`scope.done.${scope}`));
      onClose();
    },
  });
  const changed = scope !== before;
  const less = isLess(scope, before);
  const more = changed && !less;
  const last = messages.filter((message) => message.kind !== "gap").slice(-SHOWN);
  // As it stands, the host knows best; a choice not made yet is worked out from what is on the screen.
  const shown = changed || !view ? seen(last, scope, before, earlier) : view.messages.slice(-SHOWN);
  const nothing = changed ? shown.length === 0 : !view?.conversation;
  const why = t(more ? "scope.seesFromNow" : "scope.seesNothing");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("scope.title")}
      description={t("scope.dialogHint")}
      className="w-[min(820px,calc(100vw-32px))]"
    >
      <div className="grid gap-5 md:grid-cols-2">
        <div className="grid content-start gap-3">
          <RadioGroup.Root
            value={scope}
            onValueChange={(value) => setScope(value as Scope)}
            aria-label={t("scope.title")}
            className="grid gap-2"
          >
            {SCOPES.map((value) => {
              const Icon = ICONS[value];
              return (
                <RadioGroup.Item
                  key={value}
                  value={value}
                  className="tap grid grid-cols-[20px_minmax(0,1fr)] gap-x-2.5 rounded-m border border-line p-3 text-start transition-colors duration-(--motion) hover:bg-hover data-[state=checked]:border-accent data-[state=checked]:bg-selected"
                >
                  <Icon aria-hidden className="mt-0.5 size-4 text-accent" />
                  <span className="font-semibold">{t(`scope.${value}`)}</span>
                  <span className="col-start-2 text-12 text-text-2">{t(`scope.${value}Hint`)}</span>
                </RadioGroup.Item>
              );
            })}
          </RadioGroup.Root>
          {more && (
            <label className="tap flex items-start gap-3 text-13">
              <input
                type="checkbox"
                className="mt-0.5 size-4.5 shrink-0 accent-accent"
                checked={earlier}
                onChange={(event) => setEarlier(event.target.checked)}
              />
              <span>
                {t("scope.earlier")}
                <span className="block text-12 text-text-2">{t("scope.earlierHint")}</span>
              </span>
            </label>
          )}
          {more && conversation.contact.kind === "group" && (
            <p role="alert" className="rounded-m bg-warn-soft p-3 text-13">
              {t("scope.moreGroup")}
            </p>
          )}
          {less && (
            <p role="alert" className="rounded-m bg-warn-soft p-3 text-13">
              {t(`scope.less.${scope}`)}
            </p>
          )}
          {save.error && (
            <p role="alert" className="rounded-m bg-bad-soft p-3 text-13">
              {problemText(ProblemError.from(save.error))}
            </p>
          )}
        </div>
        <Preview
          title={changed ? t("scope.wouldSee") : t("scope.sees")}
          name={name}
          messages={shown}
          nothing={nothing ? why : null}
          withheld={changed ? 0 : (view?.withheld ?? 0)}
        />
      </div>
      <DialogActions>
        <Button onClick={onClose}>{changed ? t("common.cancel") : t("common.close")}</Button>
        {changed && (
          <Button look={less ? "danger" : "primary"} busy={save.isPending} onClick={() => save.mutate()}>
            {t(less ? "scope.takeBack" : "scope.share")}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
