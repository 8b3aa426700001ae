use bytes::Bytes;
use whatsapp_rust::wacore::store::in_memory::InMemoryBackend;

use super::*;
use crate::{config::KeySource, keys, store::Store, whatsapp::device::DeviceFile};

const CHAT: &str = "551199@s.whatsapp.net";

struct Shelf {
    copies: Copies,
    disk: InMemoryBackend,
}

impl Shelf {
    fn new() -> Self {
        Self { copies: Copies::default(), disk: InMemoryBackend::new() }
    }

    async fn keep(&self, id: &str) {
        self.copies.keep(&self.disk, &[row(CHAT, CHAT, id, id.as_bytes())]).await.expect("kept");
    }

    async fn drop(&self, id: &str) {
        let key = PendingInboundKey { chat: CHAT, sender: CHAT, id };
        self.copies.drop(&self.disk, &[key]).await.expect("dropped");
    }

    async fn get(&self, id: &str) -> Option<Vec<u8>> {
        self.copies.get(&self.disk, CHAT, CHAT, id).await.expect("read")
    }

    async fn on_disk(&self, id: &str) -> bool {
        self.disk.get_pending_inbound(CHAT, CHAT, id).await.expect("read").is_some()
    }

    /// As after a kill: only the disk is left.
    fn killed(self) -> Self {
        Self { copies: Copies::default(), disk: self.disk }
    }
}

#[tokio::test]
async fn a_copy_that_nobody_needed_never_sees_the_disk() {
    let shelf = Shelf::new();
    shelf.keep("A").await;
    assert_eq!(shelf.get("A").await.as_deref(), Some(b"A".as_slice()));
    shelf.drop("A").await;
    shelf.copies.settle(&shelf.disk).await.expect("settled");
    assert!(!shelf.on_disk("A").await);
    assert_eq!(shelf.get("A").await, None);
    assert!(shelf.copies.lock().is_empty(), "nothing is remembered of it");
}

#[tokio::test]
async fn what_is_not_stored_yet_is_on_the_disk_before_used_keys_are() {
    let shelf = Shelf::new();
    shelf.keep("A").await;
    shelf.keep("B").await;
    shelf.drop("B").await;
    shelf.copies.settle(&shelf.disk).await.expect("settled");
    assert!(shelf.on_disk("A").await && !shelf.on_disk("B").await);
    let shelf = shelf.killed();
    assert_eq!(shelf.get("A").await.as_deref(), Some(b"A".as_slice()), "after a kill");
    // It comes again, is taken in, and its copy goes.
    shelf.keep("A").await;
    shelf.drop("A").await;
    assert_eq!(shelf.get("A").await, None);
    shelf.copies.sweep(&shelf.disk).await.expect("swept");
    assert!(!shelf.on_disk("A").await);
    assert!(shelf.copies.lock().is_empty(), "nothing is remembered of it");
}

#[tokio::test]
async fn what_did_not_reach_the_disk_is_taken_there_again() {
    let shelf = Shelf::new();
    shelf.keep("A").await;
    {
        // Whoever waits for it goes away in the middle.
        let mut leaving: Vec<(Key, Arc<[u8]>)> = vec![];
        if let Some(state) = shelf.copies.lock().get_mut(&key(CHAT, CHAT, "A"))
            && let Copy::Waiting(copy) = state
        {
            leaving.push((key(CHAT, CHAT, "A"), Arc::clone(copy)));
            *state = Copy::Leaving(Arc::clone(&leaving[0].1));
        }
        assert_eq!(shelf.get("A").await.as_deref(), Some(b"A".as_slice()), "on its way, too");
        drop(Departure { copies: &shelf.copies, leaving: &leaving, arrived: false });
    }
    shelf.copies.settle(&shelf.disk).await.expect("settled");
    assert!(shelf.on_disk("A").await);
}

#[tokio::test]
async fn a_message_that_comes_again_after_it_was_stored_leaves_nothing_behind() {
    let shelf = Shelf::new();
    shelf.keep("A").await;
    shelf.copies.settle(&shelf.disk).await.expect("settled");
    shelf.drop("A").await;
    shelf.keep("A").await;
    assert!(shelf.get("A").await.is_some());
    shelf.drop("A").await;
    shelf.copies.sweep(&shelf.disk).await.expect("swept");
    assert!(!shelf.on_disk("A").await && shelf.copies.lock().is_empty());
}

#[tokio::test]
async fn memory_is_bounded_also_where_nothing_can_be_stored() {
    let shelf = Shelf::new();
    for number in 0..=MOST {
        shelf.keep(&number.to_string()).await;
    }
    let waiting = |known: &HashMap<Key, Copy>| known.values().filter(|copy| matches!(copy, Copy::Waiting(_))).count();
    assert_eq!(waiting(&shelf.copies.lock()), 0, "all went to the disk");
    assert!(shelf.on_disk("0").await && shelf.on_disk(&MOST.to_string()).await);
    for number in 0..=MOST {
        shelf.drop(&number.to_string()).await;
    }
    assert!(shelf.copies.lock().len() < SWEPT_TOGETHER);
    assert!(!shelf.on_disk("0").await, "swept");
}

#[tokio::test]
async fn used_keys_reach_the_disk_after_the_copies_of_what_they_opened() {
    let folder = tempfile::tempdir().expect("folder");
    let key = keys::obtain(folder.path(), &KeySource::File(folder.path().join("key"))).expect("key");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("folder");
    let store = Store::open(&data, &key).expect("store");
    let file = DeviceFile::new(store.clone());
    let device = file.open().await.expect("opened");
    let backend = device.manager().backend();
    // As after a kill: opened anew beside the one that knows more.
    let on_disk = async |id: &str| {
        let after = file.open().await.expect("opened").manager().backend();
        let copy = after.get_pending_inbound(CHAT, CHAT, id).await.expect("read");
        // Without a copy, a message that is not in the store gets an empty one.
        copy.as_deref() == Some(b"words".as_slice())
    };
    for (id, sender_keys) in [("A", false), ("B", true)] {
        backend.store_pending_inbound_batch(&[row(CHAT, CHAT, id, b"words")]).await.expect("kept");
        assert!(!on_disk(id).await, "no key of it is on the disk");
        if sender_keys {
            backend.put_sender_keys_batch(&[(Arc::from("group"), Bytes::from_static(b"used"))]).await.expect("written");
        } else {
            backend.put_sessions_batch(&[(Arc::from("551199.0"), Bytes::from_static(b"used"))]).await.expect("written");
        }
        assert!(on_disk(id).await, "{id}");
    }
}
