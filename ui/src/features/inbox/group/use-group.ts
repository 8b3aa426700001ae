import { useQuery } from "@tanstack/react-query";
import { host } from "../../../api/access";
import type { ConversationItem, Group } from "../../../api/model";
import { groupQuery } from "../../../api/queries";

/** Who is in the group. Only the owner's machine knows; absent elsewhere, and in a chat between two. */
export function useGroup(conversation: ConversationItem): Group | undefined {
  const asked = host() === "bridge" && conversation.contact.kind === "group";
  return useQuery({ ...groupQuery(conversation.id), enabled: asked }).data;
}
