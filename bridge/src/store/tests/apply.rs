use ownline_model::event::Event;

use super::*;
use crate::store::inbound::{MessageRef, StatusNews};

async fn own_chat(machine: &Machine) -> Conversation {
    let heard = machine.hear("+5511988887777", "in-1", "hi").await;
    machine.drain().await;
    machine.store.conversation(heard.conversation_id).await.expect("read").expect("there").conversation
}

#[tokio::test]
async fn an_older_version_never_overwrites_a_newer_one() {
    let machine = Machine::signed_in().await;
    let bruno = agent("bruno");
    let number = channel(&bruno, "+5511900000002");
    let customer = Contact { version: 3, ..contact("Carla", "+5511988887777") };
    let chat = Conversation { version: 3, unread: 5, ..conversation(number.id, customer.id) };
    let work = Ticket { version: 3, subject: "New".to_owned(), ..ticket(&chat) };
    let new = vec![
        Event::ChannelStatus(Channel { version: 3, ..number.clone() }),
        Event::ContactUpdated(customer.clone()),
        Event::ConversationUpdated(chat.clone()),
        Event::TicketUpdated(work.clone()),
    ];
    machine.pull(new).await;
    machine
        .pull(vec![
            Event::ChannelStatus(Channel { version: 2, lends: false, ..number.clone() }),
            Event::ContactUpdated(Contact { version: 2, name: "Old".to_owned(), ..customer.clone() }),
            Event::ConversationUpdated(Conversation { version: 2, unread: 0, ..chat.clone() }),
            Event::TicketUpdated(Ticket { version: 2, subject: "Old".to_owned(), ..work.clone() }),
        ])
        .await;
    let item = machine.store.conversation(chat.id).await.expect("read").expect("there");
    assert_eq!((item.conversation.unread, item.contact.name.as_str()), (5, "Carla"));
    assert_eq!(machine.store.ticket(work.id).await.expect("read").expect("there").subject, "New");
    assert!(machine.store.channels().await.expect("channels")[0].lends);
}

#[tokio::test]
async fn applying_a_page_twice_changes_nothing() {
    let machine = Machine::signed_in().await;
    let bruno = agent("bruno");
    let number = channel(&bruno, "+5511900000002");
    let customer = contact("Carla", "+5511988887777");
    let mut chat = conversation(number.id, customer.id);
    let message = known_message(&chat, "1", Direction::Inbound, MessageStatus::Delivered);
    chat.last_message = Some(crate::store::people::as_last(&message));
    let page = vec![
        Event::AgentUpdated(bruno),
        Event::ChannelStatus(number),
        Event::ContactUpdated(customer),
        Event::ConversationNew(chat.clone()),
        Event::MessageNew(message),
    ];
    machine.pull(page.clone()).await;
    let before = machine.store.conversation(chat.id).await.expect("read");
    machine.pull(page).await;
    assert_eq!(machine.store.conversation(chat.id).await.expect("read"), before);
    assert_eq!(machine.messages(chat.id).await.len(), 1);
    assert_eq!(machine.store.cursor().await.expect("cursor").as_deref(), Some("cursor"));
}

#[tokio::test]
async fn a_reply_routed_to_the_own_number_is_offered_to_whatsapp() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = own_chat(&machine).await;
    let routed = Message {
        author_id: Some(AgentId::fresh()),
        position: 2,
        expires_at: Some(now().plus_millis(60_000)),
        ..known_message(&chat, "3EB0ROUTED", Direction::Outbound, MessageStatus::Queued)
    };
    machine.pull(vec![Event::MessageNew(routed.clone()), Event::MessageNew(routed.clone())]).await;
    let waiting = machine.store.next_to_send(10).await.expect("queue");
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].message_id, waiting[0].wa_id.as_str()), (routed.id, "3EB0ROUTED"));
    // Sent here; the journal's older word does not bring it back.
    let news = StatusNews { message: MessageRef::Id(routed.id), status: MessageStatus::Sent, at: now(), failure: None };
    machine.store.advance_statuses(vec![news]).await.expect("sent");
    machine.drain().await;
    machine.pull(vec![Event::MessageStatus(routed.clone())]).await;
    assert!(machine.store.next_to_send(10).await.expect("queue").is_empty());
}

