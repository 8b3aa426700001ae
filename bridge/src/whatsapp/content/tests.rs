//! Each kind as a client writes it, and what the desk makes of it.

use ownline_model::{
    details::{ContactCard, FileState, Place, Poll, PollOption, Quote},
    message::Direction,
};
use whatsapp_rust::waproto::{
    buffa::MessageField,
    whatsapp::message::{
        AudioMessage, ButtonsResponseMessage, ContactMessage, ContactsArrayMessage, DocumentMessage,
        ExtendedTextMessage, FutureProofMessage, ImageMessage, InteractiveResponseMessage, ListResponseMessage,
        LiveLocationMessage, LocationMessage, OrderMessage, PollCreationMessage, PollEncValue, PollUpdateMessage,
        ProtocolMessage, ReactionMessage, SecretEncryptedMessage, StickerMessage, TemplateButtonReplyMessage,
        VideoMessage, buttons_response_message, interactive_response_message, list_response_message,
        poll_creation_message,
    },
};

use super::*;
use crate::store::inbound::{MediaKey, RemoteMedia, What};

macro_rules! message {
    ($field:ident: $content:expr) => {
        wa::Message { $field: MessageField::some($content), ..Default::default() }
    };
}

#[expect(clippy::unnecessary_wraps, reason = "most fields of the protocol are optional")]
fn some(words: &str) -> Option<String> {
    Some(words.to_owned())
}

fn own() -> Own {
    Own { pn: "4915112345678:5@s.whatsapp.net".parse().ok(), lid: "777:5@lid".parse().ok() }
}

fn text(words: &str) -> wa::Message {
    wa::Message { conversation: some(words), ..Default::default() }
}

fn wrap(message: wa::Message) -> FutureProofMessage {
    FutureProofMessage { message: MessageField::some(message) }
}

fn read_as_message(message: &wa::Message) -> Read {
    match of(message, &own()) {
        Content::Message(read) => *read,
        other => panic!("{other:?}"),
    }
}

fn read_as_change(message: &wa::Message) -> Change {
    match of(message, &own()) {
        Content::Change(change) => change,
        other => panic!("{other:?}"),
    }
}

fn file(read: &Read) -> &ownline_model::details::Attachment {
    read.details.attachment().expect("a file")
}

fn image() -> ImageMessage {
    ImageMessage {
        url: some("https://mmg.whatsapp.net/v/t62/1.enc?x=y"),
        direct_path: some("/v/t62/1.enc?x=y"),
        mimetype: some("image/jpeg"),
        caption: some("my cat"),
        file_sha256: Some(vec![1; 32]),
        file_enc_sha256: Some(vec![2; 32]),
        media_key: Some(vec![3; 32]),
        media_key_timestamp: Some(1_700_000_000),
        file_length: Some(4_096),
        width: Some(640),
        height: Some(480),
        jpeg_thumbnail: Some(bounds::tests::jpeg(100, 75, 500)),
        ..Default::default()
    }
}

#[test]
fn texts_with_and_without_links() {
    let plain = read_as_message(&text("Olá\0 *ana*"));
    assert_eq!((plain.kind, plain.text), (MessageKind::Text, some("Olá *ana*")));
    assert!(plain.details.is_empty());
    let linked = ExtendedTextMessage { text: some("see https://example.org"), title: some("x"), ..Default::default() };
    let linked = read_as_message(&message!(extended_text_message: linked));
    assert_eq!((linked.kind, linked.text), (MessageKind::Text, some("see https://example.org")));
}

#[test]
fn a_picture_and_the_way_to_it() {
    let read = read_as_message(&message!(image_message: image()));
    assert_eq!((read.kind, read.text.as_deref()), (MessageKind::Image, Some("my cat")));
    let told = file(&read);
    assert_eq!((told.mime.as_str(), told.size, told.width, told.height), ("image/jpeg", 4_096, Some(640), Some(480)));
    assert_eq!((&told.state, told.sha256.as_deref()), (&FileState::Remote, Some("01".repeat(32).as_str())));
    assert!(told.thumbnail.is_some());
    assert_eq!(
        read.remote.as_deref(),
        Some(&RemoteFile {
            media: RemoteMedia::Image,
            direct_path: "/v/t62/1.enc?x=y".into(),
            url: some("https://mmg.whatsapp.net/v/t62/1.enc?x=y"),
            media_key: MediaKey([3; 32]),
            sha256: Some([1; 32]),
            enc_sha256: [2; 32],
            size: 4_096,
            key_timestamp: Some(1_700_000_000),
        })
    );
}

