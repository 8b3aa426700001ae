//! Groups, as real clients see them: told about, written into, read by every device, and closed to who has left.

mod support;

use ownline_simulator::world::{Addressing, EditGroup, EditMembers, Fault, GroupView, MessageView, NewGroup, Status};
use support::{AGENT, CUSTOMER, Device, Stage, acknowledged, eventually, message, queue_drained};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::iq::groups::{GroupCreateOptions, GroupDescription, GroupParticipantOptions, GroupSubject};
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction as Action;
use whatsapp_rust::wacore::types::events::Event;

const CARLA: &str = "4915200000002";
const DANA: &str = "4915200000003";

/// A phone and three customers.
async fn stage() -> Stage {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    for number in [CUSTOMER, CARLA, DANA] {
        stage.customer(number).await;
    }
    stage
}

async fn made(stage: &Stage, owner: &str, members: &[&str]) -> GroupView {
    let group = NewGroup {
        subject: "Weekend".to_owned(),
        owner: owner.to_owned(),
        members: numbers(members),
        ..NewGroup::default()
    };
    stage.world.create_group(group).await.expect("a group")
}

fn jid(group: &GroupView) -> Jid {
    group.id.parse().expect("a jid")
}

fn numbers(list: &[&str]) -> Vec<String> {
    list.iter().map(|number| (*number).to_owned()).collect()
}

async fn fault(stage: &Stage, fault: serde_json::Value) {
    let fault: Fault = serde_json::from_value(fault).expect("a fault");
    stage.world.add_fault(fault).await.expect("in force");
}

struct Heard {
    id: String,
    text: String,
    /// User of the sender, and of its other name.
    sender: String,
    other: String,
    from_me: bool,
}

/// The next text in a group.
async fn heard(device: &mut Device, group: &Jid) -> Heard {
    device
        .next("a text in the group", |event| match event {
            Event::Messages(batch) => batch.messages.iter().find_map(|inbound| {
                let source = &inbound.info.source;
                let text = inbound.message.conversation.clone()?;
                (source.is_group && source.chat == *group).then(|| Heard {
                    id: inbound.info.id.clone(),
                    text,
                    sender: source.sender.user.to_string(),
                    other: source.sender_alt.as_ref().map(|jid| jid.user.to_string()).unwrap_or_default(),
                    from_me: source.is_from_me,
                })
            }),
            _ => None,
        })
        .await
}

/// The next change of a group that `pick` wants.
async fn change<T>(device: &mut Device, group: &Jid, pick: impl Fn(&Action) -> Option<T>) -> T {
    device
        .next("news of the group", |event| match event {
            Event::GroupUpdate(update) if update.group_jid == *group => pick(&update.action),
            _ => None,
        })
        .await
}

async fn created(device: &mut Device, group: &Jid) {
    change(device, group, |action| matches!(action, Action::Create { .. }).then_some(())).await;
}

async fn lines(stage: &Stage, number: &str, group: &GroupView) -> Vec<MessageView> {
    stage.world.messages_in_group(number, &group.id).await.expect("a transcript")
}

async fn line(stage: &Stage, number: &str, group: &GroupView, id: &str) -> MessageView {
    eventually("the line", async || lines(stage, number, group).await.into_iter().find(|line| line.id == id)).await
}

