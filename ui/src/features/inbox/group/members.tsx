import { Megaphone, MessageSquare, Search, UserRoundX } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Group, GroupMember } from "../../../api/model";
import { IconButton } from "../../../components/button";
import { Dialog } from "../../../components/dialog";
import { Tag } from "../../../components/tag";
import { wholeNumber } from "../../../i18n/format";
import { prettyPhone } from "../../../text/phone";
import { safeName, safeText } from "../../../text/untrusted";
import { memberName } from "./sender";
import { SenderFace } from "./sender-face";

/** From so many on one looks for a person rather than reading the list. */
const SEARCH_FROM = 12;

interface MembersProps {
  group: Group;
  /** Null where no chat can be started from here. */
  onChat: ((phone: string) => void) | null;
  onClose: () => void;
}

/** Who is in the group. */
export function Members({ group, onChat, onClose }: MembersProps) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const shown = useMemo(() => found(group.members, wanted), [group.members, wanted]);
  return (
    <Dialog open onOpenChange={onClose} title={safeName(group.subject)} className="grid-rows-[auto_minmax(0,1fr)]">
      <div className="grid min-h-0 content-start gap-3" data-testid="members">
        {group.description && (
          <p
            dir="auto"
            className="max-h-32 overflow-y-auto whitespace-pre-wrap break-words rounded-m bg-surface-2 p-3 text-13"
          >
            {safeText(group.description)}
          </p>
        )}
        {!group.member && (
          <Fact icon={<UserRoundX />} tone="text-warn">
            {t("group.leftHint")}
          </Fact>
        )}
        {group.announce_only && <Fact icon={<Megaphone />}>{t("group.announce")}</Fact>}
        <h3 className="font-semibold text-12 text-text-2 tracking-normal">
          {t("group.count", { count: group.members.length, formatted: wholeNumber(group.members.length) })}
        </h3>
        {group.members.length >= SEARCH_FROM && (
          <label className="flex items-center gap-2 rounded-s bg-surface-2 px-3 focus-within:shadow-focus">
            <Search aria-hidden className="size-4 shrink-0 text-text-2" />
            <span className="sr-only">{t("group.search")}</span>
            <input
              type="search"
              value={wanted}
              placeholder={t("group.search")}
              onChange={(event) => setWanted(event.target.value)}
              className="tap h-9 min-w-0 flex-1 bg-transparent text-13 focus-visible:shadow-none"
            />
          </label>
        )}
        {shown.length === 0 ? (
          <p role="status" className="py-4 text-center text-13 text-text-2">
            {t("group.nobody")}
          </p>
        ) : (
          <ul
            aria-label={t("group.members")}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
            tabIndex={0}
            className="scroll-quiet focus-inset -mx-2 max-h-[46dvh] min-h-0 rounded-s px-2"
          >
            {shown.map((member) => (
              <Member key={member.id} member={member} onChat={onChat} />
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

function found(members: readonly GroupMember[], wanted: string): readonly GroupMember[] {
  const words = wanted.trim().toLocaleLowerCase();
  if (words === "") return members;
  const digits = words.replace(/\D/g, "");
  return members.filter(
    (member) =>
      member.name.toLocaleLowerCase().includes(words) || (digits !== "" && (member.phone ?? "").includes(digits)),
  );
}

function Fact({ icon, tone = "text-text-2", children }: { icon: React.ReactNode; tone?: string; children: string }) {
  return (
    <p className={`flex items-start gap-2 text-13 ${tone} [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0`}>
      <span aria-hidden>{icon}</span>
      {children}
    </p>
  );
}

function Member({ member, onChat }: { member: GroupMember; onChat: MembersProps["onChat"] }) {
  const { t } = useTranslation();
  const name = memberName(member);
  const phone = member.phone ?? null;
  const named = member.name.trim() !== "";
  return (
    <li data-testid="member" className="flex min-h-12 items-center gap-3 py-1">
      <SenderFace id={member.id} name={name ?? ""} />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium text-14">
          <bdi>{member.me ? t("common.you") : (name ?? t("group.hidden"))}</bdi>
        </span>
        {phone && (named || member.me) && (
          <bdi dir="ltr" className="block truncate text-12 text-text-2">
            {prettyPhone(phone)}
          </bdi>
        )}
      </span>
      {member.admin && <Tag tone="accent">{t("group.admin")}</Tag>}
      {onChat && phone && !member.me && (
        <IconButton
          label={t("group.chat", { name: name ?? prettyPhone(phone) })}
          icon={<MessageSquare />}
          onClick={() => onChat(phone)}
        />
      )}
    </li>
  );
}
