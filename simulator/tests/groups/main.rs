//! Groups, as real clients see them: told about, written into, read by every device, and closed to who has left.

mod members;
mod said;
#[path = "../support/mod.rs"]
mod support;

use ownline_simulator::world::{Fault, GroupView, MessageView, NewGroup};
use support::{Device, Stage, eventually};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction as Action;
use whatsapp_rust::wacore::types::events::Event;

const CARLA: &str = "4915200000002";
const DANA: &str = "4915200000003";

/// A phone and three customers.
async fn stage() -> Stage {
    let stage = Stage::set().await;
    stage.phone(support::AGENT).await;
    for number in [support::CUSTOMER, CARLA, DANA] {
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
