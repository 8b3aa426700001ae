use super::*;
use crate::world::{
    ButtonAnswerContent, ContactContent, Content, EditContent, ListAnswerContent, LocationContent, MediaContent,
    PollContent, ReactionContent, RevokeContent, WorldError,
};

fn around() -> Surroundings {
    Surroundings { peer: 4_915_100_000_001, named: Some(Named { own: true, author: None }), ..Surroundings::default() }
}

fn contact(name: &str, phones: &[&str]) -> ContactContent {
    let number = phones[0].to_owned();
    let phones = if phones.len() > 1 { phones.iter().map(|phone| (*phone).to_owned()).collect() } else { Vec::new() };
    ContactContent { name: name.to_owned(), number, phones }
}

fn media(json: &str) -> MediaContent {
    serde_json::from_str(json).expect("a file")
}

fn uploaded() -> Uploaded {
    Uploaded {
        stored: crate::network::media::Stored {
            url: "https://127.0.0.1:1/v/x".to_owned(),
            direct_path: "/v/x".to_owned(),
        },
        key: [1; 32],
        sha256: [2; 32],
        enc_sha256: [3; 32],
        size: 99,
        at: 1_700_000_000,
        sidecar: Some(vec![4; 10]),
        thumbnail: Some(vec![5; 10]),
        dimensions: Some((640, 480)),
        seconds: Some(7),
    }
}

#[test]
fn what_is_said_comes_back() {
    let poll = |max| PollContent {
        question: "When?".to_owned(),
        options: vec!["Monday".to_owned(), "Tuesday".to_owned()],
        max,
        votes: Vec::new(),
    };
    let said = [
        Content::Text("Grüße 👋".to_owned()),
        Content::Reaction(ReactionContent { id: "A1".to_owned(), emoji: "👍".to_owned() }),
        Content::Edit(EditContent { id: "A1".to_owned(), text: "better".to_owned() }),
        Content::Revoke(RevokeContent { id: "A1".to_owned() }),
        Content::Location(LocationContent {
            latitude: 52.5,
            longitude: 13.4,
            name: Some("Berlin".to_owned()),
            address: Some("Unter den Linden 1".to_owned()),
        }),
        Content::Contact(contact("Ada", &["4915112345678"])),
        Content::Contact(contact("Ada", &["4915112345678", "351910000000"])),
        Content::Contacts(vec![contact("Ada", &["4915112345678"]), contact("Bo", &["351910000000"])]),
        Content::Poll(poll(0)),
        Content::Poll(poll(1)),
        Content::ListAnswer(ListAnswerContent {
            title: "Delivery".to_owned(),
            row_id: "row-1".to_owned(),
            description: Some("Two days".to_owned()),
        }),
        Content::ButtonAnswer(ButtonAnswerContent { text: "Yes".to_owned(), id: "b-1".to_owned() }),
    ];
    for content in said {
        let message = to_message(&content, around()).expect("sendable");
        assert_eq!(from_message(&message), content);
    }
}

