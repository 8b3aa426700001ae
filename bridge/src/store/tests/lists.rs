use ownline_model::{
    conversation::ConversationView,
    desk_query::{ContactQuery, ConversationQuery, MessageQuery, TicketQuery},
    event::Event,
};

use super::*;

/// Ana's desk with many chats on Bruno's number.
async fn desk(chats: usize) -> (Machine, Vec<Conversation>) {
    let machine = Machine::signed_in().await;
    let bruno = agent("bruno");
    let number = channel(&bruno, "+5511900000002");
    let mut events = vec![Event::AgentUpdated(bruno), Event::ChannelStatus(number.clone())];
    let mut conversations = Vec::new();
    for n in 0..chats {
        let customer = contact(&format!("Customer {n:04}"), &format!("+55119{n:08}"));
        let mut chat = conversation(number.id, customer.id);
        // Several share a moment, so that the tie has to be broken by id.
        chat.last_activity_at = UtcMillis((n / 3) as i64);
        chat.unread = 1;
        let mut work = ticket(&chat);
        work.created_at = UtcMillis((n / 3) as i64);
        chat.ticket_id = Some(work.id);
        match n % 4 {
            0 => work.assignee_id = Some(machine.me.id),
            1 => chat.state = ConversationState::Waiting,
            2 => {
                chat.state = ConversationState::Closed;
                work.state = TicketState::Closed;
            }
            _ => {}
        }
        if work.assignee_id.is_some() {
            work.state = TicketState::Assigned;
        }
        conversations.push(chat.clone());
        events.extend([Event::ContactUpdated(customer), Event::ConversationNew(chat), Event::TicketCreated(work)]);
    }
    machine.pull(events).await;
    (machine, conversations)
}

#[tokio::test]
async fn pages_cover_a_list_without_gap_or_repetition() {
    let (machine, chats) = desk(50).await;
    let mut seen = Vec::new();
    let mut query = ConversationQuery { limit: Some(7), ..ConversationQuery::default() };
    loop {
        let page = machine.store.conversations(query.clone()).await.expect("page");
        seen.extend(page.items.iter().map(|item| (item.conversation.last_activity_at, item.conversation.id)));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    let mut expected: Vec<_> = chats
        .iter()
        .filter(|chat| chat.state != ConversationState::Closed)
        .map(|chat| (chat.last_activity_at, chat.id))
        .collect();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(seen, expected);

    let mut names = Vec::new();
    let mut query = ContactQuery { limit: Some(7), ..ContactQuery::default() };
    loop {
        let page = machine.store.contacts(query.clone()).await.expect("page");
        names.extend(page.items.into_iter().map(|contact| contact.name));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, (0..50).map(|n| format!("Customer {n:04}")).collect::<Vec<_>>());

    let mut tickets = 0;
    let mut query = TicketQuery { limit: Some(7), ..TicketQuery::default() };
    loop {
        let page = machine.store.tickets(query.clone()).await.expect("page");
        tickets += page.items.len();
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(tickets, 50);
}

#[tokio::test]
async fn views_and_counts_agree() {
    let (machine, _) = desk(40).await;
    let counts = machine.store.conversation_counts().await.expect("counts");
    for (view, count) in [
        (ConversationView::Mine, counts.mine),
        (ConversationView::Unassigned, counts.unassigned),
        (ConversationView::All, counts.all),
        (ConversationView::Waiting, counts.waiting),
        (ConversationView::Closed, counts.closed),
    ] {
        let query = ConversationQuery { view: Some(view), limit: Some(200), ..ConversationQuery::default() };
        let items = machine.store.conversations(query).await.expect("page").items;
        assert_eq!(items.len() as u64, count, "{view:?}");
        assert!(count > 0, "{view:?}");
    }
    assert_eq!(counts.mine, 10);
    assert_eq!(counts.unread, 40);
}

#[tokio::test]
async fn search_takes_text_literally() {
    let (machine, _) = desk(12).await;
    let find = async |text: &str| {
        let query = ConversationQuery { q: Some(text.to_owned()), ..ConversationQuery::default() };
        machine.store.conversations(query).await.expect("page").items.len()
    };
    assert_eq!(find("customer 0001").await, 1);
    assert_eq!(find("CUSTOMER").await, 9);
    assert_eq!(find("%").await, 0);
    assert_eq!(find("_").await, 0);
    assert_eq!(find("00000003").await, 1);
}

#[tokio::test]
async fn messages_come_newest_page_first_and_in_order_inside() {
    let machine = Machine::linked(NumberUse::Work).await;
    let facts = (0..25).map(|n| fact(by_phone("+5511988887777"), &format!("{n}"), &format!("{n}")));
    let chat = machine.receive(facts.collect()).await[0].conversation_id;
    let mut texts: Vec<String> = Vec::new();
    let mut query = MessageQuery { limit: Some(10), ..MessageQuery::default() };
    loop {
        let page = machine.store.messages(chat, query.clone()).await.expect("page").expect("there");
        texts.splice(0..0, page.items.into_iter().filter_map(|message| message.text));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(texts, (0..25).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn lists_use_their_indexes() {
    let (machine, _) = desk(3).await;
    for (sql, index) in [
        (
            "SELECT body FROM conversation v WHERE v.state <> 'closed' ORDER BY v.last_activity_at DESC, v.id DESC LIMIT 5",
            "conversation_activity",
        ),
        ("SELECT body FROM contact ORDER BY name_key, id LIMIT 5", "contact_name"),
        ("SELECT body FROM ticket ORDER BY created_at DESC, id DESC LIMIT 5", "ticket_newest"),
        (
            "SELECT body FROM message WHERE conversation_id = x'00' AND (position, id) < (5, x'00') ORDER BY position DESC, id DESC LIMIT 5",
            "message_place",
        ),
        ("SELECT body FROM message WHERE channel_id = x'00' AND status = 'queued'", "message_queued"),
        ("SELECT id, op FROM outbox WHERE held = 0 AND refused IS NULL ORDER BY seq LIMIT 5", "outbox_due"),
    ] {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let plan = machine
            .store
            .read(move |connection| {
                let mut statement = connection.prepare(&explain)?;
                let rows = statement.query_map([], |row| row.get::<_, String>(3))?;
                Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.join("; "))
            })
            .await
            .expect("plan");
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn what_is_unread_is_counted_without_asking_every_chat() {
    let (machine, _) = desk(3).await;
    assert_eq!(machine.store.status().await.expect("status").unread, 3);
    let plan = machine.store.read(|connection| {
        let sql = format!("EXPLAIN QUERY PLAN {}", crate::store::status::UNREAD);
        Ok(connection.query_row(&sql, [], |row| row.get::<_, String>("detail"))?)
    });
    let plan = plan.await.expect("a plan");
    assert!(plan.contains("USING COVERING INDEX conversation_unread"), "{plan}");
}

#[tokio::test]
async fn pinned_chats_are_found_without_asking_every_chat() {
    let (machine, _) = desk(3).await;
    let plan = machine.store.read(|connection| {
        let sql =
            format!("EXPLAIN QUERY PLAN SELECT v.id FROM conversation v WHERE {}", crate::store::phone_state::PINNED);
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| row.get::<_, String>("detail"))?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.join("; "))
    });
    let plan = plan.await.expect("a plan");
    assert!(plan.contains("INDEX phone_chat_pinned"), "{plan}");
    assert!(!plan.contains("SCAN i") && !plan.contains("SCAN v"), "{plan}");
}
