import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { bearer, connect, forgetTokens, host, isSignedIn, onSignInChange } from "../api/access";
import * as account from "../api/account";
import * as bridge from "../api/bridge";
import { setFlow, useFlow } from "../api/flow";
import { realtime } from "../api/live";
import type { SessionStateName } from "../api/model";
import { ProblemError } from "../api/problem";
import { profileQuery, statusQuery } from "../api/queries";
import { Logo } from "../components/logo";
import { LinkScreen } from "../features/link/link-screen";
import { Setup } from "../features/sign-in/setup";
import { SignIn } from "../features/sign-in/sign-in";
import { platform } from "../platform";

/** Lets people through to the desk once they are signed in and, on their own machine, linked or content without. */
export function Gate({ children }: { children: ReactNode }) {
  return host() === "bridge" ? <BridgeGate>{children}</BridgeGate> : <ServerGate>{children}</ServerGate>;
}

/** The desk is live while someone is let through. */
function Live({ children }: { children: ReactNode }) {
  useEffect(() => {
    realtime.start();
    return () => realtime.stop();
  }, []);
  return children;
}

function BridgeGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const flow = useFlow();
  const { data: status, error } = useQuery(statusQuery);
  const { t } = useTranslation();
  const session = status?.session.state;
  const agent = status?.agent?.id;

  // Another person's desk must not show through.
  const [shownFor, setShownFor] = useState(agent);
  if (status && shownFor !== agent) {
    setShownFor(agent);
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "status" });
  }
  useEffect(() => {
    if (session && LINKING.has(session)) setFlow({ linking: true });
  }, [session]);

  // A bridge that was started again knows another token.
  const [noWayIn, setNoWayIn] = useState(false);
  const refused = error !== null && ProblemError.from(error).problem.status === 401;
  useEffect(() => {
    if (refused) void comeBack().then((known) => setNoWayIn(!known));
  }, [refused]);

  if (noWayIn) return <Waiting title={t("gate.noAccess")} hint={t("gate.noAccessHint")} />;
  if (!status)
    return error ? (
      <Waiting title={t("gate.bridgeAway")} hint={t("gate.bridgeAwayHint")} />
    ) : (
      <Waiting title={t("gate.starting")} />
    );
  const asksAgain = status.server.state === "sign_in_needed" && flow.signingIn;
  if (status.server.state === "signed_out" || asksAgain) {
    return (
      <SignIn
        server={"url" in status.server ? status.server.url : undefined}
        onDone={() => setFlow({ signingIn: false })}
      />
    );
  }
  if (linkingShown(status.session.state, flow)) {
    return (
      <LinkScreen
        status={status}
        onLeave={() => setFlow({ linking: false, linkLater: true })}
        onSignOut={() =>
          void bridge.signOut().finally(() => client.invalidateQueries({ queryKey: statusQuery.queryKey }))
        }
      />
    );
  }
  return <Live>{children}</Live>;
}

async function comeBack(): Promise<boolean> {
  const connection = await platform.connection(await bearer()).catch(() => null);
  if (connection) connect(connection);
  return connection !== null;
}

const LINKING: ReadonlySet<SessionStateName> = new Set([
  "waiting_for_scan",
  "passkey_needed",
  "confirm_number",
  "pairing",
]);

/** The linking page stays from the first choice until someone leaves it; trouble of a linked number belongs to the desk. */
function linkingShown(session: SessionStateName, flow: { linking: boolean; linkLater: boolean }): boolean {
  if (LINKING.has(session)) return true;
  switch (session) {
    case "unlinked":
    case "logged_out":
      return flow.linking || !flow.linkLater;
    case "syncing":
    case "online":
      return flow.linking;
    default:
      return false;
  }
}

function ServerGate({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const signedIn = useSyncExternalStore(onSignInChange, isSignedIn);
  const [hasAccount, setHasAccount] = useState(false);
  const health = useQuery({
    queryKey: ["health"],
    queryFn: account.health,
    enabled: !signedIn,
    retry: true,
    retryDelay: 2_000,
  });
  const profile = useQuery({ ...profileQuery, enabled: signedIn });
  useEffect(() => {
    // Nothing of the last person stays; what the sign-in page itself asks for does.
    if (!signedIn) client.removeQueries({ predicate: (query) => query.queryKey[0] !== "health" });
  }, [signedIn, client]);
  useEffect(() => {
    if (profile.error && ProblemError.from(profile.error).problem.status === 401) forgetTokens();
  }, [profile.error]);

  if (!signedIn) {
    if (!health.data) {
      return health.failureCount > 0 ? (
        <Waiting title={t("banner.serverAwayBrowser")} />
      ) : (
        <Waiting title={t("gate.starting")} />
      );
    }
    return health.data.setup_needed && !hasAccount ? (
      <Setup onDone={() => undefined} onSignIn={() => setHasAccount(true)} />
    ) : (
      <SignIn />
    );
  }
  if (!profile.data) {
    const away = profile.failureCount > 0 || profile.error;
    return <Waiting title={away ? t("banner.serverAwayBrowser") : t("gate.starting")} />;
  }
  return <Live>{children}</Live>;
}

export function Waiting({ title, hint }: { title: string; hint?: string }) {
  return (
    <main className="grid h-full place-content-center justify-items-center gap-2 p-6 text-center" aria-live="polite">
      <Logo className="mb-2 size-10 animate-pulse-soft" />
      <h1 className="text-16">{title}</h1>
      {hint && <p className="max-w-[380px] text-13 text-text-2">{hint}</p>}
    </main>
  );
}
