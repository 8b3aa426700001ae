use ownline_model::{bridge::HistoryState, conversation::OnPhone};

use super::*;
use crate::store::history::{ChunkKind, HistoryChat, HistoryChunk, HistoryMessage};

const CUSTOMER: &str = "+5511988887777";

fn past(wa_id: &str, at: i64) -> HistoryMessage {
    let fact = InboundFact { at: UtcMillis(at), ..fact(by_phone(CUSTOMER), wa_id, wa_id) };
    HistoryMessage { fact, status: MessageStatus::Read }
}

fn chat(messages: Vec<HistoryMessage>, more: bool) -> HistoryChat {
    HistoryChat {
        chat: by_phone(CUSTOMER),
        name: None,
        username: None,
        unread: 0,
        more: Some(more),
        on_phone: OnPhone::default(),
        messages,
        failed: 0,
    }
}

fn chunk(percent: u8) -> HistoryChunk {
    HistoryChunk { kind: ChunkKind::OnDemand, order: None, percent: Some(percent), data: b"as it came".to_vec() }
}

impl Machine {
    async fn import(&self, chats: Vec<HistoryChat>) {
        self.store.keep_history(chunk(50)).await.expect("kept");
        let waiting = self.store.waiting_history().await.expect("read").expect("a chunk");
        self.store.import_history(waiting.id, waiting.done + 1, chats).await.expect("imported");
        self.store.finish_history(waiting.id, 0).await.expect("finished");
    }

    async fn the_chat(&self) -> ConversationId {
        let chat = self.store.own_conversation_with(phone(CUSTOMER)).await.expect("read").expect("a chat");
        chat.conversation.id
    }

    async fn ids(&self) -> Vec<String> {
        self.messages(self.the_chat().await).await.into_iter().map(|message| message.wa_id).collect()
    }

    async fn progress(&self) -> ownline_model::bridge::HistoryProgress {
        self.store.status().await.expect("status").history.expect("history")
    }
}

#[tokio::test]
async fn the_past_goes_before_the_present_and_tells_nobody() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.hear(CUSTOMER, "live", "live").await;
    machine.drain().await;
    let mut changes = machine.store.changes();
    machine.import(vec![chat(vec![past("b", 2_000), past("a", 1_000)], true)]).await;
    assert_eq!(machine.ids().await, ["a", "b", "live"]);
    assert!(machine.outbox().await.is_empty(), "the past stays on this machine");
    let item = machine.store.conversation(machine.the_chat().await).await.expect("read").expect("there");
    assert_eq!((item.conversation.unread, item.older_on_phone), (1, true));
    assert_eq!(item.conversation.last_message.expect("last").preview, "live");
    let mut told = vec![];
    while let Ok(change) = changes.try_recv() {
        told.push(change);
    }
    assert!(!told.iter().any(|change| matches!(change, crate::store::change::Change::CustomerWrote(_))), "{told:?}");
    machine.hear(CUSTOMER, "next", "next").await;
    assert_eq!(machine.ids().await, ["a", "b", "live", "next"]);
}

#[tokio::test]
async fn what_is_here_is_not_imported_twice() {
    let machine = Machine::linked(NumberUse::Work).await;
    for _ in 0..3 {
        machine.import(vec![chat(vec![past("a", 1_000), past("b", 2_000)], false)]).await;
    }
    assert_eq!(machine.ids().await, ["a", "b"]);
    let progress = machine.progress().await;
    assert_eq!((progress.conversations, progress.messages, progress.skipped), (1, 2, 4));
}

#[tokio::test]
async fn unread_is_what_the_phone_says() {
    let machine = Machine::linked(NumberUse::Work).await;
    let messages = vec![past("a", 1_000), past("b", 2_000), past("c", 3_000)];
    machine.import(vec![HistoryChat { unread: 2, ..chat(messages, false) }]).await;
    let item = machine.store.conversation(machine.the_chat().await).await.expect("read").expect("there");
    assert_eq!((item.conversation.unread, item.conversation.state), (2, ConversationState::Active));
    let statuses: Vec<MessageStatus> =
        machine.messages(item.conversation.id).await.into_iter().map(|message| message.status).collect();
    assert_eq!(statuses, [MessageStatus::Read, MessageStatus::Delivered, MessageStatus::Delivered]);
}

#[tokio::test]
async fn a_chunk_waits_until_it_is_done_also_over_a_restart() {
    let machine = Machine::linked(NumberUse::Work).await;
    assert_eq!(machine.progress().await.state, HistoryState::Waiting);
    machine.store.keep_history(HistoryChunk { kind: ChunkKind::Full, ..chunk(90) }).await.expect("kept");
    machine.store.keep_history(HistoryChunk { kind: ChunkKind::Initial, ..chunk(20) }).await.expect("kept");
    let first = machine.store.waiting_history().await.expect("read").expect("a chunk");
    assert_eq!((first.kind, first.done), (ChunkKind::Initial, 0), "the newest first, however they come");
    machine.store.import_history(first.id, 7, vec![chat(vec![past("a", 1_000)], true)]).await.expect("imported");
    let Machine { store, folder, me } = machine;
    store.close().await;
    drop(store);
    let machine = Machine { store: open(&folder), me, folder };
    let again = machine.store.waiting_history().await.expect("read").expect("a chunk");
    assert_eq!((again.id, again.done), (first.id, 7));
    assert_eq!(again.data, b"as it came");
    assert_eq!(machine.progress().await.state, HistoryState::Importing);
    machine.store.finish_history(again.id, 0).await.expect("finished");
    let next = machine.store.waiting_history().await.expect("read").expect("a chunk");
    assert_eq!(next.kind, ChunkKind::Full);
    machine.store.finish_history(next.id, 2).await.expect("finished");
    let progress = machine.progress().await;
    assert_eq!((progress.percent, progress.messages, progress.failed), (Some(90), 1, 2));
}

