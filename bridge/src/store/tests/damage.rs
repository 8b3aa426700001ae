//! A page that is not what was written: seen by looking through, or by whoever reads it, and never the end of the program.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::store::{FILE, Look, StoreError, soundness::Soundness};

const CUSTOMER: &str = "+5511988887777";
const PAGE: u64 = 4096;

impl Machine {
    /// Where a page lies that holds messages.
    async fn a_page(&self) -> u64 {
        let page = self.store.read(|connection| {
            let sql = "SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1";
            Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        });
        (page.await.expect("read").unsigned_abs() - 1) * PAGE
    }

    /// Enough messages, and where some of them lie.
    async fn filled() -> (Self, u64) {
        let machine = Self::linked(NumberUse::Work).await;
        for n in 0..60 {
            machine.hear(CUSTOMER, &n.to_string(), &"words ".repeat(40)).await;
        }
        let page = machine.a_page().await;
        (machine, page)
    }

    /// The next start, on the same folder.
    fn again(self, look: Look) -> Self {
        let key = keys::obtain(self.folder.path(), &KeySource::File(self.folder.path().join("key"))).expect("a key");
        let store = Store::open_with(self.folder.path(), &key, look).expect("a store");
        Self { store, ..self }
    }

    /// Turns some bits around. The file looks as if nobody had written to it.
    fn damage(&self, at: u64) {
        let mut file =
            File::options().read(true).write(true).open(self.folder.path().join(FILE)).expect("the store's file");
        let modified = file.metadata().and_then(|metadata| metadata.modified()).expect("a time");
        let mut bytes = [0; 64];
        file.seek(SeekFrom::Start(at + 1_000)).expect("there");
        file.read_exact(&mut bytes).expect("read");
        file.seek(SeekFrom::Start(at + 1_000)).expect("there");
        file.write_all(&bytes.map(|byte| !byte)).expect("written");
        file.set_modified(modified).expect("a time");
    }

    fn soundness(&self) -> Soundness {
        self.store.inner.soundness.get()
    }

    async fn is_found_damaged(&self) {
        tokio::time::timeout(Duration::from_secs(30), self.store.damaged()).await.expect("the damage is seen");
    }

    async fn codes(&self) -> Vec<&'static str> {
        self.store.status().await.expect("status").notices.iter().map(|notice| notice.code.as_str()).collect()
    }

    async fn reads(&self) -> crate::store::Result<usize> {
        let chat = self.store.own_conversation_with(phone(CUSTOMER)).await?.expect("a chat").conversation.id;
        let page = self.store.messages(chat, MessageQuery { limit: Some(200), ..MessageQuery::default() }).await?;
        Ok(page.expect("a chat").items.len())
    }
}

#[tokio::test]
async fn what_was_left_in_order_is_not_looked_through_and_its_damage_shows_when_it_is_read() {
    let (machine, page) = Machine::filled().await;
    machine.store.close().await;
    machine.damage(page);
    let machine = machine.again(Look::AsLeft);
    assert_eq!(machine.soundness(), Soundness::Sound);
    assert!(machine.codes().await.is_empty());
    machine.reads().await.expect_err("a damaged page is not read as if it were sound");
    machine.is_found_damaged().await;
    machine.store.close().await;

    // Its end was none in order.
    let machine = machine.again(Look::AsLeft);
    assert_eq!(machine.soundness(), Soundness::Unproven);
    machine.store.close().await;

    let machine = machine.again(Look::Through);
    assert_eq!(machine.codes().await, ["store_damaged"]);
    assert_eq!(machine.soundness(), Soundness::Sound, "the new one");
    machine.store.close().await;
}

#[tokio::test]
async fn what_a_kill_has_left_is_looked_through_beside_the_work() {
    let (machine, page) = Machine::filled().await;
    machine.store.close().await;
    let machine = machine.again(Look::AsLeft);
    // A store that is dropped, as with a killed program, leaves no mark.
    let machine = machine.again(Look::AsLeft);
    assert_eq!(machine.soundness(), Soundness::Unproven);

    let cancelled = CancellationToken::new();
    cancelled.cancel();
    machine.store.clone().look_through(cancelled).await;
    assert_eq!(machine.soundness(), Soundness::Unproven, "what was not looked through to its end proves nothing");
    machine.store.clone().look_through(CancellationToken::new()).await;
    assert_eq!(machine.soundness(), Soundness::Sound);
    assert_eq!(machine.reads().await.expect("read"), 60);

    let machine = machine.again(Look::AsLeft);
    machine.damage(page);
    machine.store.clone().look_through(CancellationToken::new()).await;
    assert_eq!(machine.soundness(), Soundness::Damaged);
    machine.is_found_damaged().await;
}

#[tokio::test]
async fn the_writer_meets_damage_too() {
    let (machine, page) = Machine::filled().await;
    machine.store.close().await;
    machine.damage(page);
    let machine = machine.again(Look::AsLeft);
    let touched = machine.store.write(|tx| Ok(tx.execute("UPDATE message SET attempts = attempts + 1", [])?)).await;
    touched.expect_err("a damaged page is not written over");
    machine.is_found_damaged().await;
}

#[tokio::test]
async fn a_wrong_statement_is_no_damage() {
    let machine = Machine::linked(NumberUse::Work).await;
    let asked = machine.store.read(|connection| Ok(connection.execute_batch("SELECT nonsense")?)).await;
    assert!(matches!(asked, Err(StoreError::Sqlite(_))), "{asked:?}");
    let written = machine.store.write(|tx| Ok(tx.execute_batch("UPDATE nonsense SET body = ''")?)).await;
    assert!(matches!(written, Err(StoreError::Sqlite(_))), "{written:?}");
    assert!(!machine.store.is_damaged());
}
