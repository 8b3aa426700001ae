import { Ban, CircleX, Copy, Download, Pencil, Reply, SmilePlus } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../../../api/model";
import { overPage } from "../../../components/portal";
import { toast } from "../../../components/toast";
import { useChat } from "../chat-context";
import { attachmentOf } from "./file-kinds";
import { isKnown } from "./rights";
import { useFile } from "./use-file";

export interface MenuAt {
  message: Message;
  from: HTMLElement;
}

/** One menu for all messages, opened where it was asked for. */
export function MessageMenu({ at, onClose }: { at: MenuAt; onClose: () => void }) {
  const { t } = useTranslation();
  const chat = useChat();
  const { message, from } = at;
  const known = isKnown(message);
  const file = attachmentOf(message);
  const box = from.getBoundingClientRect();
  const bubble = from.closest<HTMLElement>("[data-id]");
  const copy = () =>
    navigator.clipboard.writeText(message.text ?? "").then(
      () => toast.good(t("common.copied")),
      () => undefined,
    );
  return (
    <DropdownMenu.Root open onOpenChange={(open) => !open && onClose()} modal={false}>
      <DropdownMenu.Trigger asChild>
        <span
          aria-hidden
          className="pointer-events-none fixed"
          style={{ left: box.left, top: box.top, width: box.width, height: Math.min(box.height, 40) }}
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={overPage()}>
        <DropdownMenu.Content
          aria-label={t("message.menu")}
          sideOffset={4}
          collisionPadding={8}
          align={message.direction === "outbound" ? "end" : "start"}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            // Replying and editing go on in the field; everything else comes back to the message.
            if (document.activeElement === document.body) bubble?.focus({ preventScroll: true });
          }}
          className="z-50 min-w-48 animate-appear rounded-m border border-line bg-surface p-1 shadow-float outline-none focus-visible:shadow-float"
        >
          {known && chat.may.reply && (
            <Item icon={<Reply className="rtl:-scale-x-100" />} onSelect={() => chat.reply(message)}>
              {t("message.reply")}
            </Item>
          )}
          {known && chat.may.react(message) && (
            <Item icon={<SmilePlus />} onSelect={() => chat.openPicker(message, bubble ?? from)}>
              {t("message.react")}
            </Item>
          )}
          {message.text && (
            <Item icon={<Copy />} onSelect={() => void copy()}>
              {t("message.copy")}
            </Item>
          )}
          {file && <SaveItem message={message} />}
          {chat.may.edit(message) && (
            <Item icon={<Pencil />} onSelect={() => chat.edit(message)}>
              {t("message.edit")}
            </Item>
          )}
          {chat.may.cancel(message) && (
            <Item icon={<CircleX />} danger onSelect={() => chat.cancel(message)}>
              {t("message.cancel")}
            </Item>
          )}
          {chat.may.revoke(message) && (
            <Item icon={<Ban />} danger onSelect={() => chat.askRevoke(message)}>
              {t("message.revoke")}
            </Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function SaveItem({ message }: { message: Message }) {
  const { t } = useTranslation();
  const content = message.details?.content;
  if (content?.type !== "file") return null;
  return <SaveFile message={message} file={content} label={t("file.save")} />;
}

function SaveFile({ message, file, label }: { message: Message; file: Parameters<typeof useFile>[1]; label: string }) {
  const { where, save } = useFile(message, file);
  if (where === "gone" || where === "withheld") return null;
  return (
    <Item icon={<Download />} onSelect={save}>
      {label}
    </Item>
  );
}

interface ItemProps {
  icon: ReactNode;
  danger?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

function Item({ icon, danger = false, onSelect, children }: ItemProps) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className={`tap flex cursor-pointer items-center gap-2.5 rounded-s px-2.5 py-1.5 text-13 outline-none data-[highlighted]:bg-hover focus-visible:shadow-none [&_svg]:size-4 [&_svg]:shrink-0 ${danger ? "text-bad" : "text-text"}`}
    >
      <span aria-hidden>{icon}</span>
      {children}
    </DropdownMenu.Item>
  );
}
