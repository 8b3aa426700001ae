//! What is said in groups, to and by devices.

use ownline_simulator::world::{Addressing, EditMembers, NewGroup, Status};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::types::events::Event;

use crate::support::{AGENT, CUSTOMER, acknowledged, eventually, message, queue_drained};
use crate::{CARLA, DANA, created, fault, heard, jid, line, lines, made, numbers, stage, text_of};

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
async fn what_cannot_be_read_is_asked_for_again_with_the_key() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    created(&mut device, &jid).await;
    // The phone is asked as well as the author, and one of the two may answer after the other was heard.
    let mut before = Vec::new();
    let mut heard_first = async |id: String, text: &str| {
        let heard = loop {
            let heard = heard(&mut device, &jid).await;
            if !before.contains(&heard.id) {
                break heard;
            }
        };
        assert_eq!((&heard.id, heard.text.as_str()), (&id, text));
        before.push(id);
    };
    // With the key the first time, without it the second.
    for text in ["spoilt with the key", "spoilt alone"] {
        fault(&stage, serde_json::json!({ "kind": "corrupt", "number": AGENT, "times": 1 })).await;
        heard_first(stage.says(CUSTOMER, &group.id, text).await, text).await;
    }
    heard_first(stage.says(CUSTOMER, &group.id, "and well again").await, "and well again").await;
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
