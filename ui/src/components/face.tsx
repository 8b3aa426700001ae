import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { useState } from "react";
import type { Contact } from "../api/model";
import { pictureQuery } from "../api/queries";
import { Avatar, SIZES } from "./avatar";
import { cx } from "./cx";
import { useObjectUrl } from "./object-url";

interface FaceProps {
  contact: Pick<Contact, "id" | "name" | "kind" | "picture_id">;
  size?: keyof typeof SIZES;
  className?: string;
}

/** A contact's picture where one is known, else initials, for a group its sign. Says nothing: the name stands beside it. */
export function Face({ contact, size = "m", className }: FaceProps) {
  const picture = contact.picture_id ?? "";
  const known = useQuery({ ...pictureQuery(contact.id, picture), enabled: picture !== "" });
  const url = useObjectUrl(known.data);
  const [broken, setBroken] = useState(false);
  const group = contact.kind === "group";
  if (url && !broken) {
    return (
      <img
        src={url}
        alt=""
        draggable={false}
        data-testid="face"
        onError={() => setBroken(true)}
        className={cx("shrink-0 rounded-full bg-surface-2 object-cover", SIZES[size], className)}
      />
    );
  }
  if (!group) return <Avatar name={contact.name} size={size} {...(className ? { className } : {})} />;
  return (
    <span
      aria-hidden
      className={cx(
        "grid shrink-0 place-items-center rounded-full bg-info-soft text-info [&_svg]:size-1/2",
        SIZES[size],
        className,
      )}
    >
      <Users strokeWidth={1.8} />
    </span>
  );
}
