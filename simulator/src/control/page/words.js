// What a message says, in one line or in a bubble.
export function saying(message) {
  switch (message.kind) {
    case "text":
    case "edit":
      return { text: message.text, odd: false };
    case "media":
      return { text: message.text ? `${message.media.kind}: ${message.text}` : `A file: ${message.media.kind}`, odd: true };
    case "location":
      return { text: `A place: ${message.location.name ?? `${message.location.latitude}, ${message.location.longitude}`}`, odd: true };
    case "contact":
      return { text: `A contact: ${message.contact.name}`, odd: true };
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
