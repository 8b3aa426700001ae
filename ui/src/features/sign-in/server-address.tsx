import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { type ComponentProps, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import { ProblemError } from "../../api/problem";
import { TextField } from "../../components/field";
import { problemText } from "../../components/problem-text";

/** The value once typing has paused. */
function useSettled(value: string, pause: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}

interface ServerAddressProps extends Omit<ComponentProps<"input">, "value"> {
  address: string;
  error?: string | undefined;
}

/** The server's address, looked up while typing pauses, so that a typo is known before a password is typed. */
export function ServerAddress({ address, error, ...rest }: ServerAddressProps) {
  const { t } = useTranslation();
  const settled = useSettled(address.trim(), 500);
  const worthAsking = settled.length > 3 && /[.:]|localhost/.test(settled);
  const check = useQuery({
    queryKey: ["server-check", settled],
    queryFn: () => bridge.checkServer(settled),
    enabled: worthAsking,
    retry: false,
    staleTime: 10_000,
  });
  const current = settled === address.trim();
  const problem = check.error && current && worthAsking ? problemText(ProblemError.from(check.error)) : undefined;
  const found = check.data && current;
  return (
    <TextField
      label={t("signIn.server")}
      placeholder={t("signIn.serverPlaceholder")}
      autoComplete="url"
      inputMode="url"
      spellCheck={false}
      dir="ltr"
      error={error ?? problem}
      hint={
        <span aria-live="polite" className="inline-flex min-h-[1.45em] items-center gap-1">
          {worthAsking && check.isFetching && t("signIn.serverChecking")}
          {found && !check.isFetching && (
            <>
              <Check aria-hidden className="size-3.5 text-ok" />
              {check.data.setup_needed ? t("signIn.serverSetup") : t("signIn.serverFound")}
            </>
          )}
        </span>
      }
      {...rest}
    />
  );
}
