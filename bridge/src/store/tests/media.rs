//! Files of messages: which are fetched, sent, given to the team, and forgotten.

use ownline_model::{
    details::{Attachment, Content, FileState},
    ids::MediaId,
    message::UploadedMedia,
};

use super::{privacy::set_scope, *};
use crate::{
    media::still::Still,
    store::{
        TakeBack,
        inbound::{MediaKey, RemoteFile, RemoteMedia},
        media::{Asked, Source, Uploaded},
    },
};

const CARLA: &str = "+5511988887777";

fn file(mime: &str, size: u64) -> Attachment {
    Attachment {
        mime: mime.into(),
        size,
        file_name: None,
        width: None,
        height: None,
        seconds: None,
        waveform: vec![],
        thumbnail: None,
        sha256: None,
        state: FileState::Remote,
    }
}

fn remote(media: RemoteMedia, size: u64) -> RemoteFile {
    RemoteFile {
        media,
        direct_path: "/v/path".into(),
        url: None,
        media_key: MediaKey([7; 32]),
        sha256: Some([8; 32]),
        enc_sha256: [9; 32],
        size,
        key_timestamp: None,
    }
}

impl Machine {
    /// A customer sends a file.
    async fn receive_file(&self, wa_id: &str, kind: MessageKind, media: RemoteMedia, size: u64) -> Recorded {
        let content = Content::File(file("application/pdf", size));
        let details = MessageDetails { content: Some(Box::new(content)), ..MessageDetails::default() };
        let fact = InboundFact {
            kind,
            text: None,
            details,
            remote: Some(Box::new(remote(media, size))),
            ..fact(by_phone(CARLA), wa_id, "")
        };
        self.receive(vec![fact]).await[0]
    }

    async fn give(&self, kind: MessageKind, name: Option<&str>) -> MediaId {
        let id = MediaId::fresh();
        let attachment =
            Attachment { file_name: name.map(str::to_owned), state: FileState::Here, ..file("video/mp4", 3) };
        self.store.keep_file(UploadedMedia { id, kind, attachment }, format!("{id}")).await.expect("kept");
        id
    }

    async fn send_file(&self, chat: ConversationId, media: MediaId) -> Message {
        let new = NewMessage { media_id: Some(media), ..reply("") };
        self.store.write_message(chat, new).await.expect("written")
    }

    async fn state_of(&self, message: MessageId) -> FileState {
        self.store.file_of(message).await.expect("read").expect("a file").attachment.state
    }

    async fn fetching(&self) -> Vec<MessageId> {
        let fetches = self.store.fetches(Source::WhatsApp).await.expect("fetches");
        fetches.into_iter().map(|fetch| fetch.message_id).collect()
    }
}

#[tokio::test]
async fn small_pictures_come_by_themselves_and_the_rest_when_asked_for() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let small = machine.receive_file("a", MessageKind::Image, RemoteMedia::Image, 2 << 20).await.message_id;
    let large = machine.receive_file("b", MessageKind::Image, RemoteMedia::Image, (2 << 20) + 1).await.message_id;
    let paper = machine.receive_file("c", MessageKind::Document, RemoteMedia::Document, 10).await.message_id;
    assert_eq!(machine.fetching().await, [small]);
    assert_eq!(machine.state_of(large).await, FileState::Remote);
    assert_eq!(machine.store.want_file(paper).await.expect("asked"), Asked::Fetching);
    assert_eq!(machine.store.want_file(paper).await.expect("asked"), Asked::Fetching, "asking twice is harmless");
    assert_eq!(machine.fetching().await, [paper, small], "what somebody waits for comes first");
    assert_eq!(machine.store.want_file(MessageId::fresh()).await.expect("asked"), Asked::Nothing);
}

#[tokio::test]
async fn a_fetched_file_is_here_until_the_disk_loses_it() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let id = machine.receive_file("a", MessageKind::Voice, RemoteMedia::Audio, 10).await.message_id;
    machine.store.set_fetch_part(id, "part".into()).await.expect("noted");
    let fetch = machine.store.fetches(Source::WhatsApp).await.expect("fetches").remove(0);
    assert_eq!(fetch.part.as_deref(), Some("part"), "another run goes on where this one stops");
    let found = Attachment { seconds: Some(12), ..file("audio/ogg", 10) };
    assert!(machine.store.file_is_here(id, found.clone(), "part".into()).await.expect("kept"));
    assert_eq!(machine.store.want_file(id).await.expect("asked"), Asked::Here);
    let known = machine.store.file_of(id).await.expect("read").expect("a file");
    assert_eq!((known.attachment.seconds, known.attachment.state), (Some(12), FileState::Here));
    assert_eq!(known.local.expect("here").name, "part");
    assert_eq!(machine.fetching().await, []);

    machine.store.file_is_lost(id).await.expect("noted");
    assert_eq!(machine.state_of(id).await, FileState::Remote);
    assert_eq!(machine.store.want_file(id).await.expect("asked"), Asked::Fetching);
    machine.store.file_is_not_here(id, FileState::Gone).await.expect("noted");
    assert_eq!(machine.store.want_file(id).await.expect("asked"), Asked::Gone);
    assert!(!machine.store.file_is_here(id, found, "late".into()).await.expect("told"), "nobody waits for it any more");
}

