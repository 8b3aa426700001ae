// A WhatsApp client that Ownline does not use, against Ownline's simulator: `node run.mjs [path of ownline-simulator]`.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, decryptPollVote, Status, textOf, trust, verified } from "./client.mjs";
import { findProgram, Simulator } from "./simulator.mjs";
import { groups } from "./groups.mjs";
import { eventually, Stopped, Story } from "./story.mjs";

const ANA = "5511988887777";
const JOANA = "5511912345678";
const TOM = "4915112345678";
const SHOP = "351910000000";
const RUI = "351910000001";
const EVA = "351910000002";
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const jid = (number) => `${number}@s.whatsapp.net`;

const simulator = new Simulator(findProgram(process.argv[2]));
const story = new Story();
const clients = [];

function client(name, wishes) {
  const made = new Client(join(simulator.folder, name), simulator.ws, wishes);
  clients.push(made);
  return made;
}

async function link(session, number) {
  await session.connect();
  const qr = await session.until("a linking code", () => session.codes.at(-1));
  const linked = await simulator.post(`/phones/${number}/scan`, { qr });
  await session.until("the session to be open after the restart", () => session.isOpen());
  return linked;
}

const deviceOf = (session) => Number(session.me.id.match(/:(\d+)@/)[1]);
const writes = (customer, to, text) => simulator.post(`/customers/${customer}/messages`, { to, text }).then(({ id }) => id);
const hasTexts = (session, expected, fromMe = false) => session.until(`the texts ${JSON.stringify(expected)}`, () => {
  const texts = session.texts(fromMe);
  return expected.every((text) => texts.includes(text));
});
const statusSeen = (customer, id) => simulator.get(`/customers/${customer}/messages?with=${ANA}`).then((chat) => chat.find((message) => message.id === id)?.status);

