//! What a chat shares, taken back and given again.

use axum::http::{Method, StatusCode};
use ownline_model::{
    contact::Contact,
    conversation::{Conversation, ConversationCounts, ConversationItem, ConversationState, Scope},
    details::FileState,
    event::Event,
    ids::ChannelId,
    message::{Message, MessageKind, MessageStatus, NewMessage},
    page::Page,
    problem::ProblemCode,
    sync::{ChangeResult, Op, Outcome},
    ticket::{Ticket, TicketState},
    time::UtcMillis,
};
use serde_json::json;

use crate::{
    kinds::{image, received},
    support::{Customer, Desk, Person, rejected},
};

const SECRET: &str = "My card number is 4111 1111";

async fn set(desk: &Desk, who: &Person, carla: &Customer, scope: Scope) -> ChangeResult {
    desk.push(who, Op::ConversationScope { conversation_id: carla.conversation, scope }).await
}

async fn now(desk: &Desk, who: &Person, carla: &Customer, scope: Scope) -> Conversation {
    let result = set(desk, who, carla, scope).await;
    assert_eq!(result.outcome, Outcome::Applied, "{result:?}");
    result.truth.conversation.expect("conversation")
}

async fn messages(desk: &Desk, who: &Person, carla: &Customer) -> Vec<Message> {
    let page: Page<Message> = desk.get(&format!("/api/conversations/{}/messages", carla.conversation), who).await.ok();
    page.items
}

/// A secret, a picture with its file, and a reply.
async fn chat(desk: &Desk, ana: &Person) -> (ChannelId, Customer, Vec<Op>) {
    let line = desk.link(ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let secret = received(&carla, line, Scope::Shared, |message| message.text = Some(SECRET.into()));
    let picture = received(&carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::Image;
        message.text = Some("4111 1111 as a picture".into());
        message.details = image();
        message.details.attachment_mut().expect("a file").sha256 = None;
    });
    let mut told = Vec::new();
    for op in [secret, picture] {
        assert_eq!(desk.push(ana, op.clone()).await.outcome, Outcome::Applied);
        told.push(op);
    }
    let picture = messages(desk, ana, &carla).await.remove(1).id;
    let put = desk.raw(Method::PUT, &format!("/api/messages/{picture}/media"), ana, "a picture of 4111 1111").await;
    assert_eq!(put.status, StatusCode::OK);
    (line, carla, told)
}

/// Everything that a replica could get, from the start and from a cursor, and what lies in the data folder.
async fn told(desk: &Desk, who: &Person, cursors: &[String]) -> String {
    let mut all = serde_json::to_string(&desk.pull(who, None, 500).await.entries).expect("json");
    for cursor in cursors {
        let entries = desk.pull(who, Some(cursor.clone()), 500).await.entries;
        all.push_str(&serde_json::to_string(&entries).expect("json"));
    }
    all
}

#[tokio::test]
async fn words_that_are_taken_back_are_nowhere_any_more() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let start = desk.pull(&bruno, None, 500).await.cursor;
    let (_, carla, _) = chat(&desk, &ana).await;
    assert!(told(&desk, &bruno, std::slice::from_ref(&start)).await.contains(SECRET));
    assert_eq!(rejected(&set(&desk, &bruno, &carla, Scope::Metadata).await), ProblemCode::NotYourNumber);
    let before = desk.pull(&bruno, None, 500).await.cursor;

    let chat = now(&desk, &ana, &carla, Scope::Metadata).await;
    assert_eq!((chat.scope, chat.unread, chat.state), (Scope::Metadata, 2, ConversationState::Active));
    assert_eq!(chat.last_message.as_ref().expect("last").preview, "");
    assert_eq!(set(&desk, &ana, &carla, Scope::Metadata).await.outcome, Outcome::AlreadyApplied);
    let left = messages(&desk, &bruno, &carla).await;
    assert_eq!(left.iter().map(|it| it.text.as_deref()).collect::<Vec<_>>(), [None, None]);
    assert_eq!(left[1].details.attachment().expect("a file").state, FileState::Withheld);
    let tickets: Page<Ticket> = desk.get("/api/tickets", &bruno).await.ok();
    assert_eq!((tickets.items[0].subject.as_str(), tickets.items[0].state), ("Carla", TicketState::Open));
    let news = desk.pull(&bruno, Some(before.clone()), 500).await.entries;
    assert_eq!(news.last().expect("news").event, Event::ConversationUnshared(chat));

    let all = told(&desk, &bruno, &[start, before]).await;
    for secret in ["4111 1111", "invoice.jpg"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    let file = desk.get(&format!("/api/messages/{}/media", left[1].id), &bruno).await;
    assert_eq!(file.code(), ProblemCode::NotFound);
    desk.app.run_jobs().await.expect("jobs");
    assert_eq!(std::fs::read_dir(desk.folder.0.join("media")).expect("folder").count(), 0);
}