#[test]
fn a_file_that_cannot_be_opened_is_gone_and_its_message_stays() {
    for broken in [
        ImageMessage { media_key: Some(vec![3; 31]), ..image() },
        ImageMessage { media_key: None, ..image() },
        ImageMessage { file_enc_sha256: None, ..image() },
        ImageMessage { direct_path: some("@evil.example/"), ..image() },
        ImageMessage { direct_path: None, url: some("ftp://x"), ..image() },
    ] {
        let read = read_as_message(&message!(image_message: broken));
        assert_eq!((read.kind, &file(&read).state, &read.remote), (MessageKind::Image, &FileState::Gone, &None));
    }
    let by_url = read_as_message(&message!(image_message: ImageMessage { direct_path: None, ..image() }));
    assert_eq!(by_url.remote.expect("by its address").direct_path, "/v/t62/1.enc?x=y");
}

#[test]
fn films_sounds_documents_and_stickers() {
    let film = VideoMessage { seconds: Some(7), caption: some("look"), gif_playback: Some(true), ..Default::default() };
    let film = read_as_message(&message!(video_message: film));
    assert_eq!((film.kind, film.text.as_deref(), file(&film).seconds), (MessageKind::Video, Some("look"), Some(7)));
    let round = read_as_message(&message!(ptv_message: VideoMessage::default()));
    assert_eq!((round.kind, file(&round).mime.as_str()), (MessageKind::Video, "video/mp4"));

    let sound = AudioMessage { seconds: Some(3), waveform: Some(vec![50; 64]), ..Default::default() };
    let sound_read = read_as_message(&message!(audio_message: sound.clone()));
    assert_eq!((sound_read.kind, file(&sound_read).waveform.len()), (MessageKind::Audio, 64));
    let voice = read_as_message(&message!(audio_message: AudioMessage { ptt: Some(true), ..sound }));
    assert_eq!((voice.kind, file(&voice).seconds), (MessageKind::Voice, Some(3)));

    let document = DocumentMessage {
        file_name: some("../../bi\u{7}ll.pdf"),
        mimetype: some("application/pdf"),
        caption: some("the bill"),
        ..Default::default()
    };
    let wrapped = message!(document_with_caption_message: wrap(message!(document_message: document.clone())));
    for message in [message!(document_message: document), wrapped] {
        let read = read_as_message(&message);
        assert_eq!((read.kind, read.text.as_deref()), (MessageKind::Document, Some("the bill")));
        assert_eq!(file(&read).file_name.as_deref(), Some("../../bill.pdf"), "a name to show, never a path");
    }

    let sticker = StickerMessage { is_animated: Some(true), width: Some(512), height: Some(0), ..Default::default() };
    let lottie = StickerMessage { mimetype: some("application/was"), is_lottie: Some(true), ..Default::default() };
    let sticker = read_as_message(&message!(sticker_message: sticker));
    assert_eq!((sticker.kind, file(&sticker).width, file(&sticker).height), (MessageKind::Sticker, Some(512), None));
    let lottie = read_as_message(&message!(lottie_sticker_message: wrap(message!(sticker_message: lottie))));
    assert_eq!((lottie.kind, file(&lottie).mime.as_str()), (MessageKind::Sticker, "application/was"));
}

#[test]
fn places_on_earth() {
    let office = LocationMessage {
        name: some("Office"),
        address: some("Rua 1"),
        degrees_latitude: Some(-23.5),
        degrees_longitude: Some(-46.25),
        ..Default::default()
    };
    let read = read_as_message(&message!(location_message: office.clone()));
    let place = Place { latitude: -23.5, longitude: -46.25, name: some("Office"), address: some("Rua 1"), live: false };
    assert_eq!((read.kind, read.text), (MessageKind::Location, None));
    assert_eq!(read.details.content.as_deref(), Some(&Carried::Place(place)));
    let moving = LiveLocationMessage { degrees_latitude: Some(1.0), caption: some("on my way"), ..Default::default() };
    let read = read_as_message(&message!(live_location_message: moving));
    assert_eq!((read.kind, read.text.as_deref()), (MessageKind::Location, Some("on my way")));
    assert!(matches!(read.details.content.as_deref(), Some(Carried::Place(Place { live: true, .. }))));
    for nowhere in [f64::NAN, f64::INFINITY, 91.0] {
        let nowhere = LocationMessage { degrees_latitude: Some(nowhere), ..office.clone() };
        assert_eq!(read_as_message(&message!(location_message: nowhere)).kind, MessageKind::Unknown);
    }
}

