import { Plus, X } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../../../api/model";
import { overPage } from "../../../components/portal";
import { useChat } from "../chat-context";

const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const MORE =
  "😀 😃 😄 😁 😅 🤣 😊 🙂 😉 😍 🥰 😘 😎 🤔 🤨 😐 🙄 😬 😴 🤗 🤝 👏 🙌 👌 ✌️ 🤞 💪 👀 👋 ✅ ❌ ❗ ❓ ⭐ 🔥 🎉 🎁 💯 💡 📌 📎 📞 📦 🚚 🛒 💳 💰 📅 ⏰ ⏳ 🏠 🚗 ✈️ ☕ 🌹 💐 🎂 🥳 😡 😭 😱 🤯 🤦 🤷".split(
    " ",
  );

export interface PickerAt {
  message: Message;
  from: HTMLElement;
}

/** Six that nearly always do, and more. The arrow keys walk; what is on already comes off. */
export function ReactionPicker({ at, onClose }: { at: PickerAt; onClose: () => void }) {
  const { t } = useTranslation();
  const { react } = useChat();
  const [more, setMore] = useState(false);
  const own = at.message.details?.reactions?.find((reaction) => reaction.direction === "outbound")?.emoji;
  const bubble = at.from.closest<HTMLElement>("[data-id]");
  const choose = (emoji: string) => {
    react(at.message, emoji === own ? "" : emoji);
    onClose();
  };
  const button =
    "tap grid size-9 place-items-center rounded-full text-20 hover:bg-hover aria-pressed:bg-accent-soft [&_svg]:size-4 [&_svg]:text-text-2";
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Anchor virtualRef={{ current: at.from }} />
      <Popover.Portal container={overPage()}>
        <Popover.Content
          aria-label={t("message.react")}
          side="top"
          sideOffset={6}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            bubble?.focus({ preventScroll: true });
          }}
          onKeyDown={walk}
          className="z-50 max-w-[min(364px,calc(100vw-16px))] animate-appear rounded-l border border-line bg-surface p-1 shadow-float outline-none focus-visible:shadow-float"
        >
          <div className="flex items-center">
            {QUICK.map((emoji) => (
              <button
                key={emoji}
                type="button"
                aria-pressed={emoji === own}
                className={button}
                onClick={() => choose(emoji)}
              >
                {emoji}
              </button>
            ))}
            <button
              type="button"
              aria-label={more ? t("reaction.fewer") : t("reaction.more")}
              aria-expanded={more}
              className={button}
              onClick={() => setMore(!more)}
            >
              {more ? <X aria-hidden /> : <Plus aria-hidden />}
            </button>
          </div>
          {more && (
            <div className="mt-1 flex max-h-[232px] flex-wrap overflow-y-auto border-line border-t pt-1">
              {MORE.map((emoji) => (
                <button
                  key={emoji}
                  type="button"
                  aria-pressed={emoji === own}
                  className={button}
                  onClick={() => choose(emoji)}
                >
                  {emoji}
                </button>
              ))}
            </div>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function walk(event: React.KeyboardEvent<HTMLDivElement>): void {
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (by === 0) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("button")];
  const at = all.indexOf(document.activeElement as HTMLButtonElement);
  all[(at + by + all.length) % all.length]?.focus();
  event.preventDefault();
}
