//! Profile pictures: asked for when somebody looks, kept here, and nowhere else.

use std::{collections::HashSet, io::Write as _};

use ownline_model::event::Event;

use super::{
    super::pictures::{Asked, Face, Picture},
    *,
};
use crate::store::change::Change;

const CARLA: &str = "+5511987654321";

struct Looked {
    machine: Machine,
    carla: ContactId,
}

/// A customer has written; nobody has looked at her picture yet.
async fn written() -> Looked {
    let machine = Machine::linked(NumberUse::Work).await;
    machine.hear(CARLA, "A", "hello").await;
    let carla = carla(&machine).await.id;
    Looked { machine, carla }
}

async fn carla(machine: &Machine) -> Contact {
    let page = machine.store.contacts(ContactQuery::default()).await.expect("contacts");
    page.items.into_iter().find(|contact| contact.phone == Some(phone(CARLA))).expect("the customer")
}

fn picture(id: &str, name: &str) -> Picture {
    Picture { id: id.to_owned(), name: name.to_owned() }
}

impl Looked {
    async fn face(&self) -> Face {
        self.machine.store.look_at(self.carla).await.expect("store")
    }

    fn wanted(&self) -> Vec<ContactId> {
        self.machine.store.wanted_pictures().waiting()
    }

    /// Somebody is asked about, and nobody waits any more.
    async fn is_asked(&self) {
        self.machine.store.wanted_pictures().next().await.done();
        assert!(self.wanted().is_empty());
    }

    /// A picture comes, as a file of the folder.
    async fn comes(&self, id: &str) -> Picture {
        let folder = self.machine.store.folder();
        let mut file = folder.create().expect("file");
        file.write_all(id.as_bytes()).expect("written");
        let (held, _) = file.finish().expect("finished");
        let came = picture(id, &held.name);
        assert!(self.machine.store.picture_came(self.carla, came.id.clone(), came.name.clone()).await.expect("store"));
        held.keep();
        came
    }

    async fn asked(&self, asked: Asked) {
        self.machine.store.picture_asked(self.carla, asked).await.expect("store");
    }

    /// As if so many hours had passed.
    async fn pass(&self, hours: i64) {
        let by = hours * 60 * 60 * 1000;
        let back = self.machine.store.write(move |tx| Ok(tx.execute("UPDATE picture SET due_at = due_at - ?", [by])?));
        assert_eq!(back.await.expect("store"), 1);
    }
}

#[tokio::test]
async fn a_picture_is_asked_for_when_somebody_looks_and_not_again_for_a_day() {
    let looked = written().await;
    assert!(looked.wanted().is_empty(), "a message is no look");
    assert_eq!(looked.face().await, Face::NoPicture);
    assert_eq!(looked.face().await, Face::NoPicture);
    assert_eq!(looked.wanted(), [looked.carla], "once, however often she is looked at");
    looked.is_asked().await;
    let mut changes = looked.machine.store.changes();
    let first = looked.comes("17").await;
    assert_eq!(looked.face().await, Face::Picture(first.clone()));
    assert_eq!(carla(&looked.machine).await.picture_id.as_deref(), Some("17"));
    let told = std::iter::from_fn(|| changes.try_recv().ok()).any(
        |change| matches!(change, Change::Event(event) if matches!(&*event, Event::ContactUpdated(c) if c.picture_id.as_deref() == Some("17"))),
    );
    assert!(told, "the screens hear of it");
    looked.pass(23).await;
    looked.face().await;
    assert!(looked.wanted().is_empty(), "it is fresh");
    looked.pass(2).await;
    assert!(looked.wanted().is_empty(), "nobody looks");
    assert_eq!(looked.face().await, Face::Picture(first), "the old one is shown meanwhile");
    assert_eq!(looked.wanted(), [looked.carla]);
    looked.is_asked().await;
    looked.asked(Asked::Same).await;
    looked.face().await;
    assert!(looked.wanted().is_empty(), "it is the same still");
}

#[tokio::test]
async fn what_is_not_to_be_seen_is_forgotten_and_left_alone_for_a_day() {
    let looked = written().await;
    looked.face().await;
    looked.is_asked().await;
    let gone = looked.comes("17").await;
    looked.pass(25).await;
    looked.face().await;
    looked.is_asked().await;
    looked.asked(Asked::Nothing).await;
    assert_eq!(looked.face().await, Face::NoPicture);
    assert_eq!(carla(&looked.machine).await.picture_id, None);
    assert!(looked.wanted().is_empty());
    looked.machine.store.tidy_files().await.expect("tidied");
    assert!(looked.machine.store.folder().read(&gone.name).is_err(), "nothing of it stays on the disk");
    looked.pass(25).await;
    looked.face().await;
    assert_eq!(looked.wanted(), [looked.carla], "there may be one now");
}