#[tokio::test]
async fn a_message_leaves_after_its_file() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let media = machine.give(MessageKind::Video, None).await;
    let written = machine.send_file(chat, media).await;
    let offered = async || machine.store.next_to_send(10).await.expect("queue").len();
    let uploads = async || machine.store.uploads().await.expect("uploads").len();
    assert_eq!((offered().await, uploads().await), (0, 1));
    let now = now().0 / 1000;
    let at_whatsapp =
        |at| Uploaded { file: RemoteFile { key_timestamp: Some(at), ..remote(RemoteMedia::Video, 3) }, sidecar: None };
    machine.store.file_is_uploaded(media, at_whatsapp(now - 15 * 24 * 60 * 60)).await.expect("noted");
    assert_eq!((offered().await, uploads().await), (0, 1), "WhatsApp may have forgotten it");
    machine.store.file_is_uploaded(media, at_whatsapp(now)).await.expect("noted");
    assert_eq!((offered().await, uploads().await), (1, 0));
    machine.store.take_back(written.id, TakeBack::Unsent).await.expect("taken back");
    assert_eq!((offered().await, machine.store.is_queued(written.id).await.expect("read")), (0, false));
}

#[tokio::test]
async fn a_film_takes_a_still_until_a_message_takes_the_film() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let (film, picture) = (machine.give(MessageKind::Video, None).await, machine.give(MessageKind::Image, None).await);
    let still = |thumbnail: &str| Still { width: 360, height: 640, thumbnail: thumbnail.into() };
    assert_eq!(refusal(machine.store.set_still(MediaId::fresh(), still("A"), None).await), "media_unknown");
    assert_eq!(refusal(machine.store.set_still(picture, still("A"), None).await), "media_unreadable");
    let given = machine.store.set_still(film, still("A"), Some(9)).await.expect("taken").attachment;
    assert_eq!((given.width, given.height, given.seconds), (Some(360), Some(640), Some(9)));
    let again = machine.store.set_still(film, still("B"), Some(5)).await.expect("another").attachment;
    assert_eq!((again.thumbnail.as_deref(), again.seconds), (Some("B"), Some(9)));
    let written = machine.send_file(chat, film).await;
    assert_eq!(written.details.attachment().and_then(|file| file.thumbnail.as_deref()), Some("B"));
    assert_eq!(refusal(machine.store.set_still(film, still("C"), None).await), "version_conflict");
}

#[tokio::test]
async fn the_team_gets_files_of_shared_chats_after_their_messages() {
    let machine = Machine::linked(NumberUse::Work).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let media = machine.give(MessageKind::Video, None).await;
    let written = machine.send_file(chat, media).await;
    let shares = async || machine.store.shares().await.expect("shares").len();
    assert_eq!(shares().await, 0, "the server does not know the message yet");
    machine.drain().await;
    assert_eq!(shares().await, 1);
    set_scope(&machine, chat, Scope::Private).await;
    assert_eq!(shares().await, 0, "what became private stays here");
    set_scope(&machine, chat, Scope::Shared).await;
    assert_eq!(shares().await, 1);
    machine.store.file_is_shared(written.id).await.expect("noted");
    assert_eq!(shares().await, 0);
}

#[tokio::test]
async fn a_list_names_the_file_where_there_are_no_words() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let chat = machine.hear(CARLA, "in-1", "hi").await.conversation_id;
    let media = machine.give(MessageKind::Document, Some("contract.pdf")).await;
    machine.send_file(chat, media).await;
    let preview = async || {
        let item = machine.store.conversation(chat).await.expect("read").expect("there");
        item.conversation.last_message.expect("last").preview
    };
    assert_eq!(preview().await, "contract.pdf");
    let media = machine.give(MessageKind::Document, Some("bill.pdf")).await;
    let captioned = NewMessage { media_id: Some(media), ..reply("the bill") };
    machine.store.write_message(chat, captioned).await.expect("written");
    assert_eq!(preview().await, "the bill");
}

#[tokio::test]
async fn files_go_with_their_chat() {
    let machine = Machine::linked(NumberUse::Personal).await;
    let received = machine.receive_file("a", MessageKind::Image, RemoteMedia::Image, 10).await;
    let media = machine.give(MessageKind::Video, None).await;
    let written = machine.send_file(received.conversation_id, media).await;
    machine.store.drop_files(received.conversation_id).await.expect("dropped");
    assert_eq!(machine.fetching().await, []);
    assert_eq!(machine.store.file_of(written.id).await.expect("read").expect("told of").local, None);
    assert_eq!(machine.store.uploads().await.expect("uploads").len(), 0);
}
