import type { Message, Scope } from "../../../api/model";

/** A message as everybody else gets it: kind and time, but none of its words. */
export function withoutWords(message: Message): Message {
  const content = message.details?.content;
  return {
    ...message,
    text: null,
    details:
      content?.type === "file"
        ? { content: { ...content, file_name: null, thumbnail: null, state: { at: "withheld" } } }
        : {},
  };
}

/** What the team would see of these messages. `from`: sharing begins now, so nothing of before is seen. */
export function seen(messages: readonly Message[], scope: Scope, before: Scope, earlier: boolean): Message[] {
  const rank: Record<Scope, number> = { private: 0, metadata: 1, shared: 2 };
  // Going up without what was said before: the old messages stay as they are seen now.
  const shown = rank[scope] > rank[before] && !earlier ? before : scope;
  if (shown === "private") return [];
  return shown === "metadata" ? messages.map(withoutWords) : [...messages];
}

export function isLess(next: Scope, before: Scope): boolean {
  const order: Scope[] = ["private", "metadata", "shared"];
  return order.indexOf(next) < order.indexOf(before);
}
