use ownline_model::{
    details::{Attachment, ContactCard, FileState, MessageDetails, Quote},
    ids::{ConversationId, MessageId},
    time::UtcMillis,
};

use super::*;
use crate::{
    store::inbound::{MediaKey, RemoteFile, RemoteMedia, Target, Uploaded, WaIdentity},
    whatsapp::content,
};

fn own() -> Own {
    Own { pn: "4915112345678:5@s.whatsapp.net".parse().ok(), lid: "777:5@lid".parse().ok() }
}

fn to() -> Jid {
    "5511987654321@s.whatsapp.net".parse().expect("jid")
}

fn queued(kind: MessageKind, text: &str, content: Option<Content>) -> ToSend {
    ToSend {
        message_id: MessageId::fresh(),
        conversation_id: ConversationId::fresh(),
        wa_id: "3EB0".into(),
        chat: WaIdentity::default(),
        kind,
        text: text.into(),
        details: MessageDetails { content: content.map(Box::new), ..MessageDetails::default() },
        media_id: None,
        uploaded: None,
        quoted: None,
        author: None,
        change: None,
        attempts: 0,
        last_attempt_at: None,
        expires_at: None,
    }
}

fn build(message: &ToSend) -> wa::Message {
    super::message(message, &to(), &own(), false).expect("a message")
}

/// As the other side reads it.
fn back(message: &ToSend) -> content::Read {
    match content::of(&build(message), &Own::default()) {
        content::Content::Message(read) => *read,
        other => panic!("{other:?}"),
    }
}

fn attachment(mime: &str) -> Attachment {
    Attachment {
        mime: mime.into(),
        size: 10,
        file_name: Some("bill.pdf".into()),
        width: Some(4),
        height: Some(3),
        seconds: Some(2),
        waveform: vec![7; 64],
        thumbnail: None,
        sha256: None,
        state: FileState::Here,
    }
}

fn uploaded() -> Box<Uploaded> {
    Box::new(Uploaded {
        file: RemoteFile {
            media: RemoteMedia::Image,
            direct_path: "/v/1".into(),
            url: Some("https://mmg.whatsapp.net/v/1".into()),
            media_key: MediaKey([1; 32]),
            sha256: Some([2; 32]),
            enc_sha256: [3; 32],
            size: 10,
            key_timestamp: Some(5),
        },
        sidecar: None,
    })
}

#[test]
fn plain_words_and_links() {
    assert_eq!(build(&queued(MessageKind::Text, "Olá *ana*", None)).conversation.as_deref(), Some("Olá *ana*"));
    let linked = build(&queued(MessageKind::Text, "see https://example.org", None));
    assert_eq!(linked.conversation, None);
    assert_eq!(linked.extended_text_message.text.as_deref(), Some("see https://example.org"));
}

#[test]
fn files_of_every_kind_come_back_as_they_went() {
    for (kind, mime, caption) in [
        (MessageKind::Image, "image/jpeg", "look"),
        (MessageKind::Video, "video/mp4", "look"),
        (MessageKind::Audio, "audio/mpeg", ""),
        (MessageKind::Voice, "audio/ogg", ""),
        (MessageKind::Document, "application/pdf", "the bill"),
        (MessageKind::Document, "application/pdf", ""),
        (MessageKind::Sticker, "image/webp", ""),
    ] {
        let file = Content::File(attachment(mime));
        let message = ToSend { uploaded: Some(uploaded()), ..queued(kind, caption, Some(file)) };
        let read = back(&message);
        assert_eq!((read.kind, read.text.as_deref().unwrap_or_default()), (kind, caption));
        let told = read.details.attachment().expect("a file");
        assert_eq!((told.mime.as_str(), told.size), (mime, 10));
        let remote = read.remote.expect("a way to it");
        assert_eq!((remote.direct_path.as_str(), remote.enc_sha256), ("/v/1", [3; 32]));
        if kind == MessageKind::Voice {
            assert_eq!(told.waveform.len(), 64);
        }
        let without = ToSend { uploaded: None, ..message };
        assert_eq!(super::message(&without, &to(), &own(), false), Err(Unbuildable::NoFile));
    }
}