fn text_of(line: &MessageView) -> String {
    let json = serde_json::to_value(&line.content).expect("JSON");
    json["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_learns_of_a_group_and_reads_its_members() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    let all = device.client.groups().get_participating().await.expect("an answer");
    let known = all.values().next().expect("the group");
    assert_eq!((all.len(), known.subject.as_str(), known.participants.len()), (1, "Weekend", 3));
    let whole = device.client.groups().get_metadata(&jid).await.expect("an answer");
    assert_eq!((&whole.id, whole.subject.as_str()), (&jid, "Weekend"));
    let owner = &group.members[0];
    let found = whole.participants.iter().find(|member| member.jid.user == owner.lid.as_str()).expect("the owner");
    assert_eq!(found.phone_number.as_ref().map(|jid| jid.user.as_str()), Some(CUSTOMER));
    assert!(found.is_admin());

    for (author, text) in [(CUSTOMER, "Who comes along?"), (CARLA, "I do."), (CUSTOMER, "Fine.")] {
        let id = stage.says(author, &group.id, text).await;
        let heard = heard(&mut device, &jid).await;
        let lid = &group.members.iter().find(|member| member.number == author).expect("a member").lid;
        assert_eq!((&heard.id, heard.text.as_str(), heard.other.as_str()), (&id, text, author));
        assert_eq!(&heard.sender, lid);
        eventually("its delivery to everybody", async || {
            let line = line(&stage, author, &group, &id).await;
            (line.status == Status::Delivered && line.receipts.len() == 2).then_some(())
        })
        .await;
    }
    queue_drained(&stage, AGENT).await;
    for number in [AGENT, CUSTOMER, CARLA] {
        eventually("all three lines", async || (lines(&stage, number, &group).await.len() == 3).then_some(())).await;
    }
    let outsider = stage.world.customer_send(DANA, message(&group.id, "Let me in")).await;
    assert_eq!(outsider.expect_err("no member").code(), "not_a_member");
    let nowhere = stage.world.customer_send(DANA, message("120363000000000007@g.us", "Anybody?")).await;
    assert_eq!(nowhere.expect_err("no group").code(), "no_such_group");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_says_reaches_all_and_their_reading_is_told() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    let mut ids = Vec::new();
    for text in ["first, with the key", "second, without"] {
        let id = device.client.send_text(jid.clone(), text).await.expect("sent").message_id;
        acknowledged(&mut device, &id, None).await;
        for number in [CUSTOMER, CARLA, AGENT] {
            let line = line(&stage, number, &group, &id).await;
            assert_eq!((text_of(&line).as_str(), line.from.as_str(), line.device), (text, AGENT, 1));
        }
        ids.push(id);
    }
    // Receipts come from each member, and bear its name.
    for member in &group.members[..1] {
        let read = ownline_simulator::world::MarkRead { to: group.id.clone(), ids: ids.clone(), played: false };
        stage.world.customer_read(&member.number, read).await.expect("read");
        let reader = device
            .next("the reading", |event| match event {
                Event::Receipt(receipt) if format!("{:?}", receipt.r#type) == "Read" => {
                    let all = ids.iter().all(|id| receipt.message_ids.contains(id));
                    (receipt.source.chat == jid && all).then(|| receipt.source.sender.user.to_string())
                }
                _ => None,
            })
            .await;
        assert_eq!(reader, member.lid);
    }
    // On the phone it is as far as with the last of them.
    let half = eventually("one to have read", async || {
        let line = line(&stage, AGENT, &group, &ids[0]).await;
        line.receipts.iter().any(|reader| reader.status == Status::Read).then_some(line)
    })
    .await;
    assert!(half.status < Status::Read, "{half:?}");
    let read = ownline_simulator::world::MarkRead { to: group.id.clone(), ids: ids.clone(), played: false };
    stage.world.customer_read(CARLA, read).await.expect("read");
    eventually("all to have read", async || {
        (line(&stage, AGENT, &group, &ids[0]).await.status == Status::Read).then_some(())
    })
    .await;

    // And the other way round: the client reads what a member wrote, and says something about it.
    let id = stage.says(CARLA, &group.id, "Read this").await;
    let heard = heard(&mut device, &jid).await;
    let lid: Jid = format!("{}@lid", heard.sender).parse().expect("a jid");
    device.client.mark_as_read(&jid, Some(&lid), &[&id]).await.expect("read");
    eventually("the reading", async || {
        let line = line(&stage, CARLA, &group, &id).await;
        line.receipts.iter().any(|reader| reader.from == AGENT && reader.status == Status::Read).then_some(())
    })
    .await;
    let key = waproto::whatsapp::MessageKey {
        remote_jid: Some(group.id.clone()),
        from_me: Some(false),
        id: Some(id.clone()),
        participant: Some(lid.to_string()),
    };
    device.client.send_reaction(jid.clone(), key, "👍").await.expect("reacted");
    eventually("the reaction", async || {
        let line = line(&stage, CUSTOMER, &group, &id).await;
        line.effects.reactions.iter().any(|reaction| reaction.from == AGENT).then_some(())
    })
    .await;
    queue_drained(&stage, AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_device_reads_along_also_what_its_sibling_says() {
    let stage = stage().await;
    let mut first = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut first, &jid).await;
    stage.says(CUSTOMER, &group.id, "before there were two").await;
    heard(&mut first, &jid).await;
    // A device that comes later is told the keys with the next word.
    let mut second = stage.linked(AGENT).await;
    for (author, text) in [(CUSTOMER, "to both"), (CARLA, "to both again")] {
        stage.says(author, &group.id, text).await;
        assert_eq!(heard(&mut first, &jid).await.text, text);
        assert_eq!(heard(&mut second, &jid).await.text, text);
    }
    let id = first.client.send_text(jid.clone(), "from the first").await.expect("sent").message_id;
    let copy = heard(&mut second, &jid).await;
    assert_eq!((&copy.id, copy.text.as_str(), copy.from_me), (&id, "from the first", true));
    let id = second.client.send_text(jid.clone(), "from the second").await.expect("sent").message_id;
    let copy = heard(&mut first, &jid).await;
    assert_eq!((&copy.id, copy.from_me), (&id, true));
    stage.world.phone_send(AGENT, message(&group.id, "from the phone")).await.expect("sent");
    for device in [&mut first, &mut second] {
        let copy = heard(device, &jid).await;
        assert_eq!((copy.text.as_str(), copy.from_me), ("from the phone", true));
    }
    queue_drained(&stage, AGENT).await;
    eventually("all of it at a customer", async || (lines(&stage, CARLA, &group).await.len() == 6).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_closed_to_whoever_is_put_out() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    let id = device.client.send_text(jid.clone(), "All here").await.expect("sent").message_id;
    line(&stage, CARLA, &group, &id).await;
    let edit = EditMembers { remove: numbers(&[CARLA]), ..EditMembers::default() };
    stage.world.edit_members(&group.id, edit).await.expect("put out");
    let carla = &group.members.iter().find(|member| member.number == CARLA).expect("Carla").lid;
    let gone = change(&mut device, &jid, |action| match action {
        Action::Remove { participants, .. } => Some(participants[0].jid.user.to_string()),
        _ => None,
    })
    .await;
    assert_eq!(&gone, carla);
    let id = device.client.send_text(jid.clone(), "Without Carla").await.expect("sent").message_id;
    acknowledged(&mut device, &id, None).await;
    line(&stage, CUSTOMER, &group, &id).await;
    assert!(!lines(&stage, CARLA, &group).await.iter().any(|line| line.id == id), "Carla has left");

    // Now the client itself.
    let edit = EditMembers { remove: numbers(&[AGENT]), ..EditMembers::default() };
    stage.world.edit_members(&group.id, edit).await.expect("put out");
    change(&mut device, &jid, |action| matches!(action, Action::Remove { .. }).then_some(())).await;
    stage.says(CUSTOMER, &group.id, "Among ourselves").await;
    stage.says(CUSTOMER, AGENT, "To you alone").await;
    assert_eq!(device.texts(1).await, ["To you alone"], "nothing of the group");
    device.client.groups().get_metadata(&jid).await.expect_err("no member");
    let raw = device.client.send_text(jid.clone(), "Hello?").await;
    if let Ok(sent) = raw {
        acknowledged(&mut device, &sent.message_id, Some("403")).await;
    }
    let view = stage.world.group(&group.id).await.expect("the group");
    assert_eq!(view.members.iter().map(|member| member.number.as_str()).collect::<Vec<_>>(), [CUSTOMER]);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_their_keys_outlive_the_network() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    stage.says(CUSTOMER, &group.id, "before").await;
    heard(&mut device, &jid).await;
    let id = device.client.send_text(jid.clone(), "noted").await.expect("sent").message_id;
    line(&stage, CUSTOMER, &group, &id).await;
    queue_drained(&stage, AGENT).await;
    let store = device.stop().await;
    // While the device is away: words, and a change.
    stage.says(CUSTOMER, &group.id, "while you sleep").await;
    let edit = EditGroup { subject: Some("Weekend in May".to_owned()), ..EditGroup::default() };
    stage.world.edit_group(&group.id, edit).await.expect("renamed");
    let before = stage.world.group(&group.id).await.expect("the group");
    let stage = stage.restart().await;
    assert_eq!(stage.world.group(&group.id).await.expect("the group"), before);

    let mut device = Device::start(&stage.url, store).await;
    assert_eq!(heard(&mut device, &jid).await.text, "while you sleep");
    let subject = change(&mut device, &jid, |action| match action {
        Action::Subject { subject, .. } => Some(subject.clone()),
        _ => None,
    })
    .await;
    assert_eq!(subject, "Weekend in May");
    stage.says(CUSTOMER, &group.id, "after").await;
    assert_eq!(heard(&mut device, &jid).await.text, "after");
    let id = device.client.send_text(jid.clone(), "still here").await.expect("sent").message_id;
    for number in [CUSTOMER, CARLA] {
        assert_eq!(text_of(&line(&stage, number, &group, &id).await), "still here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_asked_for_again_with_the_key() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    // With the key the first time, without it the second.
    for text in ["spoilt with the key", "spoilt alone"] {
        fault(&stage, serde_json::json!({ "kind": "corrupt", "number": AGENT, "times": 1 })).await;
        let id = stage.says(CUSTOMER, &group.id, text).await;
        let heard = heard(&mut device, &jid).await;
        assert_eq!((&heard.id, heard.text.as_str()), (&id, text));
    }
    stage.says(CUSTOMER, &group.id, "and well again").await;
    assert_eq!(heard(&mut device, &jid).await.text, "and well again");
    let reply = device.client.send_text(jid.clone(), "understood").await.expect("sent").message_id;
    line(&stage, CUSTOMER, &group, &reply).await;
    queue_drained(&stage, AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_unnoticed_asks_for_the_key_and_gets_it() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    let id = device.client.send_text(jid.clone(), "three of us").await.expect("sent").message_id;
    line(&stage, CARLA, &group, &id).await;
    fault(&stage, serde_json::json!({ "kind": "drop", "stanza": "notification", "number": AGENT })).await;
    let edit = EditMembers { add: numbers(&[DANA]), ..EditMembers::default() };
    stage.world.edit_members(&group.id, edit).await.expect("added");
    let id = device.client.send_text(jid.clone(), "who is there?").await.expect("sent").message_id;
    // The network hands it to Dana too; she cannot read it, and the client says it again to her alone.
    assert_eq!(text_of(&line(&stage, DANA, &group, &id).await), "who is there?");
    assert_eq!(lines(&stage, DANA, &group).await.len(), 1, "nothing from before she came");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_admins_write_others_are_refused() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    let edit = EditGroup { announce_only: Some(true), ..EditGroup::default() };
    stage.world.edit_group(&group.id, edit).await.expect("changed");
    change(&mut device, &jid, |action| matches!(action, Action::Announce).then_some(())).await;
    assert!(device.client.groups().get_metadata(&jid).await.expect("an answer").is_announcement);
    let id = device.client.send_text(jid.clone(), "May I?").await.expect("handed over").message_id;
    acknowledged(&mut device, &id, Some("420")).await;
    let refused = stage.world.customer_send(CARLA, message(&group.id, "May I?")).await;
    assert_eq!(refused.expect_err("no admin").code(), "not_an_admin");
    device.client.groups().set_announce(jid.clone(), false).await.expect_err("no admin");

    let edit = EditMembers { promote: numbers(&[AGENT]), ..EditMembers::default() };
    stage.world.edit_members(&group.id, edit).await.expect("promoted");
    change(&mut device, &jid, |action| matches!(action, Action::Promote { .. }).then_some(())).await;
    let id = device.client.send_text(jid.clone(), "Now I may").await.expect("sent").message_id;
    acknowledged(&mut device, &id, None).await;
    line(&stage, CARLA, &group, &id).await;
    device.client.groups().set_announce(jid.clone(), false).await.expect("an admin");
    stage.says(CARLA, &group.id, "So may I").await;
    assert_eq!(heard(&mut device, &jid).await.text, "So may I");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_makes_a_group_and_keeps_house_in_it() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let options = GroupCreateOptions {
        participants: vec![GroupParticipantOptions::new(Jid::pn(CUSTOMER))],
        ..GroupCreateOptions::new("The shop")
    };
    let groups = device.client.groups();
    let jid = groups.create_group(options).await.expect("made").metadata.id;
    groups.set_subject(jid.clone(), GroupSubject::new("The new shop").expect("a subject")).await.expect("renamed");
    let words = GroupDescription::new("Opening hours").expect("a description");
    groups.set_description(jid.clone(), Some(words), Default::default()).await.expect("described");
    let answers =
        groups.add_participants(jid.clone(), &[Jid::pn(CARLA), Jid::pn("4999999999999")]).await.expect("added");
    assert_eq!(answers.iter().map(|answer| answer.is_ok()).collect::<Vec<_>>(), [true, false]);
    groups.promote_participants(jid.clone(), &[Jid::pn(CARLA)]).await.expect("promoted");
    groups.set_locked(jid.clone(), true).await.expect("locked");
    let view = stage.world.group(&jid.to_string()).await.expect("the group");
    assert_eq!(
        (view.subject.as_str(), view.description.as_deref(), view.locked),
        ("The new shop", Some("Opening hours"), true)
    );
    assert_eq!(view.owner.as_deref(), Some(AGENT));
    assert_eq!(
        view.members.iter().map(|member| (member.number.as_str(), member.admin)).collect::<Vec<_>>(),
        [(AGENT, true), (CUSTOMER, false), (CARLA, true)]
    );
    let id = device.client.send_text(jid.clone(), "Welcome").await.expect("sent").message_id;
    line(&stage, CARLA, &view, &id).await;
    let edit = EditGroup { subject: Some("Mine".to_owned()), by: Some(CUSTOMER.to_owned()), ..EditGroup::default() };
    assert_eq!(stage.world.edit_group(&view.id, edit).await.expect_err("locked").code(), "not_an_admin");

    device.client.groups().remove_participants(jid.clone(), &[Jid::pn(CUSTOMER)]).await.expect("removed");
    device.client.groups().leave(jid.clone()).await.expect("left");
    let view = stage.world.group(&view.id).await.expect("the group");
    assert_eq!(view.members.iter().map(|member| member.number.as_str()).collect::<Vec<_>>(), [CARLA]);
    assert_eq!(view.owner, None);
    change(&mut device, &jid, |action| match action {
        Action::Description { description, .. } => (description.as_deref() == Some("Opening hours")).then_some(()),
        _ => None,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_numbers_has_typing_pictures_and_disturbances_too() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = NewGroup {
        subject: "Old".to_owned(),
        owner: CUSTOMER.to_owned(),
        members: numbers(&[AGENT]),
        addressing: Addressing::Pn,
        ..NewGroup::default()
    };
    let group = stage.world.create_group(group).await.expect("a group");
    let jid = jid(&group);
    created(&mut device, &jid).await;
    fault(&stage, serde_json::json!({ "kind": "duplicate", "number": AGENT, "times": 1 })).await;
    for text in ["by number", "once only"] {
        stage.says(CUSTOMER, &group.id, text).await;
        let heard = heard(&mut device, &jid).await;
        assert_eq!((heard.text.as_str(), heard.sender.as_str()), (text, CUSTOMER));
        assert_eq!(heard.other, group.members[0].lid);
    }
    let id = device.client.send_text(jid.clone(), "and back").await.expect("sent").message_id;
    acknowledged(&mut device, &id, None).await;
    line(&stage, CUSTOMER, &group, &id).await;
    fault(&stage, serde_json::json!({ "kind": "drop", "number": AGENT, "times": 1 })).await;
    stage.says(CUSTOMER, &group.id, "lost").await;
    stage.says(CUSTOMER, &group.id, "not lost").await;
    assert_eq!(heard(&mut device, &jid).await.text, "not lost");
    let mut device = device.restart().await;
    assert_eq!(heard(&mut device, &jid).await.text, "lost");
    device.connected().await;

    let typing = serde_json::json!({ "to": group.id, "state": "composing" });
    let typing = serde_json::from_value(typing).expect("typing");
    stage.world.customer_typing(CUSTOMER, typing).await.expect("typing");
    let from = device
        .next("typing", |event| match event {
            Event::ChatPresence(update) => (update.source.chat == jid).then(|| update.source.sender.user.to_string()),
            _ => None,
        })
        .await;
    assert_eq!(from, CUSTOMER);
    let set = stage.world.set_group_picture(&group.id, None, 3).await.expect("a picture");
    let told = device
        .next("the group's picture", |event| match event {
            Event::PictureUpdate(update) if update.jid == jid => update.picture_id.clone(),
            _ => None,
        })
        .await;
    assert_eq!(told, set.id);
    let found = device.client.contacts().get_profile_picture(&jid, true).await.expect("an answer");
    assert_eq!(found.expect("a picture").id, set.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_belongs_to_the_past_that_is_handed_over() {
    let stage = stage().await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    for author in [CUSTOMER, CARLA] {
        let id = stage.says(author, &group.id, &format!("lived by {author}")).await;
        support::on_the_phone(&stage, AGENT, &id).await;
    }
    stage.world.phone_send(AGENT, message(&group.id, "and by me")).await.expect("sent");
    let history = serde_json::json!({ "transcript": true, "items": [
        { "with": "120363000000000042@g.us", "name": "An old one", "messages": [
            { "text": "long ago", "at": 86_400_000, "from": CARLA }, { "text": "yes", "at": 86_500_000, "from_me": true }
        ] }
    ] });
    stage.world.set_history(AGENT, serde_json::from_value(history).expect("a past")).await.expect("a past");
    let mut device = stage.linked(AGENT).await;
    let part = device
        .next("the past", |event| match event {
            Event::HistorySync(sync) => Some(sync.get().expect("readable").clone()),
            _ => None,
        })
        .await;
    let told = part.conversations.iter().find(|chat| chat.id == "120363000000000042@g.us").expect("the told group");
    assert_eq!((told.name.as_deref(), told.messages.len()), (Some("An old one"), 2));
    let lived = part.conversations.iter().find(|chat| chat.id == group.id).expect("the lived group");
    assert_eq!((lived.name.as_deref(), lived.participant.len()), (Some("Weekend"), 3));
    let authors: Vec<Option<String>> = lived
        .messages
        .iter()
        .map(|line| line.message.as_option().and_then(|line| line.key.as_option()?.participant.clone()))
        .collect();
    let lid = |number: &str| {
        let member = group.members.iter().find(|member| member.number == number).expect("a member");
        Some(format!("{}@lid", member.lid))
    };
    assert_eq!(authors, [None, lid(CARLA), lid(CUSTOMER)], "newest first; the own bears no name");
}
