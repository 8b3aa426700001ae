import { useQuery } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import { pairingCodeQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { useNow } from "../../components/clock";
import { Bone } from "../../components/states";
import { toast } from "../../components/toast";
import { countdown, secondsUntil } from "../../i18n/format";
import { prettyPhone } from "../../text/phone";

/** Eight characters that are typed on the phone, with what to do there. */
export function TypedCode({ attempt }: { attempt: number }) {
  const { t } = useTranslation();
  const now = useNow();
  const offered = useQuery(pairingCodeQuery(attempt)).data;
  const copy = () =>
    navigator.clipboard.writeText(offered?.code ?? "").then(
      () => toast.good(t("common.copied")),
      () => undefined,
    );
  const left = offered ? secondsUntil(offered.expires_at, now) : 0;
  const [first, second] = [offered?.code.slice(0, 4), offered?.code.slice(4)];
  return (
    <div className="grid gap-3">
      <div className="grid aspect-[2/1] place-content-center justify-items-center gap-2 rounded-m border border-line bg-surface-2 p-4 text-center">
        {offered ? (
          <>
            <p
              data-testid="pairing-code"
              dir="ltr"
              className="font-mono font-semibold text-[1.75rem] text-text leading-none tracking-[0.08em]"
            >
              {/* Read letter by letter, not as a word. */}
              <span aria-hidden>
                {first}-{second}
              </span>
              <span className="sr-only">{[...(offered.code ?? "")].join(" ")}</span>
            </p>
            <p className="text-12 text-text-2">
              {t("link.codeFor")} <bdi dir="ltr">{prettyPhone(offered.phone)}</bdi>
            </p>
          </>
        ) : (
          <Bone className="h-8 w-44" />
        )}
      </div>
      <div className="flex items-center justify-between text-12 text-text-2">
        <span role="status">{offered ? t("link.waitingTyped") : t("link.codeComing")}</span>
        {offered && <span>{t("link.codeLasts", { time: countdown(left) })}</span>}
      </div>
      {offered && (
        <Button className="justify-self-start" onClick={() => void copy()}>
          <Copy aria-hidden className="size-3.5" />
          {t("common.copy")}
        </Button>
      )}
      <ol className="grid list-decimal gap-1.5 ps-5 text-13 text-text-2">
        <li>{t("link.typed.open")}</li>
        <li>{t("link.typed.devices")}</li>
        <li>{t("link.typed.instead")}</li>
        <li>{t("link.typed.type")}</li>
      </ol>
    </div>
  );
}
