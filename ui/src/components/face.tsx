import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { useState } from "react";
import { host } from "../api/access";
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
  // Looking is what makes a bridge fetch a picture; the contact changes when it has come. A server has none.
  const known = useQuery({ ...pictureQuery(contact.id, picture), enabled: picture !== "" || host() === "bridge" });
  const url = useObjectUrl(known.data);
  const [broken, setBroken] = useState<string | null>(null);
  const group = contact.kind === "group";
  if (url && url !== broken) {
    return (
      <img
        src={url}
        alt=""
        draggable={false}
        data-testid="face"
        onError={() => setBroken(url)}
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