#[test]
fn every_kind_of_file_leads_to_its_bytes() {
    for (json, kind, type_) in [
        (r#"{"kind":"image","caption":"a"}"#, "media", Some("image")),
        (r#"{"kind":"image","view_once":true}"#, "media", Some("image")),
        (r#"{"kind":"video","caption":"a"}"#, "media", Some("video")),
        (r#"{"kind":"audio"}"#, "media", Some("audio")),
        (r#"{"kind":"voice","waveform":[1,2,3]}"#, "media", Some("ptt")),
        (r#"{"kind":"voice","view_once":true}"#, "media", Some("ptt")),
        (r#"{"kind":"document","file_name":"a.pdf"}"#, "media", Some("document")),
        (r#"{"kind":"document","file_name":"a.pdf","caption":"b"}"#, "media", Some("document")),
        (r#"{"kind":"sticker"}"#, "media", Some("sticker")),
    ] {
        let content = media(json);
        let message = to_message(&Content::Media(content.clone()), Surroundings { file: Some(uploaded()), ..around() })
            .expect(json);
        let envelope = envelope(&message);
        assert_eq!((envelope.kind, envelope.media, envelope.view_once), (kind, type_, content.view_once), "{json}");
        let file = file_of(&message).expect(json);
        assert_eq!((file.sort, file.key, file.token.0, file.size), (content.kind, [1; 32], [3; 32], 99), "{json}");
        let Content::Media(shown) = from_message(&message) else { panic!("{json} came back as something else") };
        assert_eq!((shown.kind, shown.view_once), (content.kind, content.view_once), "{json}");
        assert_eq!((&shown.caption, &shown.file_name), (&content.caption, &content.file_name), "{json}");
        assert_eq!(shown.sha256, Some(hex::encode([2; 32])), "{json}");
    }
}

#[test]
fn stanzas_say_what_they_carry_as_the_protocol_has_it() {
    let envelope_of = |content: Content| {
        let vote = Some(SealedVote { payload: vec![1], iv: [0; 12] });
        envelope(&to_message(&content, Surroundings { vote, ..around() }).expect("sendable"))
    };
    let content = |json: &str| -> Content { serde_json::from_str(json).expect("content") };
    for (json, kind, edit, type_, hide) in [
        (r#"{"text":"a"}"#, "text", None, None, false),
        (r#"{"reaction":{"id":"A","emoji":"👍"}}"#, "reaction", None, None, true),
        (r#"{"reaction":{"id":"A","emoji":""}}"#, "reaction", Some("7"), None, true),
        (r#"{"edit":{"id":"A","text":"b"}}"#, "text", Some("1"), None, true),
        (r#"{"revoke":{"id":"A"}}"#, "text", Some("7"), None, false),
        (r#"{"poll":{"question":"a","options":["b","c"]}}"#, "poll", None, None, false),
        (r#"{"poll_vote":{"id":"A","options":["b"]}}"#, "poll", None, None, true),
        (r#"{"location":{"lat":1,"lng":2}}"#, "media", None, Some("location"), false),
        (r#"{"contact":{"name":"a","phones":["4915112345678"]}}"#, "media", None, Some("vcard"), false),
        (r#"{"list_answer":{"title":"a"}}"#, "media", None, Some("list_response"), false),
        (r#"{"button_answer":{"text":"a"}}"#, "media", None, Some("buttons_response"), false),
    ] {
        let envelope = envelope_of(content(json));
        assert_eq!((envelope.kind, envelope.edit, envelope.media, envelope.hide), (kind, edit, type_, hide), "{json}");
    }
}

#[test]
fn a_quote_goes_with_any_kind() {
    let quote = waproto::whatsapp::ContextInfo { stanza_id: Some("Q1".to_owned()), ..Default::default() };
    for json in [
        r#"{"text":"a"}"#,
        r#"{"media":{"kind":"image"}}"#,
        r#"{"media":{"kind":"document","caption":"c"}}"#,
        r#"{"media":{"kind":"voice"}}"#,
        r#"{"media":{"kind":"sticker"}}"#,
        r#"{"location":{"lat":1,"lng":2}}"#,
        r#"{"contact":{"name":"a","phones":["4915112345678"]}}"#,
        r#"{"contacts":[{"name":"a","phones":["4915112345678"]}]}"#,
        r#"{"poll":{"question":"a","options":["b","c"]}}"#,
        r#"{"list_answer":{"title":"a"}}"#,
        r#"{"button_answer":{"text":"a"}}"#,
    ] {
        let content: Content = serde_json::from_str(json).expect(json);
        let around = Surroundings { quote: Some(quote.clone()), file: Some(uploaded()), ..around() };
        let message = to_message(&content, around).expect(json);
        assert_eq!(context_of(&message).and_then(|context| context.stanza_id.as_deref()), Some("Q1"), "{json}");
    }
}

#[test]
fn empty_and_endless_texts_are_refused() {
    for text in [String::new(), "x".repeat(MAX_TEXT + 1)] {
        assert_eq!(to_message(&Content::Text(text), around()), Err(WorldError::BadContent));
    }
    assert!(to_message(&Content::Text("x".repeat(MAX_TEXT)), around()).is_ok());
}

#[test]
fn a_name_cannot_add_lines_or_fields_to_a_card() {
    let card = vcard(&contact("Ada; Countess, of L\\", &["4915112345678"]));
    assert!(card.contains("FN:Ada\\; Countess\\, of L\\\\\n"), "{card}");
    assert!(card.contains("waid=4915112345678:+4915112345678\n"), "{card}");
}
