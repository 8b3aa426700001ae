use super::*;

#[tokio::test]
async fn a_message_told_fifty_times_is_stored_once() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.drain().await;
    let first = machine.hear("+5511988887777", "3EB0A", "hi").await;
    assert_eq!(first.outcome, RecordOutcome::New);
    for _ in 0..50 {
        let again = machine.hear("+5511988887777", "3EB0A", "hi").await;
        assert_eq!((again.message_id, again.outcome), (first.message_id, RecordOutcome::Known));
    }
    assert_eq!(machine.messages(first.conversation_id).await.len(), 1);
    assert_eq!(kinds(&machine.outbox().await), ["message_received"]);
    let item = machine.store.conversation(first.conversation_id).await.expect("read").expect("there");
    assert_eq!((item.conversation.unread, item.conversation.state), (1, ConversationState::Active));
    assert_eq!(item.conversation.last_message.expect("last").preview, "hi");
    assert_eq!(item.contact.name, "Carla");
}

#[tokio::test]
async fn the_same_whatsapp_id_in_another_chat_or_direction_is_another_message() {
    let machine = Machine::linked(NumberUse::Work).await;
    let a = machine.hear("+5511988887777", "3EB0A", "hi").await;
    let b = machine.hear("+5511966665555", "3EB0A", "hi").await;
    let own = InboundFact { from_me: true, ..fact(by_phone("+5511988887777"), "3EB0A", "from my phone") };
    let c = machine.receive(vec![own]).await[0];
    assert_ne!(a.message_id, b.message_id);
    assert_eq!((c.outcome, c.conversation_id), (RecordOutcome::New, a.conversation_id));
    let stored = machine.messages(a.conversation_id).await;
    assert_eq!((stored[1].origin, stored[1].direction), (Origin::Phone, Direction::Outbound));
    assert_eq!(stored[1].author_id, Some(machine.me.id));
}

#[tokio::test]
async fn a_chat_keeps_the_order_of_arrival_whatever_the_stamps_say() {
    let machine = Machine::linked(NumberUse::Work).await;
    let facts = (0..20).map(|n| InboundFact {
        at: UtcMillis(1_000_000 - n * 1000),
        ..fact(by_phone("+5511988887777"), &format!("3EB0{n}"), &n.to_string())
    });
    let recorded = machine.receive(facts.collect()).await;
    let texts: Vec<_> =
        machine.messages(recorded[0].conversation_id).await.into_iter().filter_map(|m| m.text).collect();
    assert_eq!(texts, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn f12_a_number_and_a_hidden_id_become_one_person_with_one_history() {
    let machine = Machine::linked(NumberUse::Work).await;
    let a = machine.receive(vec![fact(by_phone("+5511988887777"), "1", "by number")]).await[0];
    let b = machine.receive(vec![fact(by_lid("1234567"), "2", "by hidden id")]).await[0];
    assert_ne!(a.conversation_id, b.conversation_id);
    let both =
        WaIdentity { phone: Some(phone("+5511988887777")), lid: Some("1234567".to_owned()), ..Default::default() };
    machine.store.learn_identity(both, None).await.expect("learned");
    let c = machine.receive(vec![fact(by_lid("1234567"), "3", "again")]).await[0];
    let contacts = machine.store.contacts(ContactQuery::default()).await.expect("contacts").items;
    assert_eq!(contacts.len(), 1);
    assert_eq!(
        (contacts[0].lid.as_deref(), contacts[0].phone.as_ref()),
        (Some("1234567"), Some(&phone("+5511988887777")))
    );
    for id in [a.conversation_id, b.conversation_id, c.conversation_id] {
        assert_eq!(machine.messages(id).await.len(), 3, "an old id still leads to the chat");
    }
    let item = machine.store.conversation(a.conversation_id).await.expect("read").expect("there");
    assert_eq!(item.conversation.unread, 3);
    // What waits for the server names what is left.
    for change in machine.outbox().await {
        if let Op::MessageReceived { contact, message, .. } = change.op {
            assert_eq!((contact.id, message.conversation_id), (item.contact.id, item.conversation.id));
        }
    }
}

#[tokio::test]
async fn f10_a_placeholder_is_replaced_in_place() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.drain().await;
    let unreadable =
        InboundFact { kind: MessageKind::Undecryptable, text: None, ..fact(by_phone("+5511988887777"), "1", "") };
    let placeholder = machine.receive(vec![unreadable.clone()]).await[0];
    machine.hear("+5511988887777", "2", "later").await;
    let read = machine.hear("+5511988887777", "1", "now readable").await;
    assert_eq!((read.message_id, read.outcome), (placeholder.message_id, RecordOutcome::Replaced));
    assert_eq!(
        machine.receive(vec![unreadable]).await[0].outcome,
        RecordOutcome::Known,
        "it does not become unreadable again"
    );
    let messages = machine.messages(read.conversation_id).await;
    assert_eq!(messages.len(), 2);
    assert_eq!((messages[0].text.as_deref(), messages[0].position), (Some("now readable"), 1));
    let item = machine.store.conversation(read.conversation_id).await.expect("read").expect("there");
    assert_eq!(item.conversation.unread, 2, "one message, counted once");
}

#[tokio::test]
async fn reading_on_the_phone_reads_here() {
    let machine = Machine::linked(NumberUse::Work).await;
    let first = machine.hear("+5511988887777", "1", "one").await;
    machine.hear("+5511988887777", "2", "two").await;
    machine.store.read_on_phone(by_phone("+5511988887777"), vec!["1".to_owned()]).await.expect("read");
    let item = machine.store.conversation(first.conversation_id).await.expect("read").expect("there");
    assert_eq!(item.conversation.unread, 1);
    assert_eq!(kinds(&machine.outbox().await).last(), Some(&"conversation_read"));
}

#[tokio::test]
async fn without_a_number_nothing_is_acknowledged() {
    let machine = Machine::signed_in().await;
    let refused = machine.store.record_inbound(vec![fact(by_phone("+5511988887777"), "1", "hi")]).await;
    assert!(matches!(refused, Err(super::super::StoreError::NotLinked)));
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let machine = Machine::linked(NumberUse::Work).await;
    let recorded = machine.hear("+5511988887777", "1", "hi").await;
    machine.store.close().await;
    let store = open(&machine.folder);
    let messages =
        store.messages(recorded.conversation_id, MessageQuery::default()).await.expect("read").expect("there");
    assert_eq!(messages.items.len(), 1);
    assert_eq!(store.linked().await.expect("read").expect("linked").phone, phone(OWN));
}

#[tokio::test]
async fn two_spellings_of_one_line_are_one_person() {
    let machine = Machine::linked(NumberUse::Work).await;
    for (long, short) in
        [("+5511987654321", "+551187654321"), ("+5215512345678", "+525512345678"), ("+5491123456789", "+541123456789")]
    {
        let a = machine.hear(short, &format!("{short}-1"), "as WhatsApp writes it").await;
        let b = machine.hear(long, &format!("{long}-2"), "as people write it").await;
        assert_eq!(a.conversation_id, b.conversation_id, "{long}");
    }
    assert_eq!(machine.store.contacts(ContactQuery::default()).await.expect("contacts").items.len(), 3);
}