async function tell() {
  await simulator.start();
  const { root_key: rootKey } = await simulator.get("/root-key");
  await simulator.post("/phones", { number: ANA, name: "Ana Moura" });
  await simulator.post("/customers", { number: JOANA, name: "Joana Silva" });
  await simulator.post("/customers", { number: TOM, name: "Tom Weber" });

  await story.tell("a client that trusts another root refuses the network", async () => {
    const stranger = client("stranger");
    await stranger.connect();
    await stranger.until("the refusal", () => stranger.ended() !== undefined || stranger.connections.some((update) => update.connection === "close"));
    assert.equal(stranger.codes.length, 0, "a code was shown over an untrusted connection");
    await stranger.disconnect();
  });
  trust(rootKey);

  const desk = client("desk");
  await story.tell("a code is scanned and the session opens after the restart", async () => {
    const linked = await link(desk, ANA);
    assert.ok(linked.device >= 1, JSON.stringify(linked));
    assert.equal(desk.me.id, `${ANA}:${linked.device}@s.whatsapp.net`);
    assert.match(desk.me.lid, /^\d+(:\d+)?@lid$/);
    assert.ok(verified.count >= 3, `${verified.count} signatures were verified: certificate, its issuer, the phone`);
  });

  await story.tell("a code that was used, or is none, is refused", async () => {
    for (const [qr, statuses] of [[desk.codes[0], [404, 409, 410]], ["hello", [409]], ["2@AAAA,BBBB,CCCC,DDDD,1", [404, 409]]]) {
      await assert.rejects(simulator.post(`/phones/${ANA}/scan`, { qr }), ({ status }) => statuses.includes(status));
    }
  });

  let first;
  await story.tell("a customer's text arrives, and its delivery is confirmed", async () => {
    first = await writes(JOANA, ANA, "Olá! Where is my order? 📦");
    await hasTexts(desk, ["Olá! Where is my order? 📦"]);
    const message = desk.messages.find((candidate) => candidate.key.id === first);
    assert.ok(message, "the id is the one that was answered");
    assert.equal(message.pushName, "Joana Silva");
    await eventually("the customer to see it delivered", async () => (await statusSeen(JOANA, first)) === "delivered");
  });

  await story.tell("reading gives the customer blue ticks", async () => {
    await desk.socket.readMessages([desk.messages.find((message) => message.key.id === first).key]);
    await eventually("the customer to see it read", async () => (await statusSeen(JOANA, first)) === "read");
  });

  let reply;
  await story.tell("a reply reaches the customer, and is acknowledged and delivered", async () => {
    const sender = desk.messages.find((message) => message.key.id === first).key.remoteJid;
    reply = (await desk.socket.sendMessage(sender, { text: "It is on its way." })).key.id;
    const [seen] = await eventually("the customer to have it", async () => {
      const chat = await simulator.received(JOANA, ANA);
      return chat.length > 0 && chat;
    });
    assert.equal(seen.text, "It is on its way.");
    assert.equal(seen.id, reply);
    await desk.until("the delivery tick", () => desk.statusOf(reply) >= Status.DELIVERY_ACK);
  });

  await story.tell("the customer's reading turns the reply's ticks blue", async () => {
    await simulator.post(`/customers/${JOANA}/read`, { to: ANA, ids: [reply] });
    await desk.until("the read tick", () => desk.statusOf(reply) >= Status.READ);
  });

  await story.tell("typing is seen both ways", async () => {
    await simulator.post(`/customers/${JOANA}/typing`, { to: ANA, state: "composing" });
    const composing = (update) => Object.values(update.presences).some(({ lastKnownPresence }) => lastKnownPresence === "composing");
    await desk.until("the customer's typing", () => desk.presence.some(composing));
    await simulator.post(`/customers/${JOANA}/typing`, { to: ANA, state: "paused" });
    const events = await fetch(`${simulator.control}/events`);
    const heard = hears(events, (event) => event.type === "typing" && event.number === JOANA && event.from === ANA && event.state === "composing");
    await desk.socket.sendPresenceUpdate("composing", jid(JOANA));
    await heard;
  });

  await story.tell("a conversation can begin at the client, by telephone number", async () => {
    const { id } = (await desk.socket.sendMessage(jid(TOM), { text: "Hello Tom, this is Ana." })).key;
    await eventually("the customer to have it", async () => (await simulator.received(TOM, ANA)).some((message) => message.id === id && message.text === "Hello Tom, this is Ana."));
    await desk.until("the delivery tick", () => desk.statusOf(id) >= Status.DELIVERY_ACK);
    await writes(TOM, ANA, "Hello Ana!");
    await hasTexts(desk, ["Hello Ana!"]);
  });

  await story.tell("who is on WhatsApp is told from who is not", async () => {
    const found = await desk.socket.onWhatsApp(jid(JOANA), jid("390612345678"));
    const known = found.filter(({ exists }) => exists).map((result) => result.jid);
    assert.deepEqual(known, [jid(JOANA)]);
  });

  await story.tell("a long text and a text of many scripts keep every character", async () => {
    const texts = ["x".repeat(60_000), "नमस्ते 🙏🏽 مرحبا 你好\n\t«»"];
    for (const text of texts) await writes(JOANA, ANA, text);
    await hasTexts(desk, texts);
    const sender = desk.messages.find((message) => message.key.id === first).key.remoteJid;
    for (const text of texts) await desk.socket.sendMessage(sender, { text });
    await eventually("the customer to have both", async () => {
      const chat = (await simulator.received(JOANA, ANA)).map((message) => message.text);
      return texts.every((text) => chat.includes(text));
    });
  });

  await story.tell("reactions, corrections and deletions mean the same on both sides", async () => {
    const { key } = desk.messages.find((message) => message.key.id === first);
    await desk.socket.sendMessage(key.remoteJid, { react: { key, text: "👍" } });
    const draft = await desk.socket.sendMessage(key.remoteJid, { text: "On Tuesday." });
    await desk.socket.sendMessage(key.remoteJid, { text: "On Wednesday.", edit: draft.key });
    await desk.socket.sendMessage(key.remoteJid, { delete: draft.key });
    const kinds = await eventually("the customer to have them all", async () => {
      const chat = (await simulator.received(JOANA, ANA)).filter(({ kind }) => ["reaction", "edit", "revoke"].includes(kind));
      return chat.length === 3 && chat;
    });
    assert.deepEqual(kinds.map((message) => message[message.kind]), [{ id: first, emoji: "👍" }, { id: draft.key.id, text: "On Wednesday." }, { id: draft.key.id }]);

    const say = (content) => simulator.post(`/customers/${JOANA}/messages`, { to: ANA, ...content });
    const { id } = await say({ text: "Thank" });
    await say({ reaction: { id: reply, emoji: "🙏" } });
    await say({ edit: { id, text: "Thanks" } });
    await say({ location: { latitude: 38.7, longitude: -9.1, name: "Lisboa" } });
    await say({ contact: { name: "Tom", number: TOM } });
    const has = (what, fits) => desk.until(what, () => desk.messages.some(({ message }) => message && fits(message)));
    await has("the reaction", ({ reactionMessage }) => reactionMessage?.text === "🙏" && reactionMessage.key.id === reply);
    await has("the place", ({ locationMessage }) => locationMessage?.name === "Lisboa");
    await has("the contact", ({ contactMessage }) => contactMessage?.vcard.includes(`waid=${TOM}`));
    await desk.until("the correction", () => desk.updates.some(({ key: edited, update }) => edited.id === id && update.message?.editedMessage?.message?.conversation === "Thanks"));
    await say({ revoke: { id } });
    await desk.until("the deletion", () => desk.updates.some(({ key: gone, update }) => gone.id === id && update.message === null));
  });

  const say = (content) => simulator.post(`/customers/${JOANA}/messages`, { to: ANA, ...content }).then(({ id }) => id);
  const saying = async (content) => desk.message(await say(content));
  const kinds = [["image", "imageMessage"], ["video", "videoMessage"], ["audio", "audioMessage"], ["voice", "audioMessage"], ["document", "documentMessage"], ["sticker", "stickerMessage"]];
  await story.tell("a customer's files arrive, whole and as they were", async () => {
    for (const [kind, field] of kinds) {
      const message = await saying({ media: { kind, generated: { bytes: 150_000, seed: 5 } } });
      const part = message.message[field];
      assert.ok(part, `${kind} came as ${Object.keys(message.message)}`);
      assert.equal(part.ptt ?? false, kind === "voice");
      const bytes = await desk.file(message);
      assert.equal(bytes.length, Number(part.fileLength), kind);
      assert.equal(sha256(bytes), Buffer.from(part.fileSha256).toString("hex"), kind);
      if (kind === "image") assert.deepEqual([...part.jpegThumbnail.slice(0, 2)], [0xff, 0xd8]);
    }
    const bytes = Buffer.from("Total: 12,50 €");
    const file = { kind: "document", data: bytes.toString("base64"), mime: "text/plain", file_name: "receipt.txt", caption: "The receipt" };
    const inner = (await saying({ media: file })).message.documentWithCaptionMessage.message;
    assert.deepEqual([inner.documentMessage.fileName, inner.documentMessage.caption], ["receipt.txt", "The receipt"]);
    assert.ok((await desk.file({ message: inner })).equals(bytes));
  });

  await story.tell("the client's files arrive at the customer, are fetched and verified", async () => {
    const { remoteJid } = desk.messages.find((message) => message.key.id === first).key;
    const jpeg = await desk.file(await saying({ media: { kind: "image", generated: {} } }));
    const noise = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, index) => (index * index) % 251));
    const sent = {
      image: { image: jpeg, caption: "Look", jpegThumbnail: "" },
      document: { document: noise, mimetype: "application/zip", fileName: "noise.zip" },
      voice: { audio: noise, ptt: true, seconds: 3, mimetype: "audio/ogg; codecs=opus", waveform: new Uint8Array(64) },
      sticker: { sticker: noise },
    };
    for (const [kind, content] of Object.entries(sent)) {
      const { id } = (await desk.socket.sendMessage(remoteJid, content)).key;
      const seen = await eventually(`the customer to have fetched the ${kind}`, async () => {
        const message = (await simulator.received(JOANA, ANA)).find((candidate) => candidate.id === id);
        return message?.media?.fetched && message;
      });
      assert.deepEqual(seen.media.fetched, { state: "verified" }, kind);
      assert.equal(seen.media.kind, kind);
      assert.equal(seen.media.sha256, sha256(content.image ?? content.document ?? content.audio ?? content.sticker), kind);
    }
    assert.equal((await simulator.received(JOANA, ANA)).find(({ media }) => media?.kind === "image").text, "Look");
  });

  await story.tell("a file whose path has expired is had again from the phone, unless the phone has it no more", async () => {
    const message = await saying({ media: { kind: "document", generated: { bytes: 20_000 } } });
    const before = await desk.file(message);
    await simulator.post("/faults", { expired_media: true });
    await assert.rejects(desk.file(message));
    assert.ok((await desk.renewedFile(message)).equals(before));
    await simulator.post("/faults", { expired_media: { lost: true } });
    await assert.rejects(desk.renewedFile(message));
  });

  await story.tell("quotes point at what they answer, both ways", async () => {
    const { message } = await saying({ text: "This one", quote: { id: reply } });
    const { contextInfo } = message.extendedTextMessage;
    assert.deepEqual([contextInfo.stanzaId, contextInfo.quotedMessage.conversation], [reply, "It is on its way."]);
    const quoted = desk.messages.find((candidate) => candidate.key.id === first);
    const { id } = (await desk.socket.sendMessage(quoted.key.remoteJid, { text: "That order" }, { quoted })).key;
    const seen = await eventually("the customer to have it", async () => (await simulator.received(JOANA, ANA)).find((candidate) => candidate.id === id));
    assert.equal(seen.quote.id, first);
    assert.match(seen.quote.text, /^Olá!/);
  });

  await story.tell("a poll is asked and answered, both ways", async () => {
    const question = await saying({ poll: { question: "When?", options: ["Monday", "Tuesday"], max: 1 } });
    assert.deepEqual(question.message.pollCreationMessageV3.options.map(({ optionName }) => optionName), ["Monday", "Tuesday"]);
    assert.equal(question.message.messageContextInfo.messageSecret.length, 32);
    const { remoteJid } = question.key;
    const poll = await desk.socket.sendMessage(remoteJid, { poll: { name: "Which?", values: ["Red", "Blue"], selectableCount: 1 } });
    await eventually("the customer to have it", async () => (await simulator.received(JOANA, ANA)).some(({ id }) => id === poll.key.id));
    const vote = await saying({ poll_vote: { id: poll.key.id, options: ["Blue"] } });
    const update = vote.message.pollUpdateMessage;
    const secret = poll.message.messageContextInfo.messageSecret;
    const creators = { pollCreatorJid: jid(ANA), voterJid: jid(JOANA), pollMsgId: poll.key.id, pollEncKey: secret };
    assert.deepEqual(decryptPollVote(update.vote, creators).selectedOptions.map((hash) => Buffer.from(hash).toString("hex")), [sha256("Blue")]);
    const seen = (await simulator.get(`/customers/${JOANA}/messages?with=${ANA}`)).find(({ id }) => id === poll.key.id);
    assert.deepEqual(seen.poll.votes, [{ from: JOANA, options: ["Blue"] }]);
  });

  await story.tell("what can be seen once, answers to menus and kinds to come do no harm", async () => {
    await say({ media: { kind: "image", generated: {}, view_once: true } });
    await saying({ list_answer: { title: "Delivery", row_id: "1" } });
    await saying({ button_answer: { text: "Yes", id: "1" } });
    await saying({ contacts: [{ name: "Tom", number: TOM }, { name: "Shop", number: SHOP }] });
    await say({ unknown: {} });
    await saying({ text: "Still there?" });
    await eventually("everything to be confirmed", async () => (await simulator.get("/state")).phones[0].devices.every(({ queued }) => queued === 0));
  });

  await story.tell("everything works while the phone is off", async () => {
    await simulator.post(`/phones/${ANA}/offline`);
    const id = await writes(JOANA, ANA, "Is your phone off?");
    await hasTexts(desk, ["Is your phone off?"]);
    await eventually("the customer to see it delivered", async () => (await statusSeen(JOANA, id)) === "delivered");
    await desk.socket.sendMessage(desk.messages.at(-1).key.remoteJid, { text: "It is, and here I am." });
    await eventually("the customer to have it", async () => (await simulator.received(JOANA, ANA)).some((message) => message.text === "It is, and here I am."));
    await simulator.post(`/phones/${ANA}/offline`, { offline: false });
  });

  const tablet = client("tablet");
  await story.tell("a second device of the same phone gets its own copies", async () => {
    const linked = await link(tablet, ANA);
    assert.notEqual(linked.device, deviceOf(desk));
    desk.forget();
    await writes(JOANA, ANA, "Are both of you there?");
    await Promise.all([desk, tablet].map((session) => hasTexts(session, ["Are both of you there?"])));
  });

  await story.tell("what one device sends shows up on the other as its own", async () => {
    const sender = desk.messages.at(-1).key.remoteJid;
    await desk.socket.sendMessage(sender, { text: "Both are." });
    await hasTexts(tablet, ["Both are."], true);
    await eventually("the customer to have it once", async () => (await simulator.received(JOANA, ANA)).filter((message) => message.text === "Both are.").length === 1);
  });

  await story.tell("what the phone itself sends shows up on both devices", async () => {
    const { id } = await simulator.post(`/phones/${ANA}/messages`, { to: JOANA, text: "Written on the phone." });
    await Promise.all([desk, tablet].map((session) => hasTexts(session, ["Written on the phone."], true)));
    const seen = await eventually("the customer to have it", async () => (await simulator.received(JOANA, ANA)).find((message) => message.id === id));
    assert.equal(seen.text, "Written on the phone.");
  });

  await story.tell("a message that cannot be decrypted is asked for again", async () => {
    await simulator.post("/faults", { corrupt: { number: ANA, device: deviceOf(desk), times: 1 } });
    await writes(JOANA, ANA, "Damaged on the way.");
    await desk.until("the repetition", () => desk.texts().includes("Damaged on the way.") || desk.updates.some((update) => update.update.message?.conversation === "Damaged on the way."));
    await simulator.call("DELETE", "/faults");
    await writes(JOANA, ANA, "And whole again.");
    await hasTexts(desk, ["And whole again."]);
  });

  await story.tell("messages that came while it was away arrive in order, once, with the saved keys", async () => {
    await desk.disconnect();
    desk.forget();
    const missed = Array.from({ length: 130 }, (_, index) => `While you were away ${index + 1}`);
    for (const text of missed) await writes(JOANA, ANA, text);
    await desk.connect();
    await desk.until("the session to be open", () => desk.isOpen());
    await hasTexts(desk, missed);
    assert.equal(desk.codes.length, 0, "a new code was asked for");
    assert.deepEqual(desk.texts().filter((text) => text.startsWith("While")), missed);
    assert.deepEqual(desk.messages.filter((message) => message.messageStubType).map((message) => message.messageStubParameters), []);
  });

  await story.tell("everything goes on after the network itself was restarted", async () => {
    await Promise.all([desk, tablet].map((session) => session.disconnect()));
    await simulator.stop();
    await simulator.start();
    for (const session of [desk, tablet]) {
      session.forget();
      await session.connect();
      await session.until("the session to be open", () => session.isOpen());
    }
    await writes(JOANA, ANA, "After the restart.");
    await Promise.all([desk, tablet].map((session) => hasTexts(session, ["After the restart."])));
    const sender = desk.messages.find((message) => textOf(message) === "After the restart.").key.remoteJid;
    await desk.socket.sendMessage(sender, { text: "Still here." });
    await eventually("the customer to have it", async () => (await simulator.received(JOANA, ANA)).some((message) => message.text === "Still here."));
  });

  await story.tell("a lost message comes at the next connection", async () => {
    await simulator.post("/faults", { drop: { number: ANA, times: 2 } });
    await writes(JOANA, ANA, "Lost on the way.");
    await eventually("the fault to have struck both devices", async () => (await simulator.get("/state")).faults.length === 0);
    desk.forget();
    await simulator.post("/faults", { cut: { number: ANA, device: deviceOf(desk) } });
    await desk.until("the cut", () => desk.ended() === 428);
    assert.deepEqual(desk.texts(), []);
    desk.forget();
    await desk.connect();
    await hasTexts(desk, ["Lost on the way."]);
  });

  await story.tell("one device is unlinked, the other stays", async () => {
    await simulator.post(`/phones/${ANA}/logout`, { device: deviceOf(tablet) });
    await tablet.until("the end of its session", () => tablet.ended() === 401);
    await writes(JOANA, ANA, "Only you now?");
    await hasTexts(desk, ["Only you now?"]);
    desk.forget();
  });

  await story.tell("many customers at once, every message confirmed", async () => {
    const report = await simulator.post("/load", { to: ANA, customers: 10, messages: 200, timeout_ms: 60_000 });
    assert.equal(report.delivered, 200, JSON.stringify(report));
    // A client confirms what it has before it tells of it.
    await desk.until("all of them to be told", () => new Set(desk.messages.map((message) => message.key.id)).size === 200);
    assert.equal(desk.messages.filter((message) => message.messageStubType).length, 0);
  });

  await story.tell("pictures among many messages can be opened", async () => {
    desk.forget();
    const report = await simulator.post("/load", { to: ANA, customers: 5, messages: 100, media_percent: 20, timeout_ms: 60_000 });
    assert.equal(report.delivered, 100, JSON.stringify(report));
    const pictures = await desk.until("the pictures", () => {
      const found = desk.messages.filter(({ message }) => message?.imageMessage);
      return found.length === 20 && found;
    });
    assert.ok((await desk.file(pictures[0])).length >= 30_000);
  });

  await story.tell("a story in the simulator's own words is played", async () => {
    const text = await readFile(new URL("../scenarios/first-day.scenario", import.meta.url), "utf8");
    const played = await fetch(`${simulator.control}/scenarios`, { method: "POST", body: text });
    assert.equal(played.status, 200, await played.text());
    await hasTexts(desk, ["Guten Tag, I should like an invoice."]);
    const wrong = await fetch(`${simulator.control}/scenarios`, { method: "POST", body: "wait 1ms\nwrite nobody" });
    assert.deepEqual([wrong.status, (await wrong.json()).detail], [422, "line 2, word 2 (“nobody”): nobody of this name was introduced, and it is no number with a country code"]);
  });

  await story.tell("a refused message is told so", async () => {
    await simulator.post("/faults", { refuse: { code: 463, number: ANA, times: 1 } });
    const { id } = (await desk.socket.sendMessage(jid(TOM), { text: "This one is refused." })).key;
    await desk.until("the refusal", () => desk.wasRefused(id));
    assert.ok(!(await simulator.received(TOM, ANA)).some((message) => message.id === id));
    await simulator.call("DELETE", "/faults");
  });

  await story.tell("a second login with the same keys takes the place of the first", async () => {
    const twin = new Client(desk.folder, simulator.ws);
    clients.push(twin);
    await twin.connect();
    await twin.until("the second session to be open", () => twin.isOpen());
    await desk.until("the first to be replaced", () => desk.ended() === 440);
    await twin.disconnect();
  });

  await story.tell("a business account that is hosted elsewhere links too", async () => {
    const shop = client("shop");
    await simulator.post("/phones", { number: SHOP, name: "Shop", hosted: true });
    await link(shop, SHOP);
    await writes(JOANA, SHOP, "Are you open?");
    await hasTexts(shop, ["Are you open?"]);
  });

  await story.tell("a session opens by a code that is typed on the phone, and not by another", async () => {
    const typed = client("typed");
    await simulator.post("/phones", { number: RUI, name: "Rui Costa" });
    await typed.connect();
    await typed.until("a linking code", () => typed.codes.at(-1));
    const code = await typed.socket.requestPairingCode(RUI);
    const asked = async () => (await simulator.get("/phones")).find(({ number }) => number === RUI).link_request;
    const { platform } = await eventually("the phone's notification", asked);
    assert.match(platform, /^.+ \(.+\)$/);
    const wrong = code.slice(0, 7) + (code.endsWith("2") ? "3" : "2");
    await assert.rejects(simulator.post(`/phones/${RUI}/enter-code`, { code: wrong }), ({ status, answer }) => status === 409 && answer.code === "wrong_code");
    assert.equal((await asked()).attempts_left, 2);
    const linked = await simulator.post(`/phones/${RUI}/enter-code`, { code });
    await typed.until("the session to be open after the restart", () => typed.isOpen());
    assert.equal(typed.me.id, linked.jid);
    await writes(JOANA, RUI, "Linked without a camera?");
    await hasTexts(typed, ["Linked without a camera?"]);
  });

  await story.tell("what was before the linking is handed over, in parts that open, and the phone's chats stay in step", async () => {
    const late = client("late", { past: true });
    await simulator.post("/phones", { number: EVA, name: "Eva Rocha" });
    const day = 86_400_000;
    const told = { with: JOANA, name: "Joana at home", archived: true, messages: [{ text: "Long ago", at: day }, { from_me: true, text: "Not so long ago", at: 2 * day }], kept_back: 1 };
    const summary = await simulator.post(`/phones/${EVA}/history`, { items: [told], conversations: 250, messages_per_conversation: 30, seed: 5 });
    assert.deepEqual([summary.conversations, summary.messages, summary.kept_back], [251, 7501, 1]);
    await link(late, EVA);
    const messages = () => late.history.flatMap((part) => part.messages);
    await late.until("the whole history", () => new Set(messages().map((message) => message.key.id)).size === 7501);
    assert.equal(messages().length, 7501, "a message came twice");
    const own = messages().find((message) => textOf(message) === "Not so long ago");
    assert.equal(own.key.fromMe, true);
    const asked = await late.socket.fetchMessageHistory(50, own.key, 2 * day);
    const more = await late.until("the older messages", () => late.history.find((part) => part.peerDataRequestSessionId === asked));
    assert.deepEqual(more.messages.map(textOf), ["Long ago"]);

    const is = (what, fits) => late.until(what, () => late.chats.some((chat) => chat.id === jid(JOANA) && fits(chat)));
    assert.equal(late.history.flatMap((part) => part.chats).find((chat) => chat.id === jid(JOANA)).archived, true);
    await late.until("the contact's name", () => [...late.contacts, ...late.history.flatMap((part) => part.contacts)].some((contact) => contact.id === jid(JOANA) && contact.name === "Joana at home"));
    await simulator.post(`/phones/${EVA}/chats/${JOANA}`, { archived: false, pinned: true });
    await is("the chat back", (chat) => chat.archived === false);
    await is("the pin", (chat) => typeof chat.pinned === "number");
    await late.socket.chatModify({ mute: Date.now() + day }, jid(JOANA));
    const [shown] = await eventually("the phone to follow", async () => {
      const chats = await simulator.get(`/phones/${EVA}/chats`);
      const found = chats.filter((chat) => chat.with === JOANA && chat.muted_until !== null);
      return found.length > 0 && found;
    });
    assert.ok(shown.pinned && !shown.archived, JSON.stringify(shown));
    await simulator.post(`/phones/${EVA}/chats/${JOANA}`, { muted_until: null });
    await is("the end of the silence", (chat) => chat.muteEndTime === null);
  });

  await groups({ story, simulator, desk, ana: ANA, joana: JOANA, tom: TOM });

  await story.tell("unlinking at the phone logs the client out for good", async () => {
    desk.forget();
    await desk.connect();
    await desk.until("the session to be open", () => desk.isOpen());
    await simulator.post(`/phones/${ANA}/logout`);
    await desk.until("the end of the session", () => desk.ended() === 401);
    desk.forget();
    await desk.connect();
    await desk.until("the refused login", () => desk.ended() === 401);
  });
}

/** Reads server-sent events until one fits. */
async function hears(response, fits, ms = 60_000) {
  const timer = setTimeout(() => response.body.cancel().catch(() => {}), ms);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop();
      for (const line of lines) {
        if (line.startsWith("data: ") && fits(JSON.parse(line.slice(6)))) return;
      }
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error("the event did not come");
}

process.on("unhandledRejection", (error) => {
  // Baileys leaves requests of a connection that was closed to themselves.
  if (process.env.OWNLINE_INTEROP_LOG) console.error("left behind", error);
});

try {
  await tell();
} catch (error) {
  if (!(error instanceof Stopped)) {
    story.failed += 1;
    console.log(`FAIL  ${error.stack ?? error}`);
  }
  console.log(`\nThe simulator's last words:\n${simulator.log()}`);
} finally {
  for (const session of clients) await session.disconnect().catch(() => {});
  await simulator.strike();
}
console.log(`${story.passed} passed, ${story.failed} failed`);
process.exit(story.failed === 0 ? 0 : 1);