#[tokio::test]
async fn a_time_without_this_machine_leaves_a_gap_until_it_is_filled() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.import(vec![chat(vec![past("a", 1_000), past("b", 2_000)], true)]).await;
    machine.store.clear_linked().await.expect("unlinked");
    let account = LinkedAccount { phone: phone(OWN), lid: None, name: "Ana".into(), platform: None };
    machine.store.set_linked(account).await.expect("linked again");
    machine.hear(CUSTOMER, "live", "live").await;
    machine.import(vec![chat(vec![past("y", 8_000), past("z", 9_000)], true)]).await;
    let gap = |ids: &[String]| ids.iter().position(|id| id.starts_with("gap-"));
    let ids = machine.ids().await;
    assert_eq!(gap(&ids), Some(2), "{ids:?}");
    let mark = machine.messages(machine.the_chat().await).await.remove(2);
    assert_eq!(mark.kind, MessageKind::Gap);

    let asked = machine.store.older_than(machine.the_chat().await, Some(mark.id)).await.expect("read").expect("asked");
    assert_eq!((asked.wa_id.as_str(), asked.at), ("y", UtcMillis(8_000)), "the phone goes on from above the gap");
    machine.import(vec![chat(vec![past("w", 6_000), past("x", 7_000)], true)]).await;
    let ids = machine.ids().await;
    assert_eq!(gap(&ids), Some(2), "the phone may have more: {ids:?}");
    machine.import(vec![chat(vec![past("b", 2_000), past("v", 5_000)], true)]).await;
    assert_eq!(machine.ids().await, ["a", "b", "v", "w", "x", "y", "z", "live"], "they have met");

    let asked = machine.store.older_than(machine.the_chat().await, None).await.expect("read").expect("asked");
    assert_eq!(asked.wa_id, "a");
}

#[tokio::test]
async fn what_the_phone_keeps_of_a_chat_comes_with_it() {
    let machine = Machine::linked(NumberUse::Work).await;
    let on_phone = OnPhone { archived: true, pinned: false, muted_until: Some(UtcMillis(i64::MAX)) };
    let named =
        HistoryChat { name: Some("Carla from the shop".into()), on_phone, ..chat(vec![past("a", 1_000)], false) };
    machine.import(vec![named]).await;
    let item = machine.store.conversation(machine.the_chat().await).await.expect("read").expect("there");
    assert_eq!((item.contact.name.as_str(), item.on_phone), ("Carla from the shop", on_phone));
}

#[tokio::test]
async fn linking_another_time_begins_a_new_import() {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.import(vec![chat(vec![past("a", 1_000)], true)]).await;
    machine.store.keep_history(chunk(70)).await.expect("kept");
    machine.store.clear_linked().await.expect("unlinked");
    let account = LinkedAccount { phone: phone(OWN), lid: None, name: "Ana".into(), platform: None };
    machine.store.set_linked(account.clone()).await.expect("linked again");
    assert!(machine.store.waiting_history().await.expect("read").is_none());
    assert_eq!(machine.progress().await.messages, 0);
    machine.import(vec![chat(vec![past("b", 500)], true)]).await;
    machine.store.set_linked(account).await.expect("told again at each connection");
    assert_eq!(machine.progress().await.messages, 1, "the same link");
}

#[tokio::test]
async fn a_part_that_was_lost_is_waited_for_and_one_that_came_is_not_taken_again() {
    let machine = Machine::linked(NumberUse::Work).await;
    let part = |kind, order, percent| HistoryChunk { kind, order: Some(order), percent: Some(percent), data: vec![] };
    let finish = async || {
        let mut parts = vec![];
        while let Some(waiting) = machine.store.waiting_history().await.expect("read") {
            parts.push(waiting.kind);
            machine.store.finish_history(waiting.id, 0).await.expect("finished");
        }
        parts
    };
    for (kind, order, percent) in [(ChunkKind::Initial, 1, 10), (ChunkKind::Recent, 1, 40), (ChunkKind::Recent, 3, 100)]
    {
        machine.store.keep_history(part(kind, order, percent)).await.expect("kept");
    }
    assert_eq!(finish().await, [ChunkKind::Initial, ChunkKind::Recent, ChunkKind::Recent]);
    assert_eq!(
        machine.progress().await.state,
        HistoryState::Importing,
        "the second is missing, whatever the phone says"
    );
    assert!(machine.store.missing_history().await.expect("read").is_empty(), "it may still be on its way");
    machine.store.keep_history(part(ChunkKind::Recent, 3, 100)).await.expect("kept");
    assert!(finish().await.is_empty(), "it has come before");
    machine.store.keep_history(part(ChunkKind::Recent, 2, 80)).await.expect("kept");
    assert_eq!(finish().await, [ChunkKind::Recent]);
    assert_eq!(machine.progress().await.state, HistoryState::Done);
}