#[test]
fn places_and_cards_come_back_as_they_went() {
    let place = Place { latitude: -23.5, longitude: 4.0, name: Some("Office".into()), address: None, live: false };
    let read = back(&queued(MessageKind::Location, "", Some(Content::Place(place.clone()))));
    assert_eq!(read.details.content.as_deref(), Some(&Content::Place(place)));
    let card = |name: &str| ContactCard {
        name: name.into(),
        phones: vec!["+55 11 98765-4321".into(), "190".into()],
        emails: vec!["a@b.example".into()],
        organisation: Some("Smith; Sons, \\Co".into()),
    };
    for cards in [vec![card("Ana, Lda.\r\nTEL:+666")], vec![card("Ana"), card("Bruno")]] {
        let read = back(&queued(MessageKind::ContactCard, "", Some(Content::Cards { cards: cards.clone() })));
        let Some(Content::Cards { cards: read }) = read.details.content.as_deref() else { panic!("{read:?}") };
        assert_eq!(read.len(), cards.len());
        for (read, card) in read.iter().zip(&cards) {
            assert_eq!(
                (&read.phones, &read.organisation),
                (&card.phones, &card.organisation),
                "no line is smuggled in"
            );
        }
    }
    assert!(cards::vcard(&card("x")).contains(";waid=5511987654321:"));
}

#[test]
fn an_answer_carries_what_it_answers() {
    for (direction, author) in
        [(Direction::Outbound, "4915112345678@s.whatsapp.net"), (Direction::Inbound, "5511987654321@s.whatsapp.net")]
    {
        let quote =
            Quote { wa_id: "Q".into(), message_id: None, direction, kind: MessageKind::Text, preview: "before".into() };
        let mut message = queued(MessageKind::Text, "after", None);
        message.details.reply_to = Some(Box::new(quote));
        let wire = build(&message);
        let context = wire.extended_text_message.context_info.as_option().expect("context");
        assert_eq!((context.stanza_id.as_deref(), context.participant.as_deref()), (Some("Q"), Some(author)));
        assert_eq!(context.quoted_message.conversation.as_deref(), Some("before"));
        let place = Place { latitude: 1.0, longitude: 1.0, name: None, address: None, live: false };
        let place =
            ToSend { kind: MessageKind::Location, ..queued(MessageKind::Location, "", Some(Content::Place(place))) };
        let place = ToSend { details: MessageDetails { reply_to: message.details.reply_to, ..place.details }, ..place };
        assert!(build(&place).location_message.context_info.is_set());
    }
    let hidden: Jid = "99@lid".parse().expect("jid");
    let mut message = queued(MessageKind::Text, "after", None);
    let direction = Direction::Outbound;
    let quote = Quote { wa_id: "Q".into(), message_id: None, direction, kind: MessageKind::Text, preview: "x".into() };
    message.details.reply_to = Some(Box::new(quote));
    let wire = super::message(&message, &hidden, &own(), true).expect("a message");
    assert_eq!(wire.extended_text_message.context_info.participant.as_deref(), Some("777@lid"));
}

#[test]
fn changes_name_their_target_and_are_read_back() {
    let change = |what: What, direction| ToChange {
        target: Target { wa_id: "TARGET".into(), direction },
        what,
        at: UtcMillis(7),
    };
    for (what, direction) in [
        (What::Edited { text: Some("better".into()) }, Direction::Outbound),
        (What::Revoked, Direction::Outbound),
        (What::Reacted { emoji: Some("👍".into()) }, Direction::Inbound),
        (What::Reacted { emoji: None }, Direction::Outbound),
    ] {
        let change = Some(Box::new(change(what.clone(), direction)));
        let message = ToSend { change, ..queued(MessageKind::Text, "as it was", None) };
        let content::Content::Change(read) = content::of(&build(&message), &Own::default()) else { panic!("{what:?}") };
        assert_eq!((read.what, read.target.wa_id.as_str()), (what, "TARGET"));
        assert_eq!(read.target.own, direction == Direction::Outbound);
    }
    // A caption keeps its picture.
    let edited = change(What::Edited { text: Some("better".into()) }, Direction::Outbound);
    let message = ToSend {
        change: Some(Box::new(edited)),
        uploaded: Some(uploaded()),
        ..queued(MessageKind::Image, "as it was", Some(Content::File(attachment("image/jpeg"))))
    };
    let wire = build(&message);
    let edited = wire.protocol_message.edited_message.as_option().expect("the new wording");
    assert_eq!(edited.image_message.caption.as_deref(), Some("better"));
    assert_eq!(edited.image_message.direct_path.as_deref(), Some("/v/1"));
}
