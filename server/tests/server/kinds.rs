//! Messages of every kind: what they carry is kept, cut to size, and told only where the chat shares it.

use ownline_model::{
    contact::ContactKind,
    conversation::{ConversationItem, ConversationState, Scope},
    details::{Attachment, ContactCard, Content, FileState, GroupSender, MessageDetails, Quote},
    event::Event,
    ids::{ChannelId, MessageId},
    message::{Direction, Message, MessageKind, MessageStatus},
    page::Page,
    sync::{Op, Outcome, Truth},
    time::UtcMillis,
};

use crate::support::{Customer, Desk, Person};

pub(crate) fn image() -> MessageDetails {
    let file = Attachment {
        mime: "image/jpeg".into(),
        size: 1_234,
        file_name: Some("invoice.jpg".into()),
        width: Some(640),
        height: Some(480),
        seconds: None,
        waveform: vec![],
        thumbnail: Some("AAAA".into()),
        sha256: Some("ab".repeat(32)),
        state: FileState::Here,
    };
    MessageDetails { content: Some(Box::new(Content::File(file))), ..MessageDetails::default() }
}

/// The customer's next message, changed before it is told.
pub(crate) fn received(carla: &Customer, line: ChannelId, scope: Scope, change: impl FnOnce(&mut Message)) -> Op {
    let Op::MessageReceived { contact, mut message, .. } = carla.says(line, "Look at this") else { unreachable!() };
    change(&mut message);
    Op::MessageReceived { contact, scope, message }
}

async fn told(desk: &Desk, who: &Person, op: Op) -> Truth {
    let result = desk.push(who, op).await;
    assert_eq!(result.outcome, Outcome::Applied, "{result:?}");
    result.truth
}

async fn messages(desk: &Desk, who: &Person, carla: &Customer) -> Vec<Message> {
    let page: Page<Message> = desk.get(&format!("/api/conversations/{}/messages", carla.conversation), who).await.ok();
    page.items
}

#[tokio::test]
async fn a_picture_comes_through_ingest_list_snapshot_and_journal() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let cursor = desk.pull(&bruno, None, 500).await.cursor;
    let op = received(&carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::Image;
        message.details = image();
    });
    let stored = told(&desk, &ana, op).await.message.expect("message");
    let file = stored.details.attachment().expect("a file");
    assert_eq!((file.file_name.as_deref(), file.thumbnail.as_deref()), (Some("invoice.jpg"), Some("AAAA")));
    assert_eq!(file.state, FileState::Remote, "the bytes are not on the server yet");
    assert_eq!(messages(&desk, &bruno, &carla).await, std::slice::from_ref(&stored));
    for cursor in [None, Some(cursor)] {
        let pulled = desk.pull(&bruno, cursor, 500).await;
        let told = pulled.entries.iter().any(|entry| entry.event == Event::MessageNew(stored.clone()));
        assert!(told, "the snapshot and the journal tell it whole");
    }
}

#[tokio::test]
async fn a_chat_without_words_tells_kind_and_size_only() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    // A machine that forgot to leave the words out.
    let op = received(&carla, line, Scope::Metadata, |message| {
        message.kind = MessageKind::Image;
        message.details = image();
        message.details.sender = Some(GroupSender { id: "1".into(), name: "Carla".into() });
    });
    let stored = told(&desk, &ana, op).await.message.expect("message");
    let file = stored.details.attachment().expect("a file");
    assert_eq!((stored.text, file.size, &file.state), (None, 1_234, &FileState::Withheld));
    let journal = serde_json::to_string(&desk.pull(&ana, None, 500).await.entries).expect("json");
    // Long enough to be no part of an id by chance.
    for secret in ["invoice", "\"AAAA\"", "abababababab", "Look at this"] {
        assert!(!journal.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn too_much_is_cut_and_the_message_stays() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let card = |n: usize| ContactCard {
        name: format!("Friend\u{7} {n}"),
        phones: vec!["+5511900001111".into(); 50],
        emails: vec![],
        organisation: None,
    };
    let op = received(&carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::ContactCard;
        let cards = (0..100).map(card).collect();
        message.details.content = Some(Box::new(Content::Cards { cards }));
    });
    let stored = told(&desk, &ana, op).await.message.expect("message");
    let Some(Content::Cards { cards }) = stored.details.content.as_deref() else { panic!("cards") };
    assert_eq!((cards.len(), cards[0].name.as_str(), cards[0].phones.len()), (20, "Friend 0", 10));
}

#[tokio::test]
async fn an_answer_leads_to_the_message_it_answers() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let first = told(&desk, &ana, carla.says(line, "One")).await.message.expect("message");
    let quote = |wa_id: &str| Quote {
        wa_id: wa_id.into(),
        // Of the machine that tells it, before the server settled the id.
        message_id: Some(MessageId::fresh()),
        direction: Direction::Inbound,
        kind: MessageKind::Text,
        preview: "One".into(),
    };
    let mut ids = Vec::new();
    for wa_id in [first.wa_id.as_str(), "UNKNOWN"] {
        let op = received(&carla, line, Scope::Shared, |it| it.details.reply_to = Some(Box::new(quote(wa_id))));
        let stored = told(&desk, &ana, op).await.message.expect("message");
        ids.push(stored.details.reply_to.expect("a quote").message_id);
    }
    assert_eq!(ids, [Some(first.id), None]);
}

