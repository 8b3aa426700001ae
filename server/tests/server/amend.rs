//! What becomes of a message after it was sent: edits, revocations, reactions, votes.

use ownline_model::{
    conversation::{ConversationItem, Scope},
    details::{Content, Poll, PollOption, Reaction},
    event::Event,
    message::{Amendment, Direction, Message, MessageKind},
    problem::ProblemCode,
    sync::{ChangeResult, Op, Outcome},
    time::UtcMillis,
};

use crate::{
    kinds::{image, received},
    support::{Customer, Desk, Person, rejected},
};

async fn amend(desk: &Desk, who: &Person, message: &Message, amendment: Amendment) -> ChangeResult {
    desk.push(who, Op::MessageAmended { message_id: message.id, amendment }).await
}

fn edit(text: &str, at: i64) -> Amendment {
    Amendment::Edited { text: Some(text.into()), at: UtcMillis(at) }
}

fn applied(result: ChangeResult) -> Message {
    assert_eq!(result.outcome, Outcome::Applied, "{result:?}");
    result.truth.message.expect("message")
}

async fn preview(desk: &Desk, who: &Person, carla: &Customer) -> String {
    let item: ConversationItem = desk.get(&format!("/api/conversations/{}", carla.conversation), who).await.ok();
    item.conversation.last_message.expect("last").preview
}

#[tokio::test]
async fn an_edit_goes_forward_only_and_the_preview_follows() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let first = desk.push(&ana, carla.says(line, "Helo")).await.truth.message.expect("message");
    assert_eq!(rejected(&amend(&desk, &bruno, &first, edit("Forged", 9)).await), ProblemCode::NotYourNumber);
    let cursor = desk.pull(&bruno, None, 500).await.cursor;

    let now = applied(amend(&desk, &ana, &first, edit("Hello", 20)).await);
    assert_eq!((now.text.as_deref(), now.details.edited_at), (Some("Hello"), Some(UtcMillis(20))));
    assert_eq!(preview(&desk, &bruno, &carla).await, "Hello");
    for late in [edit("Helo?", 10), edit("Hello", 20)] {
        let result = amend(&desk, &ana, &first, late).await;
        assert_eq!(result.outcome, Outcome::AlreadyApplied);
        assert_eq!(result.truth.message.expect("truth"), now);
    }
    let news = desk.pull(&bruno, Some(cursor), 500).await.entries;
    let told: Vec<_> = news.into_iter().map(|entry| entry.event).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&Event::MessageUpdated(now)));

    desk.push(&ana, carla.says(line, "Anyone?")).await;
    applied(amend(&desk, &ana, &first, edit("Hello!", 30)).await);
    assert_eq!(preview(&desk, &bruno, &carla).await, "Anyone?", "an older message's edit does not take its place");
}

#[tokio::test]
async fn what_was_taken_back_is_gone_everywhere() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let start = desk.pull(&bruno, None, 500).await.cursor;
    desk.push(&ana, carla.says(line, "Good morning")).await;
    let op = received(&carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::Image;
        message.text = Some("My password is hunter2".into());
        message.details = image();
    });
    let sent = desk.push(&ana, op).await.truth.message.expect("message");
    let gone = applied(amend(&desk, &ana, &sent, Amendment::Revoked { at: UtcMillis(50) }).await);
    assert_eq!((gone.kind, gone.text.as_deref(), gone.details.content.is_some()), (MessageKind::Revoked, None, false));
    assert_eq!(gone.details.revoked_at, Some(UtcMillis(50)));
    assert_eq!(preview(&desk, &bruno, &carla).await, "");
    for again in [Amendment::Revoked { at: UtcMillis(60) }, edit("hunter3", 70)] {
        assert_eq!(amend(&desk, &ana, &sent, again).await.outcome, Outcome::AlreadyApplied);
    }
    for cursor in [None, Some(start)] {
        let told = serde_json::to_string(&desk.pull(&bruno, cursor, 500).await.entries).expect("json");
        assert!(told.contains("Good morning"), "the rest stays");
        assert!(!told.contains("hunter") && !told.contains("invoice.jpg"), "{told}");
    }
}

#[tokio::test]
async fn reactions_and_votes_are_told_whole() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let options = ["Red", "Blue"].map(|text| PollOption { text: text.into(), votes: 0 }).to_vec();
    let op = received(&carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::Poll;
        message.details.content = Some(Box::new(Content::Poll(Poll { question: "Which?".into(), options, choose: 1 })));
    });
    let poll = desk.push(&ana, op).await.truth.message.expect("message");
    let reaction = |emoji: &str, direction| Reaction {
        emoji: emoji.into(),
        direction,
        agent_id: None,
        by: None,
        at: UtcMillis(1),
    };
    let both = vec![reaction("👍", Direction::Inbound), reaction("🙏", Direction::Outbound)];
    let now = applied(amend(&desk, &ana, &poll, Amendment::Reactions { reactions: both.clone() }).await);
    assert_eq!(now.details.reactions, both);
    let repeated = amend(&desk, &ana, &poll, Amendment::Reactions { reactions: both }).await;
    assert_eq!(repeated.outcome, Outcome::AlreadyApplied);
    assert_eq!(
        applied(amend(&desk, &ana, &poll, Amendment::Reactions { reactions: vec![] }).await).details.reactions,
        []
    );

    // Votes for options that are not there are nobody's.
    let now = applied(amend(&desk, &ana, &poll, Amendment::Votes { votes: vec![2, 1, 9] }).await);
    let Some(Content::Poll(counted)) = now.details.content.as_deref() else { panic!("a poll") };
    assert_eq!(counted.options.iter().map(|it| it.votes).collect::<Vec<_>>(), [2, 1]);

    let unknown = Op::MessageAmended { message_id: ownline_model::ids::MessageId::fresh(), amendment: edit("x", 1) };
    assert_eq!(rejected(&desk.push(&ana, unknown).await), ProblemCode::NotFound);
}
