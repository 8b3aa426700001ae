//! Each list query uses the index made for it: no scan, no sorting, however many rows there are.

use ownline_model::{
    conversation::ConversationView,
    ids::{AgentId, ContactId, ConversationId, TenantId},
    ticket::TicketState,
    time::UtcMillis,
};
use sea_orm::{DbBackend, EntityTrait, QueryTrait as _, Select, Statement};
use uuid::Uuid;

use super::{Store, contacts, conversations, messages, tickets};

async fn store() -> (Store, TenantId) {
    let folder = crate::desk::testing::folder();
    let store = Store::open(&folder.join("ownline.db"), Box::new(|_| {})).await.expect("opens");
    let tenant = store.first_tenant().await.expect("tenant");
    (store, tenant)
}

fn statement<E: EntityTrait>(query: &Select<E>) -> Statement {
    query.build(DbBackend::Sqlite)
}

/// Fails unless the plan names the index, and neither scans nor sorts.
async fn uses(store: &Store, statement: Statement, index: &str) {
    let plan = store.plan(&statement).await;
    assert!(plan.contains(index), "{index} is not used:\n{plan}\n{}", statement.sql);
    assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "scans or sorts:\n{plan}\n{}", statement.sql);
}

#[tokio::test]
async fn conversations_of_each_view() {
    let (store, tenant) = store().await;
    for (view, index) in [
        (ConversationView::Mine, "conversation_mine"),
        (ConversationView::Unassigned, "conversation_unassigned"),
        (ConversationView::All, "conversation_all"),
        (ConversationView::Waiting, "conversation_waiting"),
        (ConversationView::Closed, "conversation_closed"),
    ] {
        for place in [None, Some((7, Uuid::nil()))] {
            let query = conversations::page_query(tenant.0, AgentId::fresh(), view, None, place, 50);
            let with_company = conversations::with_company(query.clone()).build(DbBackend::Sqlite);
            uses(&store, statement(&query), index).await;
            uses(&store, with_company, index).await;
        }
    }
}

#[tokio::test]
async fn messages_of_a_conversation() {
    let (store, tenant) = store().await;
    for before in [None, Some(7)] {
        let query = messages::page_query(tenant.0, ConversationId::fresh(), before, 50);
        uses(&store, statement(&query), "message_by_position").await;
    }
    uses(&store, statement(&messages::first_query(tenant.0, ConversationId::fresh(), 0)), "message_by_position").await;
    uses(&store, statement(&messages::expired_query(tenant.0, UtcMillis(0), 50)), "message_expiring").await;
}

#[tokio::test]
async fn tickets_by_every_filter() {
    let (store, tenant) = store().await;
    let (state, assignee) = (Some(TicketState::Open), Some(AgentId::fresh()));
    for (state, assignee, index) in [
        (None, None, "ticket_by_number"),
        (state, None, "ticket_by_state"),
        (None, assignee, "ticket_by_assignee"),
        (state, assignee, "ticket_by_assignee_and_state"),
    ] {
        for before in [None, Some(7)] {
            uses(&store, statement(&tickets::page_query(tenant.0, state, assignee, before, 50)), index).await;
        }
    }
}

#[tokio::test]
async fn contacts_by_name_and_by_identity() {
    let (store, tenant) = store().await;
    for place in [None, Some(("ana".to_owned(), Uuid::nil()))] {
        for q in [None, Some("an")] {
            uses(&store, statement(&contacts::page_query(tenant.0, q, place.clone(), 50)), "contact_by_name").await;
        }
    }
    for place in [None, Some((7, Uuid::nil()))] {
        uses(&store, statement(&contacts::opted_out_query(tenant.0, place, 50)), "contact_opted_out").await;
    }
    let phone = "+5511987654321".parse().expect("number");
    let query = contacts::identity_query(tenant.0, ContactId::fresh(), Some(&phone), Some("123"));
    let plan = store.plan(&statement(&query)).await;
    for index in ["contact_by_id", "contact_by_phone", "contact_by_lid"] {
        assert!(plan.contains(index), "{index} is not used:\n{plan}");
    }
    assert!(!plan.contains("SCAN"), "{plan}");
}
