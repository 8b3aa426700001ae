//! A damaged store file, met by a bridge at work: it is set aside and said, and the same address goes on answering.

#![allow(clippy::expect_used, reason = "a test that cannot go on says so")]

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::Duration,
};

use ownline_bridge::{
    Bridge, Config, KeySource, Listen, keys,
    store::{
        LinkSettings, Store,
        inbound::{InboundFact, LinkedAccount, WaIdentity},
    },
};
use ownline_model::{
    bridge::{BridgeStatus, NumberUse},
    details::MessageDetails,
    message::MessageKind,
    problem::ProblemCode,
    time::UtcMillis,
};
use rusqlite::Connection;
use tokio::time::timeout;

/// Far longer than anything takes.
const WITHIN: Duration = Duration::from_secs(30);
const PAGE: u64 = 4096;

fn key(folder: &Path) -> KeySource {
    KeySource::File(folder.join("key"))
}

fn fact(n: u32) -> InboundFact {
    InboundFact {
        wa_id: format!("3EB0{n:08X}"),
        chat: WaIdentity { phone: Some("+5511988880001".parse().expect("a number")), ..Default::default() },
        author: None,
        from_me: false,
        push_name: None,
        business: None,
        kind: MessageKind::Text,
        text: Some("words ".repeat(40)),
        at: UtcMillis(1),
        details: MessageDetails::default(),
        remote: None,
        secret: None,
    }
}

/// A store with messages, and where some of them lie in its file.
async fn fill(folder: &Path) -> u64 {
    let key = keys::obtain(folder, &key(folder)).expect("a key");
    let store = Store::open(folder, &key).expect("a store");
    let settings = LinkSettings { number_use: NumberUse::Work, lends: true, consent_at: UtcMillis(1) };
    store.set_link_settings(settings).await.expect("settings");
    let phone = "+5511900000001".parse().expect("a number");
    store.set_linked(LinkedAccount { phone, lid: None, name: "Ana".to_owned(), platform: None }).await.expect("linked");
    store.record_inbound((0..60).map(fact).collect()).await.expect("recorded");
    store.close().await;
    let connection = Connection::open(folder.join("replica.db")).expect("open");
    connection.execute_batch(&key.pragma()).expect("the key");
    let sql = "SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1";
    let page: i64 = connection.query_row(sql, [], |row| row.get(0)).expect("a page");
    (page.unsigned_abs() - 1) * PAGE
}

fn damage(folder: &Path, at: u64) {
    let mut file = File::options().read(true).write(true).open(folder.join("replica.db")).expect("the store's file");
    let mut bytes = [0; 64];
    file.seek(SeekFrom::Start(at + 1_000)).expect("there");
    file.read_exact(&mut bytes).expect("read");
    file.seek(SeekFrom::Start(at + 1_000)).expect("there");
    file.write_all(&bytes.map(|byte| !byte)).expect("written");
}

fn tells_of_damage(status: &BridgeStatus) -> bool {
    status.notices.iter().any(|notice| notice.code == ProblemCode::StoreDamaged)
}

#[tokio::test]
async fn f07_a_bridge_at_work_sets_a_damaged_file_aside_and_goes_on() {
    let folder = tempfile::tempdir().expect("folder");
    let page = fill(folder.path()).await;
    // As a kill leaves it: without the mark of an end in order.
    std::fs::remove_file(folder.path().join("replica.db.in-order")).expect("the mark");
    damage(folder.path(), page);

    let config = Config {
        listen: Listen::Exactly("127.0.0.1:0".parse().expect("an address")),
        key: key(folder.path()),
        ..Config::new(folder.path().to_owned())
    };
    let bridge = Bridge::start(config).await.expect("it starts all the same");
    let (url, token) = (bridge.url().to_owned(), bridge.token().to_owned());
    let mut status = bridge.status();
    timeout(WITHIN, status.wait_for(tells_of_damage)).await.expect("in time").expect("a status");
    let aside = std::fs::read_dir(folder.path())
        .expect("folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("replica.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        .count();
    assert_eq!(aside, 1, "set aside once, not deleted");

    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let asking = async {
        let answer = http.get(format!("{url}/status")).bearer_auth(&token).send().await.expect("it answers");
        answer.error_for_status().expect("the token is good").json::<BridgeStatus>().await.expect("a status")
    };
    let current = timeout(WITHIN, asking).await.expect("in time");
    assert!(tells_of_damage(&current));
    assert!(current.number.is_none(), "an empty store");
    bridge.shutdown().await;
}
