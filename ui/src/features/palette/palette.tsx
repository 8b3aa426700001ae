import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import type { LucideIcon } from "lucide-react";
import { Keyboard, SunMoon } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as desk from "../../api/desk";
import { Avatar } from "../../components/avatar";
import { Name } from "../../components/name";
import { setTheme } from "../../components/theme";
import { contactPhone } from "../../text/phone";

interface PaletteProps {
  places: { to: string; name: "inbox" | "tickets" | "contacts" | "safety" | "settings" | "admin"; icon: LucideIcon }[];
  onClose: () => void;
  onShortcuts: () => void;
}

const FOUND_MAX = 6;

export function Palette({ places, onClose, onShortcuts }: PaletteProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  const [chosen, setChosen] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), 120);
    return () => clearTimeout(timer);
  }, [typed]);
  const chats = useQuery({
    queryKey: ["palette", "chats", q],
    queryFn: ({ signal }) => desk.conversations("all", q, null, { signal }),
    placeholderData: (old) => old,
  });
  const people = useQuery({
    queryKey: ["palette", "people", q],
    queryFn: ({ signal }) => desk.contacts(q, null, { signal }),
    enabled: q !== "",
    placeholderData: (old) => old,
  });
  const go = (run: () => void) => () => {
    onClose();
    run();
  };
  const matches = (label: string) => label.toLocaleLowerCase().includes(typed.trim().toLocaleLowerCase());
  const commands = [
    ...places.map((place) => ({
      key: place.to,
      label: t("palette.go", { place: t(`nav.${place.name}`) }),
      icon: <place.icon aria-hidden />,
      run: () => void navigate({ to: place.to }),
    })),
    { key: "light", label: t("palette.themeLight"), icon: <SunMoon aria-hidden />, run: () => setTheme("light") },
    { key: "dark", label: t("palette.themeDark"), icon: <SunMoon aria-hidden />, run: () => setTheme("dark") },
    { key: "system", label: t("palette.themeSystem"), icon: <SunMoon aria-hidden />, run: () => setTheme("system") },
    { key: "keys", label: t("palette.shortcuts"), icon: <Keyboard aria-hidden />, run: onShortcuts },
  ].filter((command) => matches(command.label));

  // The best match is chosen until someone walks on.
  const first = chats.data?.items[0]?.id;
  const best = first ? `chat-${first}` : commands[0] ? `command-${commands[0].key}` : "";
  useEffect(() => setChosen(best), [best]);

  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-appear bg-[rgb(8_14_12/0.45)]" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed start-1/2 top-[12vh] z-50 w-[min(600px,calc(100vw-24px))] -translate-x-1/2 animate-appear overflow-hidden rounded-l border border-line bg-surface shadow-float rtl:translate-x-1/2"
        >
          <Dialog.Title className="sr-only">{t("palette.title")}</Dialog.Title>
          <Command shouldFilter={false} value={chosen} onValueChange={setChosen} label={t("palette.title")}>
            <Command.Input
              value={typed}
              onValueChange={setTyped}
              placeholder={t("palette.placeholder")}
              className="h-12 w-full border-line border-b bg-transparent px-4 text-14 focus-visible:shadow-none"
            />
            <Command.List className="scroll-quiet max-h-[min(420px,60vh)] p-2">
              <Command.Empty className="p-6 text-center text-13 text-text-2">{t("palette.none")}</Command.Empty>
              {(chats.data?.items.length ?? 0) > 0 && (
                <Group heading={t("palette.conversations")}>
                  {chats.data?.items.slice(0, FOUND_MAX).map((item) => (
                    <Item
                      key={item.id}
                      value={`chat-${item.id}`}
                      onSelect={go(
                        () =>
                          void navigate({
                            to: "/inbox/$conversationId",
                            params: { conversationId: item.id },
                            search: { view: "all" },
                          }),
                      )}
                    >
                      <Avatar name={item.contact.name} size="s" />
                      <Name className="truncate">{item.contact.name}</Name>
                      {item.ticket && (
                        <span className="ms-auto text-12 text-text-3">
                          {t("ticket.number", { number: item.ticket.number })}
                        </span>
                      )}
                    </Item>
                  ))}
                </Group>
              )}
              {q !== "" && (people.data?.items.length ?? 0) > 0 && (
                <Group heading={t("palette.contacts")}>
                  {people.data?.items.slice(0, FOUND_MAX).map((contact) => (
                    <Item
                      key={contact.id}
                      value={`contact-${contact.id}`}
                      onSelect={go(
                        () => void navigate({ to: "/contacts/$contactId", params: { contactId: contact.id } }),
                      )}
                    >
                      <Avatar name={contact.name} size="s" />
                      <Name className="truncate">{contact.name}</Name>
                      <bdi dir="ltr" className="ms-auto shrink-0 text-12 text-text-3">
                        {contactPhone(contact)}
                      </bdi>
                    </Item>
                  ))}
                </Group>
              )}
              {commands.length > 0 && (
                <Group heading={t("palette.commands")}>
                  {commands.map((command) => (
                    <Item key={command.key} value={`command-${command.key}`} onSelect={go(command.run)}>
                      <span className="grid size-7 place-items-center text-text-2 [&_svg]:size-4">{command.icon}</span>
                      {command.label}
                    </Item>
                  ))}
                </Group>
              )}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-text-2"
    >
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, children }: { value: string; onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="tap flex cursor-pointer items-center gap-3 rounded-s px-2 py-1.5 data-[selected=true]:bg-selected"
    >
      {children}
    </Command.Item>
  );
}