#[tokio::test]
async fn a_retry_asked_for_by_a_colleague_is_queued_but_an_old_failure_is_not() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = own_chat(&machine).await;
    let routed =
        Message { position: 2, ..known_message(&chat, "3EB0ROUTED", Direction::Outbound, MessageStatus::Queued) };
    machine.pull(vec![Event::MessageNew(routed.clone())]).await;
    let failed = StatusNews {
        message: MessageRef::Id(routed.id),
        status: MessageStatus::Failed,
        at: now(),
        failure: Some(ownline_model::message::Failure {
            code: "refused_by_whatsapp".to_owned(),
            detail: String::new(),
            retryable: true,
        }),
    };
    machine.store.advance_statuses(vec![failed]).await.expect("failed");
    // The journal still says `queued`: this machine knows better, before and after it has told so.
    machine.pull(vec![Event::MessageNew(routed.clone())]).await;
    machine.drain().await;
    let reported = Message { status: MessageStatus::Failed, ..routed.clone() };
    machine.pull(vec![Event::MessageNew(routed.clone()), Event::MessageStatus(reported)]).await;
    assert!(machine.store.next_to_send(10).await.expect("queue").is_empty(), "an old word is no retry");
    // Now somebody asks again: the journal ends with `queued`.
    machine.pull(vec![Event::MessageStatus(routed.clone())]).await;
    assert_eq!(machine.store.next_to_send(10).await.expect("queue").len(), 1);
}

#[tokio::test]
async fn a_channel_that_the_team_knows_is_found_again() {
    let machine = Machine::signed_in().await;
    let known = Channel { owner_id: machine.me.id, ..channel(&machine.me, OWN) };
    machine.pull(vec![Event::ChannelStatus(known.clone())]).await;
    let account = LinkedAccount { phone: phone(OWN), lid: None, name: "Ana".to_owned(), platform: None };
    machine.store.set_linked(account).await.expect("linked");
    assert_eq!(machine.own_channel().await, known.id);
}

#[tokio::test]
async fn a_channel_known_by_another_id_is_taken_over_with_its_chats() {
    let machine = Machine::linked(NumberUse::Work).await;
    let heard = machine.hear("+5511988887777", "in-1", "hi").await;
    let known = Channel { version: 8, ..channel(&machine.me, OWN) };
    machine.pull(vec![Event::ChannelStatus(known.clone())]).await;
    assert_eq!(machine.own_channel().await, known.id);
    assert_eq!(machine.messages(heard.conversation_id).await[0].channel_id, known.id);
    assert_eq!(machine.hear("+5511988887777", "in-1", "hi").await.outcome, RecordOutcome::Known);
    assert_eq!(machine.store.channels().await.expect("channels").len(), 1);
}

#[tokio::test]
async fn another_person_cannot_take_over_a_machine_that_holds_a_number() {
    let machine = Machine::linked(NumberUse::Work).await;
    let refused = machine.store.sign_in("https://desk.example.org".to_owned(), tokens(&agent("eva"))).await;
    assert_eq!(refusal(refused), "already_linked");
    // One that holds nothing is theirs, empty.
    let other = Machine::signed_in().await;
    other.pull(vec![Event::ContactUpdated(contact("Carla", "+5511988887777"))]).await;
    other.store.sign_in("https://desk.example.org".to_owned(), tokens(&agent("eva"))).await.expect("theirs");
    assert!(other.store.contacts(ContactQuery::default()).await.expect("contacts").items.is_empty());
    assert_eq!(other.store.cursor().await.expect("cursor"), None);
}
