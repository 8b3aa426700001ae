import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";
import { cx } from "./cx";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  children: ReactNode;
  className?: string;
}

export function Dialog({ open, onOpenChange, title, description, children, className }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-appear bg-[rgb(8_14_12/0.45)]" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          onOpenAutoFocus={startInside}
          className={cx(
            "fixed start-1/2 top-1/2 z-50 grid max-h-[calc(100dvh-32px)] w-[min(440px,calc(100vw-32px))] -translate-1/2 animate-appear gap-4 overflow-y-auto rounded-l border border-line bg-surface p-5 shadow-float outline-none focus-visible:shadow-float rtl:translate-x-1/2",
            className,
          )}
        >
          <div className="flex items-start gap-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-16">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-13 text-text-2">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label={t("common.close")} icon={<X />} className="-me-1.5 -mt-1.5" />
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** One starts in the first field, else on the sheet itself; the cross in the corner comes first in the order only. */
function startInside(event: Event): void {
  const sheet = event.currentTarget;
  if (!(sheet instanceof HTMLElement)) return;
  event.preventDefault();
  const start = sheet.querySelector<HTMLElement>("[autofocus],input:enabled,textarea:enabled,select:enabled") ?? sheet;
  start.focus();
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-2">{children}</div>;
}
