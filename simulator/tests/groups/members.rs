//! Who is in a group, and what becomes of it.

use ownline_simulator::world::{EditGroup, EditMembers};
use waproto::whatsapp::history_sync::HistorySyncType;
use whatsapp_rust::wacore::iq::groups::{GroupCreateOptions, GroupDescription, GroupParticipantOptions, GroupSubject};
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction as Action;
use whatsapp_rust::wacore::types::events::Event;
use whatsapp_rust::{Jid, PreviousDescription};

use crate::support;
use crate::support::{AGENT, CUSTOMER, Device, acknowledged, message, queue_drained};
use crate::{CARLA, change, created, heard, jid, line, lines, made, numbers, stage, text_of};

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
    groups.set_description(jid.clone(), Some(words), PreviousDescription::default()).await.expect("described");
    let answers =
        groups.add_participants(jid.clone(), &[Jid::pn(CARLA), Jid::pn("4999999999999")]).await.expect("added");
    assert_eq!(answers.iter().map(whatsapp_rust::ParticipantChangeResponse::is_ok).collect::<Vec<_>>(), [true, false]);
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
            Event::HistorySync(sync) => {
                let part = sync.get().expect("readable");
                (part.sync_type == HistorySyncType::INITIAL_BOOTSTRAP).then(|| part.clone())
            }
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