/// Its owner has turned it on, or it would not come here at all.
#[tokio::test]
async fn a_group_asks_like_any_chat_and_its_words_are_its_members() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let mut group = Customer::of_number("+5511911112222");
    group.identity.kind = ContactKind::Group;
    group.identity.phone = None;
    group.identity.lid = Some("5511999998888-1580000000".into());
    let by_carla = received(&group, line, Scope::Shared, |message| {
        message.details.sender = Some(GroupSender { id: "91".into(), name: "Carla".into() });
    });
    let truth = told(&desk, &ana, by_carla).await;
    let ticket = truth.ticket.expect("a ticket, as of any chat");
    assert_eq!(truth.contact.expect("contact").kind, ContactKind::Group);
    assert_eq!(truth.conversation.expect("conversation").unread, 1);
    assert_eq!(truth.message.expect("message").details.sender.expect("sender").name, "Carla");
    let more = told(&desk, &ana, group.says(line, "I do")).await;
    assert_eq!(more.ticket.expect("the same").id, ticket.id);
    let off = desk.push(&ana, received(&group, line, Scope::Private, |_| {})).await;
    assert!(matches!(off.outcome, Outcome::Rejected { .. }), "one that is off is never taken: {off:?}");
}

#[tokio::test]
async fn gaps_make_no_work() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911113333");
    let gap = received(&carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::Gap;
        message.text = None;
    });
    let truth = told(&desk, &ana, gap.clone()).await;
    let chat = truth.conversation.expect("conversation");
    assert_eq!((truth.ticket, chat.unread, chat.last_message), (None, 0, None));
    let opened = told(&desk, &ana, carla.says(line, "Hello")).await.ticket.expect("a person who writes is work");
    assert_eq!(opened.number, 1);
    let truth = told(&desk, &ana, received(&carla, line, Scope::Shared, |it| it.kind = MessageKind::Gap)).await;
    let chat = truth.conversation.expect("conversation");
    assert_eq!((chat.unread, chat.last_message.expect("last").preview.as_str()), (1, "Hello"));
}

#[tokio::test]
async fn what_the_phone_hands_over_is_history_and_no_work() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let old = received(&carla, line, Scope::Shared, |it| it.status = MessageStatus::Read);
    let truth = told(&desk, &ana, old).await;
    let chat = truth.conversation.expect("conversation");
    assert_eq!((truth.ticket, chat.unread, chat.state), (None, 0, ConversationState::Waiting));
    assert_eq!(chat.last_message.expect("last").preview, "Look at this");

    let ticket = told(&desk, &ana, carla.says(line, "Now")).await.ticket;
    assert!(ticket.is_some());
    // Earlier ones come later, newest first, and take their place before.
    for (proposed, text) in [(-1, "earlier"), (-2, "earliest"), (-2, "before that")] {
        let op = received(&carla, line, Scope::Shared, |it| {
            it.position = proposed;
            it.text = Some(text.into());
            it.at = UtcMillis(1);
        });
        told(&desk, &ana, op.clone()).await;
        assert_eq!(desk.push(&ana, op).await.outcome, Outcome::AlreadyApplied);
    }
    let said: Vec<_> = messages(&desk, &ana, &carla).await.into_iter().filter_map(|m| m.text).collect();
    assert_eq!(said, ["before that", "earliest", "earlier", "Look at this", "Now"]);
    let item: ConversationItem = desk.get(&format!("/api/conversations/{}", carla.conversation), &ana).await.ok();
    assert_eq!(item.conversation.last_message.expect("last").preview, "Now");
    assert_eq!((item.conversation.unread, item.ticket), (1, ticket));
    // Room was left for what came while the machine was away; a machine that does not know the room proposes into it too.
    for (proposed, at, text) in [(1_000, 50, "after the room"), (500, 40, "in the room"), (600, 60, "newest of all")] {
        let op = received(&carla, line, Scope::Shared, |it| {
            (it.position, it.at) = (proposed, UtcMillis(1_700_000_000_000 + at));
            it.text = Some(text.into());
        });
        told(&desk, &ana, op).await;
    }
    let said: Vec<_> = messages(&desk, &ana, &carla).await.into_iter().skip(5).map(|m| (m.position, m.text)).collect();
    let expected = [(500, "in the room"), (1_000, "after the room"), (1_001, "newest of all")];
    assert_eq!(said, expected.map(|(position, text)| (position, Some(text.to_owned()))));
    let nowhere = received(&carla, line, Scope::Shared, |it| it.position = i64::MIN);
    assert!(matches!(desk.push(&ana, nowhere).await.outcome, Outcome::Rejected { .. }));
}

#[tokio::test]
async fn a_chat_that_is_shared_with_its_past_keeps_its_places() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let mut truth = None;
    for (position, direction, text) in
        [(-2, Direction::Inbound, "Hi"), (-1, Direction::Outbound, "Hello"), (0, Direction::Inbound, "Thanks")]
    {
        let op = received(&carla, line, Scope::Shared, |it| {
            (it.position, it.direction, it.status) = (position, direction, MessageStatus::Read);
            it.text = Some(text.into());
        });
        truth = Some(told(&desk, &ana, op).await);
    }
    let chat = truth.expect("three were told");
    assert_eq!(chat.conversation.expect("conversation").last_message.expect("last").preview, "Thanks");
    assert_eq!(chat.ticket, None);
    let op = received(&carla, line, Scope::Shared, |it| it.position = 1);
    assert!(told(&desk, &ana, op).await.ticket.is_some(), "and what is new is work");
    let places: Vec<_> = messages(&desk, &ana, &carla).await.into_iter().map(|it| it.position).collect();
    assert_eq!(places, [-2, -1, 0, 1]);
}