#[tokio::test]
async fn a_chat_that_is_private_is_shown_to_nobody() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let start = desk.pull(&bruno, None, 500).await.cursor;
    let (line, carla, _) = chat(&desk, &ana).await;
    let diego = Customer::of_number("+5511933334444");
    desk.push(&ana, diego.says(line, "I stay")).await;
    let item: ConversationItem = desk.get(&format!("/api/conversations/{}", carla.conversation), &bruno).await.ok();
    let ticket = item.ticket.expect("ticket").id;
    let before = desk.pull(&bruno, None, 500).await.cursor;

    let chat = now(&desk, &ana, &carla, Scope::Private).await;
    assert_eq!(
        (chat.state, chat.ticket_id, chat.unread, chat.last_message.as_ref()),
        (ConversationState::Closed, None, 0, None)
    );
    let paths = [
        format!("/api/conversations/{}", carla.conversation),
        format!("/api/conversations/{}/messages", carla.conversation),
        format!("/api/tickets/{ticket}"),
        format!("/api/contacts/{}", item.contact.id),
    ];
    for path in &paths {
        for who in [&ana, &bruno] {
            assert_eq!(desk.get(path, who).await.code(), ProblemCode::NotFound, "{path}");
        }
    }
    for view in ["all", "unassigned", "closed"] {
        let page: Page<ConversationItem> = desk.get(&format!("/api/conversations?view={view}"), &bruno).await.ok();
        assert!(page.items.iter().all(|it| it.conversation.id != carla.conversation), "{view}");
    }
    let counts: ConversationCounts = desk.get("/api/conversations/counts", &bruno).await.ok();
    assert_eq!((counts.all, counts.unassigned, counts.unread, counts.closed), (1, 1, 1, 0));
    let tickets: Page<Ticket> = desk.get("/api/tickets", &bruno).await.ok();
    let people: Page<Contact> = desk.get("/api/contacts", &bruno).await.ok();
    assert_eq!((tickets.items.len(), people.items.len()), (1, 1));

    // Whoever was behind learns that it is gone, and nothing that was said in it; who begins anew learns nothing at all.
    let news = desk.pull(&bruno, Some(before), 500).await.entries;
    assert_eq!(news.last().expect("news").event, Event::ConversationUnshared(chat));
    let all = told(&desk, &bruno, &[start]).await;
    for secret in ["4111 1111", "invoice.jpg", "+5511911112222"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert!(all.contains("I stay"));
    let snapshot = serde_json::to_string(&desk.pull(&bruno, None, 500).await.entries).expect("json");
    assert!(!snapshot.contains(&carla.conversation.to_string()));
    assert_eq!(set(&desk, &ana, &carla, Scope::Private).await.outcome, Outcome::AlreadyApplied);
}

