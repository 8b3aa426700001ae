//! Groups, as real clients see them: told about, written into, read by every device, and closed to who has left.

mod support;

use ownline_simulator::world::{GroupView, MessageView, NewGroup};
use support::{AGENT, CUSTOMER, Device, Stage, eventually, message};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction;
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
        members: members.iter().map(|number| (*number).to_owned()).collect(),
        ..NewGroup::default()
    };
    stage.world.create_group(group).await.expect("a group")
}

fn jid(group: &GroupView) -> Jid {
    group.id.parse().expect("a jid")
}

struct Heard {
    text: String,
    /// Hidden id and number of the author.
    lid: String,
    number: String,
}

/// The next text in a group.
async fn heard(device: &mut Device, group: &Jid) -> Heard {
    device
        .next("a text in the group", |event| match event {
            Event::Messages(batch) => batch.messages.iter().find_map(|inbound| {
                let source = &inbound.info.source;
                let text = inbound.message.conversation.clone()?;
                (source.is_group && source.chat == *group).then(|| Heard {
                    text,
                    lid: source.sender.user.to_string(),
                    number: source.sender_alt.as_ref().map(|jid| jid.user.to_string()).unwrap_or_default(),
                })
            }),
            _ => None,
        })
        .await
}

/// The next change of a group that `pick` wants.
async fn change<T>(device: &mut Device, group: &Jid, pick: impl Fn(&GroupNotificationAction) -> Option<T>) -> T {
    device
        .next("news of the group", |event| match event {
            Event::GroupUpdate(update) if update.group_jid == *group => pick(&update.action),
            _ => None,
        })
        .await
}

async fn lines(stage: &Stage, number: &str, group: &GroupView) -> Vec<MessageView> {
    stage.world.messages_in_group(number, &group.id).await.expect("a transcript")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_learns_of_a_group_and_reads_its_members() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let group = made(&stage, CUSTOMER, &[AGENT, CARLA]).await;
    let jid = jid(&group);
    change(&mut device, &jid, |action| matches!(action, GroupNotificationAction::Create { .. }).then_some(())).await;
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
        stage.says(author, &group.id, text).await;
        let heard = heard(&mut device, &jid).await;
        let lid = &group.members.iter().find(|member| member.number == author).expect("a member").lid;
        assert_eq!((heard.text.as_str(), heard.number.as_str(), &heard.lid), (text, author, lid));
    }
    support::queue_drained(&stage, AGENT).await;
    for number in [AGENT, CUSTOMER, CARLA] {
        eventually("all three lines", async || (lines(&stage, number, &group).await.len() == 3).then_some(())).await;
    }
    let outsider = stage.world.customer_send(DANA, message(&group.id, "Let me in")).await;
    assert_eq!(outsider.expect_err("no member").code(), "not_a_member");
}