#[test]
fn cards_of_people() {
    let card = |name: &str| ContactMessage {
        display_name: some(name),
        vcard: some("BEGIN:VCARD\nFN:Somebody\nTEL;waid=551:+55 1\nEND:VCARD"),
        ..Default::default()
    };
    let read = read_as_message(&message!(contact_message: card("Bruno")));
    let bruno = ContactCard { name: "Bruno".into(), phones: vec!["+55 1".into()], emails: vec![], organisation: None };
    assert_eq!(read.details.content.as_deref(), Some(&Carried::Cards { cards: vec![bruno] }));
    let many = ContactsArrayMessage { contacts: vec![card("x"); 5_000], ..Default::default() };
    let read = read_as_message(&message!(contacts_array_message: many));
    let Some(Carried::Cards { cards }) = read.details.content.as_deref() else { panic!("{read:?}") };
    assert_eq!((read.kind, cards.len()), (MessageKind::ContactCard, 20));
}

fn poll() -> PollCreationMessage {
    let option = |name: &str| poll_creation_message::Option { option_name: some(name), ..Default::default() };
    PollCreationMessage {
        name: some("Lunch?"),
        options: vec![option("yes"), option("no")],
        selectable_options_count: Some(1),
        ..Default::default()
    }
}

#[test]
fn polls_of_every_version() {
    let wrapped = message!(poll_creation_message_v4: wrap(message!(poll_creation_message_v3: poll())));
    for message in [
        message!(poll_creation_message: poll()),
        message!(poll_creation_message_v2: poll()),
        message!(poll_creation_message_v3: poll()),
        message!(poll_creation_message_v5: poll()),
        wrapped,
    ] {
        let mut message = message;
        message.message_context_info =
            MessageField::some(wa::MessageContextInfo { message_secret: Some(vec![9; 32]), ..Default::default() });
        let read = read_as_message(&message);
        let option = |text: &str| PollOption { text: text.into(), votes: 0 };
        let options = vec![option("yes"), option("no")];
        assert_eq!(read.kind, MessageKind::Poll);
        assert_eq!(
            read.details.content.as_deref(),
            Some(&Carried::Poll(Poll { question: "Lunch?".into(), options, choose: 1 }))
        );
        assert_eq!(read.secret, Some(MessageSecret([9; 32])));
    }
}