#[tokio::test]
async fn trouble_leaves_what_is_here() {
    let looked = written().await;
    looked.face().await;
    looked.is_asked().await;
    let kept = looked.comes("17").await;
    for (asked, hours) in [(Asked::Unusable, 25), (Asked::Trouble, 1)] {
        looked.pass(25).await;
        looked.face().await;
        looked.is_asked().await;
        looked.asked(asked).await;
        assert_eq!(looked.face().await, Face::Picture(kept.clone()), "{asked:?}");
        assert!(looked.wanted().is_empty(), "{asked:?}");
        looked.pass(hours).await;
        looked.face().await;
        assert_eq!(looked.wanted(), [looked.carla], "{asked:?}");
        looked.is_asked().await;
    }
    looked.machine.store.tidy_files().await.expect("tidied");
    assert!(looked.machine.store.folder().read(&kept.name).is_ok(), "tidying leaves what is shown");
}

#[tokio::test]
async fn whatsapp_says_that_a_picture_is_another_one_or_gone() {
    let looked = written().await;
    let store = &looked.machine.store;
    store.picture_changed(by_phone(CARLA), false).await.expect("store");
    assert!(looked.wanted().is_empty(), "nobody has looked at her yet");
    looked.face().await;
    looked.is_asked().await;
    let old = looked.comes("17").await;
    store.picture_changed(by_phone(CARLA), false).await.expect("store");
    assert_eq!(looked.wanted(), [looked.carla]);
    assert_eq!(looked.face().await, Face::Picture(old.clone()), "until the new one is here");
    looked.is_asked().await;
    let new = looked.comes("18").await;
    assert_eq!(looked.face().await, Face::Picture(new));
    store.tidy_files().await.expect("tidied");
    assert!(store.folder().read(&old.name).is_err(), "the old one goes");
    store.picture_changed(by_phone(CARLA), true).await.expect("store");
    assert_eq!(looked.face().await, Face::NoPicture);
    assert!(looked.wanted().is_empty(), "it is known that there is none");
    store.picture_changed(by_phone(CARLA), false).await.expect("store");
    assert_eq!(looked.wanted(), [looked.carla], "and that there is one again");
}

#[tokio::test]
async fn nobody_is_asked_about_whom_the_own_number_has_no_chat_with() {
    let machine = Machine::linked(NumberUse::Work).await;
    let theirs = contact("Carla", CARLA);
    let colleague = channel(&agent("bo"), "+5511900000002");
    let chat = conversation(colleague.id, theirs.id);
    machine
        .pull(vec![
            Event::ChannelStatus(colleague),
            Event::ContactUpdated(theirs.clone()),
            Event::ConversationNew(chat),
        ])
        .await;
    assert_eq!(machine.store.look_at(theirs.id).await.expect("store"), Face::NoPicture);
    assert!(machine.store.wanted_pictures().waiting().is_empty());
    assert_eq!(machine.store.look_at(ContactId::fresh()).await.expect("store"), Face::NoContact);
}

#[tokio::test]
async fn a_picture_is_this_machines_whatever_the_server_says() {
    let looked = written().await;
    looked.face().await;
    looked.is_asked().await;
    let kept = looked.comes("canary-17").await;
    looked.machine.hear(CARLA, "B", "hello again").await;
    let pushed = serde_json::to_string(&looked.machine.outbox().await).expect("JSON");
    assert!(pushed.contains("hello again") && !pushed.contains("canary-17"), "it stays here: {pushed}");
    let mut known = carla(&looked.machine).await;
    (known.version, known.picture_id) = (7, None);
    looked.machine.pull(vec![Event::ContactUpdated(known.clone())]).await;
    assert_eq!(carla(&looked.machine).await.picture_id.as_deref(), Some("canary-17"));
    (known.version, known.picture_id) = (8, Some("theirs".to_owned()));
    looked.machine.pull(vec![Event::ContactUpdated(known)]).await;
    assert_eq!(carla(&looked.machine).await.picture_id.as_deref(), Some("canary-17"));
    // The server knows her under another id: the picture goes with her.
    let renamed = Contact { version: 9, ..contact("Carla", CARLA) };
    looked.machine.pull(vec![Event::ContactUpdated(renamed.clone())]).await;
    let known = carla(&looked.machine).await;
    assert_eq!((known.id, known.picture_id.as_deref()), (renamed.id, Some("canary-17")));
    for id in [looked.carla, renamed.id] {
        assert_eq!(looked.machine.store.look_at(id).await.expect("store"), Face::Picture(kept.clone()));
    }
}

#[tokio::test]
async fn a_lost_file_is_fetched_anew() {
    let looked = written().await;
    looked.face().await;
    looked.is_asked().await;
    let lost = looked.comes("17").await;
    looked.machine.store.folder().remove(&lost.name);
    looked.machine.store.picture_is_lost(looked.carla).await.expect("store");
    assert_eq!(looked.face().await, Face::NoPicture);
    assert_eq!(looked.wanted(), [looked.carla]);
    let names: HashSet<String> = looked.machine.store.folder().names().expect("names").into_iter().collect();
    assert!(!names.contains(&lost.name));
}
