// What is said among several, by and to the other client.
import assert from "node:assert/strict";
import { textOf } from "./client.mjs";
import { eventually } from "./story.mjs";

const jid = (number) => `${number}@s.whatsapp.net`;

/** `ana` has the client; `joana` and `tom` are customers. */
export async function groups({ story, simulator, desk, ana, joana, tom }) {
  desk.forget();
  await desk.connect();
  await desk.until("the session to be open", () => desk.isOpen());
  const inGroup = (id) => desk.messages.filter(({ key }) => key.remoteJid === id);
  const saidTo = (id, text) => desk.until(`“${text}” in the group`, () => inGroup(id).find((message) => textOf(message) === text));
  const sees = (number, id) => simulator.get(`/groups/${id}/messages?as=${number}`);
  const has = (number, id, message) => eventually(`${number} to have it`, async () => (await sees(number, id)).find((line) => line.id === message));
  let group;

  await story.tell("a group is told about, described, and its members are read", async () => {
    group = await simulator.post("/groups", { subject: "Order 1234", owner: joana, members: [ana, tom] });
    await desk.until("the group", () => desk.groups.some(({ id, subject }) => id === group.id && subject === "Order 1234"));
    const described = await desk.socket.groupMetadata(group.id);
    assert.deepEqual([described.subject, described.participants.length, described.addressingMode], ["Order 1234", 3, "lid"]);
    assert.deepEqual(Object.keys(await desk.socket.groupFetchAllParticipating()), [group.id]);
    for (const [author, text] of [[joana, "Where is it?"], [tom, "On my van."], [joana, "When will you be here?"]]) {
      const { id } = await simulator.post(`/customers/${author}/messages`, { to: group.id, text });
      const { key } = await saidTo(group.id, text);
      const member = group.members.find(({ number }) => number === author);
      assert.deepEqual([key.id, key.participant, key.participantAlt], [id, `${member.lid}@lid`, jid(author)]);
      await eventually("its delivery to both", async () => (await has(author, group.id, id)).status === "delivered");
    }
  });

  await story.tell("what the client says in a group reaches every member, who read it", async () => {
    for (const text of ["This evening, with the key.", "And again, without."]) {
      const { id } = (await desk.socket.sendMessage(group.id, { text })).key;
      for (const number of [joana, tom, ana]) {
        const line = await has(number, group.id, id);
        assert.deepEqual([line.text, line.from], [text, ana]);
      }
      await simulator.post(`/customers/${tom}/read`, { to: group.id, ids: [id] });
      await eventually("the phone to know who has read it", async () => (await has(ana, group.id, id)).receipts.some(({ from, status }) => from === tom && status === "read"));
    }
    await desk.socket.readMessages(inGroup(group.id).filter(({ key }) => !key.fromMe).map(({ key }) => key));
    await eventually("the customer to see it read", async () => (await sees(joana, group.id)).some(({ receipts }) => receipts?.some(({ from, status }) => from === ana && status === "read")));
  });

  await story.tell("what cannot be read in a group is asked for again", async () => {
    for (const text of ["spoilt once", "spoilt twice"]) {
      await simulator.post("/faults", { corrupt: { number: ana, times: 1 } });
      await simulator.post(`/customers/${tom}/messages`, { to: group.id, text });
      await saidOrCorrected(group.id, text);
    }
    await simulator.call("DELETE", "/faults");
  });

  await story.tell("the client makes a group, changes it, and who is put out reads no more", async () => {
    const made = await desk.socket.groupCreate("The shop", [jid(joana), jid(tom)]);
    await desk.socket.groupUpdateSubject(made.id, "The new shop");
    await desk.socket.groupUpdateDescription(made.id, "Opening hours");
    await desk.socket.groupSettingUpdate(made.id, "announcement");
    const both = (await desk.socket.sendMessage(made.id, { text: "Both read this." })).key.id;
    for (const number of [joana, tom]) await has(number, made.id, both);
    await assert.rejects(simulator.post(`/customers/${tom}/messages`, { to: made.id, text: "May I?" }), ({ answer }) => answer.code === "not_an_admin");
    await desk.socket.groupParticipantsUpdate(made.id, [jid(tom)], "remove");
    const one = (await desk.socket.sendMessage(made.id, { text: "Joana reads this." })).key.id;
    await has(joana, made.id, one);
    assert.ok(!(await sees(tom, made.id)).some(({ id }) => id === one));
    const shown = await simulator.get(`/groups/${made.id}`);
    assert.deepEqual([shown.subject, shown.description, shown.announce_only, shown.members.length], ["The new shop", "Opening hours", true, 2]);
    await desk.socket.groupLeave(made.id);
    assert.deepEqual((await simulator.get(`/groups/${made.id}`)).members.map(({ number }) => number), [joana]);
    await assert.rejects(desk.socket.groupMetadata(made.id));
  });

  /** A repetition comes as the message or, where a placeholder was there, as its correction. */
  function saidOrCorrected(id, text) {
    const said = () => inGroup(id).some((message) => textOf(message) === text);
    const corrected = () => desk.updates.some(({ key, update }) => key.remoteJid === id && textOf(update) === text);
    return desk.until(`“${text}” after all`, () => said() || corrected());
  }
}
