import { User } from "lucide-react";
import { cx } from "../../../components/cx";
import { initials } from "../../../text/untrusted";
import { toneColour } from "./sender";

/** A member's initials in the member's colour. Says nothing: the name stands beside it. */
export function SenderFace({ id, name, small = false }: { id: string; name: string; small?: boolean }) {
  const colour = toneColour(id);
  const letters = initials(name);
  return (
    <span
      aria-hidden
      className={cx(
        "grid shrink-0 select-none place-items-center rounded-full font-semibold",
        small ? "size-7 text-11" : "size-9 text-13",
      )}
      style={{ color: colour, background: `color-mix(in srgb, ${colour} 14%, var(--surface))` }}
    >
      {letters === "#" ? <User className="size-1/2" strokeWidth={2} /> : letters}
    </span>
  );
}
