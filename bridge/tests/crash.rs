//! SIGKILL in the middle of writing: whatever was acknowledged is there, once, and whatever is told again is not doubled.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on says so")]

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use ownline_bridge::{
    KeySource, keys,
    store::{
        LinkSettings, Store,
        inbound::{InboundFact, LinkedAccount, RecordOutcome, WaIdentity},
    },
};
use ownline_model::{
    bridge::NumberUse,
    desk_query::{ConversationQuery, MessageQuery},
    details::MessageDetails,
    message::MessageKind,
    sync::Op,
    time::UtcMillis,
};
use rand::RngExt as _;

const FOLDER: &str = "OWNLINE_TEST_CRASH_FOLDER";
const CHATS: u32 = 5;

fn open(folder: &Path) -> Store {
    let key = keys::obtain(folder, &KeySource::File(folder.join("key"))).expect("a key");
    Store::open(folder, &key).expect("a store")
}

fn fact(chat: u32, n: u32) -> InboundFact {
    let phone = format!("+55119888800{chat:02}").parse().expect("a number");
    InboundFact {
        wa_id: format!("3EB0{n:08X}"),
        chat: WaIdentity { phone: Some(phone), ..Default::default() },
        author: None,
        from_me: false,
        push_name: None,
        business: None,
        kind: MessageKind::Text,
        text: Some(n.to_string()),
        at: UtcMillis(1),
        details: MessageDetails::default(),
        remote: None,
        secret: None,
    }
}

/// Not a test of its own: the process that is killed. Says each message on a line once it is acknowledged.
#[tokio::test]
async fn child_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = open(Path::new(&folder));
    let phone = "+5511900000001".parse().expect("a number");
    let account = LinkedAccount { phone, lid: None, name: "Ana".to_owned(), platform: None };
    let settings = LinkSettings { number_use: NumberUse::Work, lends: true, consent_at: UtcMillis(1) };
    store.set_link_settings(settings).await.expect("settings");
    store.set_linked(account).await.expect("linked");
    let mut n: u32 = std::env::var("OWNLINE_TEST_CRASH_FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    loop {
        // A batch, as WhatsApp hands them over, and several at once, so that commits are shared.
        let facts: Vec<_> = (n..n + 4).map(|n| fact(n % CHATS, n)).collect();
        store.record_inbound(facts).await.expect("recorded");
        let mut out = std::io::stdout().lock();
        for acknowledged in n..n + 4 {
            writeln!(out, "ack {acknowledged}").expect("said");
        }
        out.flush().expect("said");
        n += 4;
    }
}

#[tokio::test]
async fn f01_nothing_acknowledged_is_lost_or_doubled_by_a_kill() {
    let folder = tempfile::tempdir().expect("folder");
    let mut random = rand::rng();
    let mut acknowledged = BTreeSet::new();
    for round in 0..6 {
        let from = acknowledged.last().map_or(0_u32, |last| last + 1);
        let kill_after: u32 = random.random_range(1..120);
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "child_that_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .env("OWNLINE_TEST_CRASH_FROM", from.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut heard = 0;
        for line in lines.map_while(Result::ok) {
            if let Some(n) = line.split("ack ").nth(1).and_then(|n| n.trim().parse().ok()) {
                acknowledged.insert(n);
                heard += 1;
                if heard == kill_after {
                    child.kill().expect("killed");
                }
            }
        }
        child.wait().expect("ended");
        check(folder.path(), &acknowledged, &format!("round {round}, killed after {kill_after} acknowledgements"))
            .await;
    }
}

async fn check(folder: &Path, acknowledged: &BTreeSet<u32>, when: &str) {
    let store = open(folder);
    assert!(store.status().await.expect("status").notices.is_empty(), "{when}: the file is sound");
    let mut stored = Vec::new();
    let query = ConversationQuery { limit: Some(200), ..ConversationQuery::default() };
    for item in store.conversations(query).await.expect("chats").items {
        let mut chat: Vec<u32> = Vec::new();
        let mut query = MessageQuery { limit: Some(200), ..MessageQuery::default() };
        loop {
            let page = store.messages(item.conversation.id, query.clone()).await.expect("page").expect("a chat");
            chat.splice(0..0, page.items.iter().filter_map(|message| message.text.as_ref()?.parse::<u32>().ok()));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert!(chat.is_sorted(), "{when}: a chat keeps its order");
        assert_eq!(item.conversation.unread as usize, chat.len(), "{when}: the counter agrees with the messages");
        stored.extend(chat);
    }
    let distinct: BTreeSet<u32> = stored.iter().copied().collect();
    assert_eq!(distinct.len(), stored.len(), "{when}: nothing twice");
    assert!(acknowledged.is_subset(&distinct), "{when}: lost {:?}", acknowledged.difference(&distinct));
    // What is to be pushed is what is stored.
    let waiting = store.outbox(1_000_000).await.expect("outbox");
    let told = waiting.iter().filter(|change| matches!(change.op, Op::MessageReceived { .. })).count();
    assert_eq!(told, stored.len(), "{when}: one outbox row for each message");
    // WhatsApp tells the last ones again.
    for n in distinct.iter().rev().take(10) {
        let again = store.record_inbound(vec![fact(n % CHATS, *n)]).await.expect("recorded");
        assert_eq!(again[0].outcome, RecordOutcome::Known, "{when}");
    }
    store.close().await;
}

#[tokio::test]
async fn f07_a_damaged_file_is_set_aside_and_said() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path());
    let phone = "+5511900000001".parse().expect("a number");
    store.set_linked(LinkedAccount { phone, lid: None, name: "Ana".to_owned(), platform: None }).await.expect("linked");
    for n in 0..200 {
        store.record_inbound(vec![fact(0, n)]).await.expect("recorded");
    }
    store.close().await;
    let path = folder.path().join("replica.db");
    let mut bytes = std::fs::read(&path).expect("file");
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 64] {
        *byte ^= 0xff;
    }
    std::fs::write(&path, &bytes).expect("damaged");
    // A file system may not count time finely enough to tell so soon.
    let file = std::fs::File::options().write(true).open(&path).expect("file");
    file.set_modified(SystemTime::now() + Duration::from_secs(1)).expect("a time");
    let store = open(folder.path());
    let notices = store.status().await.expect("status").notices;
    assert_eq!(notices[0].code.as_str(), "store_damaged");
    let aside = std::fs::read_dir(folder.path())
        .expect("folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.starts_with("replica.db.damaged-") && !name.ends_with("-wal"))
        .expect("it was set aside, not deleted");
    assert_eq!(std::fs::read(folder.path().join(aside)).expect("there"), bytes);
    assert_eq!(store.cursor().await.expect("cursor"), None, "the server is asked for everything");
    store.close().await;
}

#[tokio::test]
async fn f18_another_key_touches_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    open(folder.path()).close().await;
    let before = std::fs::read(folder.path().join("replica.db")).expect("file");
    std::fs::remove_file(folder.path().join("key")).expect("the key is gone");
    let refused = keys::obtain(folder.path(), &KeySource::File(folder.path().join("key")));
    assert!(refused.is_err(), "no new key for an old store");
    assert!(!folder.path().join("key").exists(), "and none was made");
    assert_eq!(std::fs::read(folder.path().join("replica.db")).expect("file"), before);
}