#[test]
fn what_was_chosen_from_a_menu() {
    let button = ButtonsResponseMessage {
        selected_button_id: some("b1"),
        response: Some(buttons_response_message::Response::SelectedDisplayText("Sales".into())),
        ..Default::default()
    };
    let row = ListResponseMessage {
        title: some("Tomorrow"),
        description: some("10 to 12"),
        single_select_reply: MessageField::some(list_response_message::SingleSelectReply {
            selected_row_id: some("r7"),
        }),
        ..Default::default()
    };
    let template = TemplateButtonReplyMessage {
        selected_id: some("t1"),
        selected_display_text: some("Yes"),
        ..Default::default()
    };
    let flow = InteractiveResponseMessage {
        body: MessageField::some(interactive_response_message::Body { text: some("Pay"), ..Default::default() }),
        interactive_response_message: Some(
            interactive_response_message::InteractiveResponseMessage::NativeFlowResponseMessage(Box::new(
                interactive_response_message::NativeFlowResponseMessage {
                    name: some("menu"),
                    params_json: some(r#"{"id":"f1","more":1}"#),
                    ..Default::default()
                },
            )),
        ),
        ..Default::default()
    };
    for (message, words, id, description) in [
        (message!(buttons_response_message: button), "Sales", "b1", None),
        (message!(list_response_message: row), "Tomorrow", "r7", some("10 to 12")),
        (message!(template_button_reply_message: template), "Yes", "t1", None),
        (message!(interactive_response_message: flow), "Pay", "f1", None),
    ] {
        let read = read_as_message(&message);
        assert_eq!((read.kind, read.text.as_deref()), (MessageKind::Choice, Some(words)));
        assert_eq!(read.details.content.as_deref(), Some(&Carried::Choice { id: id.into(), description }));
    }
}

#[test]
fn what_is_to_be_seen_once_is_a_placeholder_without_content() {
    let picture = || message!(image_message: image());
    let ephemeral = message!(ephemeral_message: wrap(message!(view_once_message: wrap(picture()))));
    for message in [
        message!(view_once_message: wrap(picture())),
        message!(view_once_message_v2: wrap(picture())),
        message!(view_once_message_v2_extension: wrap(message!(audio_message: AudioMessage::default()))),
        message!(view_once_message_v2: FutureProofMessage::default()),
        message!(image_message: ImageMessage { view_once: Some(true), ..image() }),
        message!(video_message: VideoMessage { view_once: Some(true), ..Default::default() }),
        message!(audio_message: AudioMessage { view_once: Some(true), ..Default::default() }),
        ephemeral,
    ] {
        let read = read_as_message(&message);
        assert_eq!(read, Read::new(MessageKind::ViewOnce, None), "{message:?}");
    }
}

#[test]
fn what_cannot_be_shown_says_what_it_is() {
    for (message, name) in [
        (message!(order_message: OrderMessage::default()), "orderMessage"),
        (message!(secret_encrypted_message: SecretEncryptedMessage::default()), "secretEncryptedMessage"),
        (wa::Message::default(), "empty"),
    ] {
        let read = read_as_message(&message);
        assert_eq!(read.kind, MessageKind::Unknown);
        assert_eq!(read.details.content.as_deref(), Some(&Carried::Other { name: name.into() }));
    }
}

fn answering(participant: &str) -> wa::Message {
    let context = wa::ContextInfo {
        stanza_id: some("QUOTED"),
        participant: some(participant),
        quoted_message: MessageField::some(message!(image_message: image())),
        is_forwarded: Some(true),
        ..Default::default()
    };
    let answer =
        ExtendedTextMessage { text: some("nice"), context_info: MessageField::some(context), ..Default::default() };
    message!(extended_text_message: answer)
}

#[test]
fn answers_name_what_they_answer() {
    for (participant, direction) in [
        ("4915112345678@s.whatsapp.net", Direction::Outbound),
        ("777@lid", Direction::Outbound),
        ("5511987654321@s.whatsapp.net", Direction::Inbound),
    ] {
        let read = read_as_message(&answering(participant));
        let quote = Quote {
            wa_id: "QUOTED".into(),
            message_id: None,
            direction,
            kind: MessageKind::Image,
            preview: "my cat".into(),
        };
        assert_eq!(read.details.reply_to.as_deref(), Some(&quote));
        assert!(read.details.forwarded);
    }
}

fn key() -> MessageField<wa::MessageKey> {
    MessageField::some(wa::MessageKey { id: some("TARGET"), from_me: Some(true), ..Default::default() })
}

#[test]
fn changes_are_no_messages() {
    let edited = ProtocolMessage {
        key: key(),
        r#type: Some(ProtocolType::MESSAGE_EDIT),
        edited_message: MessageField::some(message!(extended_text_message: ExtendedTextMessage {
            text: some("better"),
            ..Default::default()
        })),
        timestamp_ms: Some(1_700_000_000_123),
        ..Default::default()
    };
    let caption =
        ProtocolMessage { edited_message: MessageField::some(message!(image_message: image())), ..edited.clone() };
    let revoked = ProtocolMessage { key: key(), r#type: Some(ProtocolType::REVOKE), ..Default::default() };
    let reaction = |emoji: &str| ReactionMessage { key: key(), text: some(emoji), ..Default::default() };
    let vote = PollUpdateMessage {
        poll_creation_message_key: key(),
        vote: MessageField::some(PollEncValue { enc_payload: Some(vec![1; 40]), enc_iv: Some(vec![2; 12]) }),
        ..Default::default()
    };
    let wrapped = message!(edited_message: wrap(message!(protocol_message: edited.clone())));
    for (message, what) in [
        (message!(protocol_message: edited), What::Edited { text: some("better") }),
        (wrapped, What::Edited { text: some("better") }),
        (message!(protocol_message: caption), What::Edited { text: some("my cat") }),
        (message!(protocol_message: revoked), What::Revoked),
        (message!(reaction_message: reaction("❤️")), What::Reacted { emoji: some("❤️") }),
        (message!(reaction_message: reaction("")), What::Reacted { emoji: None }),
        (
            message!(poll_update_message: vote),
            What::Voted(crate::store::inbound::SealedVote { payload: vec![1; 40], iv: [2; 12] }),
        ),
    ] {
        let change = read_as_change(&message);
        assert_eq!((change.target.wa_id.as_str(), change.target.own, change.what), ("TARGET", true, what));
    }
    let flood = ReactionMessage { key: key(), text: Some("👍".repeat(10_000)), ..Default::default() };
    let What::Reacted { emoji: Some(emoji) } = read_as_change(&message!(reaction_message: flood)).what else {
        panic!("a reaction")
    };
    assert_eq!(emoji.chars().count(), 16);
}
