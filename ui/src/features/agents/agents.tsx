import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ShieldX, UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as account from "../../api/account";
import type { Agent, Enrolment, Role } from "../../api/model";
import { useMe } from "../../api/people";
import { ProblemError } from "../../api/problem";
import { agentsQuery } from "../../api/queries";
import { Avatar } from "../../components/avatar";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { selectClass } from "../../components/field";
import { Name } from "../../components/name";
import { PageFrame } from "../../components/page";
import { problemText } from "../../components/problem-text";
import { Empty, Failed, RowBones } from "../../components/states";
import { Tag } from "../../components/tag";
import { toast } from "../../components/toast";
import { safeName } from "../../text/untrusted";
import { AddAgent } from "./add-agent";
import { CodeDialog } from "./code-dialog";

const ROLES: readonly Role[] = ["agent", "supervisor", "admin"];

/** Admins add people, give them codes and roles, and switch accounts off. */
export function Agents() {
  const { t } = useTranslation();
  const me = useMe();
  const query = useQuery(agentsQuery);
  const [adding, setAdding] = useState(false);
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  if (me && me.role !== "admin") {
    return (
      <main className="flex-1">
        <Empty icon={<ShieldX />} title={t("agents.onlyAdmins")} />
      </main>
    );
  }
  return (
    <PageFrame
      title={t("agents.title")}
      actions={
        <Button look="primary" onClick={() => setAdding(true)}>
          <UserPlus aria-hidden className="size-4" />
          {t("agents.add")}
        </Button>
      }
    >
      <div className="scroll-quiet min-h-0 flex-1">
        {query.isPending ? (
          <RowBones rows={4} />
        ) : query.isError && !query.data ? (
          <Failed error={query.error} onRetry={() => query.refetch()} />
        ) : (
          <ul aria-label={t("agents.list")}>
            {query.data?.map((agent) => (
              <AgentRow key={agent.id} agent={agent} self={agent.id === me?.id} onCode={setEnrolment} />
            ))}
          </ul>
        )}
      </div>
      {adding && (
        <AddAgent
          onClose={() => setAdding(false)}
          onDone={(made) => {
            setAdding(false);
            setEnrolment(made);
          }}
        />
      )}
      {enrolment && <CodeDialog enrolment={enrolment} onClose={() => setEnrolment(null)} />}
    </PageFrame>
  );
}

function AgentRow({ agent, self, onCode }: { agent: Agent; self: boolean; onCode: (enrolment: Enrolment) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const name = safeName(agent.name, 60);
  const failed = (error: Error) => toast.bad(problemText(ProblemError.from(error)));
  const patch = useMutation({
    mutationFn: (change: { role?: Role; active?: boolean }) => account.patchAgent(agent.id, change),
    onMutate: (change) =>
      client.setQueryData(agentsQuery.queryKey, (list) =>
        list?.map((one) => (one.id === agent.id ? { ...one, ...change } : one)),
      ),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: agentsQuery.queryKey }),
  });
  const code = useMutation({ mutationFn: () => account.newCode(agent.id), onSuccess: onCode, onError: failed });
  return (
    <li
      data-testid="agent-row"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-6 py-3 max-md:px-4"
    >
      <Avatar name={agent.name} />
      <div className="min-w-[180px] flex-1">
        <p className="flex items-center gap-2">
          <Name className="truncate font-semibold">{agent.name}</Name>
          {!agent.active ? (
            <Tag tone="bad">{t("agents.off")}</Tag>
          ) : (
            !agent.enrolled && <Tag tone="warn">{t("agents.waiting")}</Tag>
          )}
        </p>
        <bdi dir="ltr" className="block truncate text-12 text-text-2">
          {agent.email}
        </bdi>
      </div>
      <select
        aria-label={t("agents.changeRole", { name })}
        value={agent.role}
        disabled={self || patch.isPending}
        onChange={(event) => patch.mutate({ role: event.target.value as Role })}
        className={selectClass}
      >
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {t(`role.${role}`)}
          </option>
        ))}
      </select>
      <Button onClick={() => code.mutate()} busy={code.isPending} disabled={!agent.active}>
        {t("agents.newCode")}
      </Button>
      {agent.active ? (
        <Button look="danger" disabled={self} onClick={() => setAsking(true)}>
          {t("agents.switchOff")}
        </Button>
      ) : (
        <Button onClick={() => patch.mutate({ active: true })}>{t("agents.switchOn")}</Button>
      )}
      {asking && (
        <Dialog
          open
          onOpenChange={setAsking}
          title={t("agents.switchOffTitle", { name })}
          description={t("agents.switchOffHint")}
        >
          <DialogActions>
            <Button onClick={() => setAsking(false)}>{t("common.cancel")}</Button>
            <Button
              look="danger"
              onClick={() => {
                setAsking(false);
                patch.mutate({ active: false });
              }}
            >
              {t("agents.switchOff")}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </li>
  );
}
