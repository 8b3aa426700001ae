import { Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Enrolment } from "../../api/model";
import { Button } from "../../components/button";
import { Dialog, DialogActions } from "../../components/dialog";
import { fullTime } from "../../i18n/format";
import { safeName } from "../../text/untrusted";

/** The only time that a code is shown. */
export function CodeDialog({ enrolment, onClose }: { enrolment: Enrolment; onClose: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const name = safeName(enrolment.agent.name, 60);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("agents.codeTitle", { name })}
      description={t("agents.codeHint", { name, time: fullTime(enrolment.expires_at) })}
    >
      <output
        aria-label={t("agents.codeLabel")}
        dir="ltr"
        className="select-all rounded-m bg-surface-2 p-4 text-center font-semibold text-20 tracking-wider"
      >
        {enrolment.code}
      </output>
      <DialogActions>
        <Button onClick={() => void navigator.clipboard.writeText(enrolment.code).then(() => setCopied(true))}>
          <Copy aria-hidden className="size-4" />
          {copied ? t("common.copied") : t("agents.copyCode")}
        </Button>
        <Button look="primary" onClick={onClose}>
          {t("agents.done")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
