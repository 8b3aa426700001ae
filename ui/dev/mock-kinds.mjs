// One message of every kind and every state, for drawing. Never part of a build.
// @ts-check
import { deflateSync } from "node:zlib";

const THUMBNAIL =
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAMABADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwCJIaspD7VIiirCKK5q02YYeoz/2Q==";
const wave = Array.from({ length: 64 }, (_, n) => Math.round(20 + 60 * Math.abs(Math.sin(n / 3) * Math.cos(n / 11))));
const file = (/** @type {object} */ more) => ({
  type: "file",
  mime: "image/jpeg",
  size: 245_300,
  thumbnail: THUMBNAIL,
  state: { at: "here" },
  ...more,
});
const picture = (/** @type {object} */ more) => file({ width: 1280, height: 960, ...more });
const soon = Date.now() + 6 * 60_000;

/** @type {[string, "in" | "out" | "phone", string | null, object, object?][]} */
export const kinds = [
  ["image", "in", "The label on the box", { content: picture({}) }],
  ["image", "in", null, { content: picture({ width: 700, height: 1200, state: { at: "fetching" } }) }],
  ["image", "in", null, { content: picture({ state: { at: "failed", code: "media_unavailable" } }) }],
  ["image", "in", null, { content: picture({ state: { at: "gone" } }) }],
  ["image", "in", null, { content: picture({ thumbnail: null, state: { at: "withheld" } }) }],
  ["sticker", "in", null, { content: file({ mime: "image/webp", width: 512, height: 512 }) }],
  [
    "video",
    "in",
    "How it fell over",
    {
      content: file({
        mime: "video/mp4",
        width: 1280,
        height: 720,
        seconds: 34,
        size: 4_600_000,
        state: { at: "remote" },
      }),
    },
  ],
  [
    "voice",
    "in",
    null,
    {
      content: file({
        mime: "audio/ogg; codecs=opus",
        seconds: 41,
        waveform: wave,
        thumbnail: null,
        state: { at: "remote" },
      }),
    },
  ],
  [
    "voice",
    "out",
    null,
    { content: file({ mime: "audio/ogg; codecs=opus", seconds: 7, waveform: wave.toReversed(), thumbnail: null }) },
    { status: "played" },
  ],
  [
    "audio",
    "in",
    null,
    {
      content: file({
        mime: "audio/mpeg",
        seconds: 182,
        file_name: "Jingle.mp3",
        thumbnail: null,
        state: { at: "remote" },
      }),
    },
  ],
  [
    "document",
    "in",
    "The signed contract",
    {
      content: file({
        mime: "application/pdf",
        file_name: "Contract 2026, signed by both.pdf",
        size: 1_440_000,
        thumbnail: null,
      }),
    },
  ],
  [
    "document",
    "in",
    null,
    {
      content: file({
        mime: "application/x-msdownload",
        file_name: "invoice\u202egpj.exe",
        size: 74_000,
        thumbnail: null,
      }),
    },
  ],
  [
    "location",
    "in",
    null,
    {
      content: {
        type: "place",
        latitude: -23.5614,
        longitude: -46.6559,
        name: "MASP",
        address: "Av. Paulista 1578, São Paulo",
      },
    },
  ],
  [
    "contact_card",
    "in",
    null,
    {
      content: {
        type: "cards",
        cards: [
          {
            name: "Rosa Paredes",
            phones: ["+34612345678"],
            emails: ["rosa@example.com"],
            organisation: "Paredes Hnos.",
          },
          { name: "Olu Adeyemi", phones: ["+2348012345678"], emails: [] },
        ],
      },
    },
  ],
  [
    "poll",
    "in",
    null,
    {
      content: {
        type: "poll",
        question: "When shall the courier come?",
        choose: 1,
        options: [
          { text: "Morning", votes: 1 },
          { text: "Afternoon", votes: 3 },
          { text: "Evening", votes: 0 },
        ],
      },
    },
  ],
  [
    "choice",
    "in",
    "Talk to a person",
    { content: { type: "choice", id: "human", description: "We answer until 18:00" } },
  ],
  ["view_once", "in", null, {}],
  ["unknown", "in", null, { content: { type: "other", name: "eventMessage" } }],
  ["undecryptable", "in", null, {}],
  ["revoked", "in", null, { revoked_at: 1 }],
  ["revoked", "out", null, { revoked_at: 1 }],
  ["gap", "in", null, {}],
  ["text", "in", "Look at this offer", { forwarded: true }],
  [
    "text",
    "out",
    "We open at nine, not at eight.",
    { edited_at: Date.now() - 1000, reactions: [{ emoji: "👍", direction: "inbound", at: 1 }] },
  ],
  [
    "text",
    "in",
    "Great, see you then",
    {
      reply_to: {
        wa_id: "x",
        message_id: "-2",
        direction: "outbound",
        kind: "text",
        preview: "We open at nine, not at eight.",
      },
      reactions: [
        { emoji: "❤️", direction: "outbound", at: 1 },
        { emoji: "❤️", direction: "inbound", at: 1 },
      ],
    },
  ],
  ["image", "phone", "Sent from the phone", { content: picture({ width: 1600, height: 700 }) }],
  [
    "text",
    "out",
    "Your order has left the warehouse.",
    { hold: { code: "chat_pace", detail: "…", until: soon } },
    { status: "queued" },
  ],
  [
    "text",
    "out",
    "And here is the invoice.",
    {},
    { status: "failed", failure: { code: "refused_by_whatsapp", detail: "", retryable: true } },
  ],
];

/** A picture with something in it: a PNG of bands. */
export function png(width = 640, height = 480) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const hill = Math.sin(x / 60) * 40 + height * 0.6;
      rows[at] = y > hill ? 40 + (x >> 4) : 150 + (y >> 3);
      rows[at + 1] = y > hill ? 110 : 190;
      rows[at + 2] = y > hill ? 70 : 215;
    }
  }
  const chunk = (/** @type {string} */ name, /** @type {Buffer} */ data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc(/** @type {Buffer} */ bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ -1) >>> 0;
}

/** Two seconds of a tone that swells, as a WAV. */
export function tone(seconds = 2, rate = 16_000) {
  const data = Buffer.alloc(seconds * rate * 2);
  for (let n = 0; n < seconds * rate; n += 1)
    data.writeInt16LE(Math.round(9000 * Math.sin(n / 6) * Math.sin(n / rate)), n * 2);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
