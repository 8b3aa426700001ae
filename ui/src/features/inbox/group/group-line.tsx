import { useTranslation } from "react-i18next";
import type { Group } from "../../../api/model";
import { wholeNumber } from "../../../i18n/format";
import { memberName } from "./sender";

const NAMED = 12;

interface GroupLineProps {
  group: Group | undefined;
  onOpen: () => void;
}

/** Under a group's name: how many there are and who, one press away from all of them. */
export function GroupLine({ group, onOpen }: GroupLineProps) {
  const { t } = useTranslation();
  if (!group) return <>{t("contact.group")}</>;
  const names = group.members
    .filter((member) => !member.me)
    .slice(0, NAMED)
    .map((member) => memberName(member, 24))
    .filter((name) => name !== null);
  const count = t("group.count", { count: group.members.length, formatted: wholeNumber(group.members.length) });
  return (
    <button
      type="button"
      data-testid="group-line"
      onClick={onOpen}
      aria-label={t("group.open", { count })}
      className="block max-w-full truncate rounded-s text-start hover:text-text hover:underline"
    >
      <bdi>{group.member ? count : t("group.left")}</bdi>
      {names.length > 0 && <bdi> · {names.join(", ")}</bdi>}
    </button>
  );
}