#[tokio::test]
async fn what_is_shared_again_is_filled_in() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (line, carla, earlier) = chat(&desk, &ana).await;
    let told = messages(&desk, &bruno, &carla).await;
    now(&desk, &ana, &carla, Scope::Metadata).await;
    now(&desk, &ana, &carla, Scope::Shared).await;
    assert_eq!(messages(&desk, &bruno, &carla).await[0].text, None, "only what comes, until the owner's machine tells");
    for op in &earlier {
        assert_eq!(desk.push(&ana, op.clone()).await.outcome, Outcome::Applied);
        assert_eq!(desk.push(&ana, op.clone()).await.outcome, Outcome::AlreadyApplied);
    }
    let again = messages(&desk, &bruno, &carla).await;
    assert_eq!(again[0], told[0]);
    assert_eq!(again[1].text.as_deref(), Some("4111 1111 as a picture"));
    let file = again[1].details.attachment().expect("a file");
    assert_eq!((file.file_name.as_deref(), &file.state), (Some("invoice.jpg"), &FileState::Remote));
    let chat: ConversationItem = desk.get(&format!("/api/conversations/{}", carla.conversation), &bruno).await.ok();
    assert_eq!(chat.conversation.last_message.expect("last").preview, "4111 1111 as a picture");
    assert_eq!(chat.conversation.unread, 2, "nothing is counted twice");

    // And from nothing at all.
    now(&desk, &ana, &carla, Scope::Private).await;
    now(&desk, &ana, &carla, Scope::Shared).await;
    for op in &earlier {
        assert_eq!(desk.push(&ana, op.clone()).await.outcome, Outcome::Applied);
    }
    let back: Vec<_> = messages(&desk, &bruno, &carla).await.into_iter().map(|it| (it.id, it.position)).collect();
    assert_eq!(back, [(told[0].id, 1), (told[1].id, 2)]);
    let people: Page<Contact> = desk.get("/api/contacts", &bruno).await.ok();
    assert_eq!(people.items.len(), 1);
    assert_eq!(desk.push(&ana, carla.says(line, "New")).await.truth.message.expect("message").position, 3);
}

#[tokio::test]
async fn a_reply_that_waits_does_not_outlive_the_sharing() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (_, carla, _) = chat(&desk, &ana).await;
    let item: ConversationItem = desk.get(&format!("/api/conversations/{}", carla.conversation), &bruno).await.ok();
    let ticket = item.ticket.expect("ticket").id;
    let taken = desk.post(&format!("/api/tickets/{ticket}/assign"), &bruno, &json!({})).await;
    assert_eq!(taken.status, StatusCode::OK);
    let reply = NewMessage::text(ownline_model::ids::MessageId::fresh(), "I noted 4111 1111".into());
    let sent = desk.post(&format!("/api/tickets/{ticket}/reply"), &bruno, &reply).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    now(&desk, &ana, &carla, Scope::Metadata).await;
    let failed = messages(&desk, &bruno, &carla).await.pop().expect("the reply");
    assert_eq!(
        (failed.status, failed.text, failed.failure.expect("why").code.as_str()),
        (MessageStatus::Failed, None, "unshared")
    );
    assert!(!told(&desk, &bruno, &[]).await.contains("4111 1111"));
}

#[tokio::test]
async fn words_for_the_sending_machine_go_when_they_have_left() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let start = desk.pull(&ana, None, 500).await.cursor;
    let truth = desk.push(&ana, received(&carla, line, Scope::Metadata, |_| {})).await.truth;
    let ticket = truth.ticket.expect("ticket").id;
    desk.post(&format!("/api/tickets/{ticket}/assign"), &ana, &json!({})).await.ok::<Ticket>();
    let reply = NewMessage::text(ownline_model::ids::MessageId::fresh(), "Only for you".into());
    let queued: Message = desk.post(&format!("/api/tickets/{ticket}/reply"), &ana, &reply).await.ok();
    assert_eq!(queued.text.as_deref(), Some("Only for you"), "the owner's machine needs the words");
    let left =
        Op::MessageStatus { message_id: queued.id, status: MessageStatus::Sent, at: UtcMillis(1), failure: None };
    assert_eq!(desk.push(&ana, left).await.truth.message.expect("message").text, None);
    assert!(!told(&desk, &ana, &[start]).await.contains("Only for you"));
}
