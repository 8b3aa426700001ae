// What a message says, in one line.
const FILES = { image: "📷 Picture", video: "🎬 Video", audio: "🎵 Audio", voice: "🎤 Voice message", document: "📄 Document", sticker: "💟 Sticker" };

/** `odd` are words of this page, not of the message. */
export function saying(message) {
  if (message.revoked) return { text: "This message was deleted", odd: true };
  switch (message.kind) {
    case "text":
    case "edit":
      return { text: message.text, odd: false };
    case "media":
      return { text: [FILES[message.media.kind] ?? "A file", message.text ?? message.media.file_name].filter(Boolean).join(": "), odd: true };
    case "location":
      return { text: `📍 ${message.location.name ?? `${message.location.latitude}, ${message.location.longitude}`}`, odd: true };
    case "contact":
      return { text: `👤 ${message.contact.name}`, odd: true };
    case "contacts":
      return { text: `👥 ${message.contacts.map((contact) => contact.name).join(", ")}`, odd: true };
    case "poll":
      return { text: `📊 ${message.poll.question}`, odd: true };
    case "poll_vote":
      return { text: "Voted in a poll", odd: true };
    case "list_answer":
    case "button_answer":
      return { text: `Chose: ${message.text}`, odd: true };
    case "reaction":
      return { text: message.reaction.emoji ? `Reacted with ${message.reaction.emoji}` : "Took a reaction back", odd: true };
    case "revoke":
      return { text: "Deleted a message", odd: true };
    default:
      return { text: `Something this page cannot show (${message.other ?? message.kind})`, odd: true };
  }
}

export function preview(message) {
  const { text } = saying(message);
  return message.direction === "out" ? `You: ${text}` : text;
}

export function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes ?? 0;
  while (value >= 1000 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value < 10 && units[0] !== "B" ? value.toFixed(1) : Math.round(value)} ${units[0]}`;
}
