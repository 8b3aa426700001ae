use ownline_model::limits::TEXT_MAX_CHARS;
use whatsapp_rust::{
    wacore::{
        chrono::DateTime,
        stanza::business::VerifiedName,
        types::message::{MessageInfo, MessageSource},
    },
    waproto::{
        buffa::MessageField,
        whatsapp::message::{
            DeviceSentMessage, FutureProofMessage, ImageMessage, ProtocolMessage, ReactionMessage,
            SenderKeyDistributionMessage, protocol_message::Type as ProtocolType,
        },
    },
};

use super::*;

const CUSTOMER: &str = "5511987654321@s.whatsapp.net";

fn jid(text: &str) -> Jid {
    text.parse().expect("jid")
}

fn own() -> Own {
    Own { pn: Some(jid("4915112345678:5@s.whatsapp.net")), lid: Some(jid("777:5@lid")) }
}

fn info(chat: &str) -> MessageInfo {
    MessageInfo {
        id: "AC0FFEE".into(),
        push_name: "Ana\u{7} ".into(),
        timestamp: DateTime::from_timestamp(1_700_000_000, 0).expect("time"),
        source: MessageSource { chat: jid(chat), sender: jid(chat), ..Default::default() },
        ..Default::default()
    }
}

fn text(words: &str) -> wa::Message {
    wa::Message { conversation: Some(words.into()), ..Default::default() }
}

fn wrap(message: wa::Message) -> MessageField<FutureProofMessage> {
    MessageField::some(FutureProofMessage { message: MessageField::some(message) })
}

fn read(message: &wa::Message) -> (MessageKind, Option<String>) {
    let fact = fact(message, &info(CUSTOMER), &own()).expect("a fact");
    (fact.kind, fact.text)
}

#[expect(clippy::unnecessary_wraps, reason = "most fields of the protocol are optional")]
fn some(words: &str) -> Option<String> {
    Some(words.to_owned())
}

#[test]
fn a_text_with_everything_that_matters() {
    let mut info = info("99@lid");
    info.source.sender_alt = Some(jid("5511987654321:2@s.whatsapp.net"));
    let fact = fact(&text("Olá"), &info, &own()).expect("a fact");
    assert_eq!(
        fact,
        InboundFact {
            wa_id: "AC0FFEE".into(),
            chat: WaIdentity { phone: "+5511987654321".parse().ok(), lid: some("99"), ..Default::default() },
            author: None,
            from_me: false,
            push_name: some("Ana"),
            business: None,
            kind: MessageKind::Text,
            text: some("Olá"),
            at: UtcMillis(1_700_000_000_000),
            details: MessageDetails::default(),
            remote: None,
            secret: None,
        }
    );
}

#[test]
fn a_business_is_known_by_the_name_that_whatsapp_lists() {
    let mut info = info(CUSTOMER);
    let listed = |name: &str| VerifiedName { name: some(name), serial: None, issuer: None, certificate: None };
    info.verified_name = Some(Box::new(listed(" Padaria\u{7} Silva ")));
    let heard = |info: &MessageInfo| fact(&text("Olá"), info, &own()).expect("a fact").business;
    assert_eq!(heard(&info).as_deref(), Some("Padaria Silva"));
    info.verified_name = Some(Box::new(listed(" ")));
    assert_eq!(heard(&info), None);
    info.verified_name = Some(Box::new(listed("Our own")));
    info.source.is_from_me = true;
    assert_eq!(heard(&info), None, "that is the own business");
}

#[test]
fn what_the_agents_phone_sends_is_the_agents() {
    let mut info = info(CUSTOMER);
    info.source.is_from_me = true;
    info.source.sender = jid("4915112345678@s.whatsapp.net");
    info.source.recipient_alt = Some(jid("99@lid"));
    let fact = fact(&text("from my phone"), &info, &own()).expect("a fact");
    assert!(fact.from_me);
    assert_eq!(fact.push_name, None, "the name in the stanza is the agent's own");
    assert_eq!(fact.chat, WaIdentity { phone: "+5511987654321".parse().ok(), lid: some("99"), ..Default::default() });
}

#[test]
fn wrappers_are_taken_off() {
    let ephemeral = wa::Message { ephemeral_message: wrap(text("a")), ..Default::default() };
    assert_eq!(read(&ephemeral), (MessageKind::Text, some("a")));
    let sent = wa::Message {
        device_sent_message: MessageField::some(DeviceSentMessage {
            message: MessageField::some(ephemeral),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert_eq!(read(&sent), (MessageKind::Text, some("a")));
    let image = ImageMessage { caption: some("secret"), ..Default::default() };
    let image = wa::Message { image_message: MessageField::some(image), ..Default::default() };
    let once = wa::Message { view_once_message_v2: wrap(image), ..Default::default() };
    assert_eq!(read(&once), (MessageKind::ViewOnce, None), "view once is a placeholder only");
    let spoiler = wa::Message { spoiler_message: wrap(text("b")), ..Default::default() };
    assert_eq!(read(&spoiler), (MessageKind::Text, some("b")));
    let endless =
        (0..50).fold(text("deep"), |inner, _| wa::Message { spoiler_message: wrap(inner), ..Default::default() });
    assert_eq!(read(&endless).0, MessageKind::Unknown, "wrappers are followed only so far");
}

fn changed(message: &wa::Message, info: &MessageInfo) -> ChangeFact {
    match incoming(message, info, &own()).expect("for the desk") {
        Incoming::Change(change) => *change,
        Incoming::Message(message) => panic!("{message:?}"),
    }
}

#[test]
fn whose_message_a_change_is_about_is_told_from_the_side_of_its_maker() {
    let react = |own: bool| wa::Message {
        reaction_message: MessageField::some(ReactionMessage {
            key: MessageField::some(wa::MessageKey { id: some("TARGET"), from_me: Some(own), ..Default::default() }),
            text: some("👍"),
            sender_timestamp_ms: Some(5),
            ..Default::default()
        }),
        ..Default::default()
    };
    let customer = info(CUSTOMER);
    let mut phone = info(CUSTOMER);
    phone.source.is_from_me = true;
    for (info, by_itself, direction) in [
        (&customer, true, Direction::Inbound),
        (&customer, false, Direction::Outbound),
        (&phone, true, Direction::Outbound),
        (&phone, false, Direction::Inbound),
    ] {
        let change = changed(&react(by_itself), info);
        assert_eq!(change.target, Target { wa_id: "TARGET".into(), direction });
        assert_eq!((change.wa_id.as_str(), change.made_at), ("AC0FFEE", Some(5)));
    }
    assert_eq!(fact(&react(true), &customer, &own()), Err(NotForTheDesk::Change));
}

const GROUP: &str = "120363021033254949@g.us";

fn in_group(sender: &str) -> MessageInfo {
    let mut info = info(GROUP);
    info.source.sender = jid(sender);
    info.source.is_group = true;
    info.source.is_from_me = own().is(&info.source.sender);
    info
}

#[test]
fn a_group_is_one_chat_in_which_each_message_has_an_author() {
    let mut info = in_group("99:2@lid");
    info.source.sender_alt = Some(jid("5511987654321@s.whatsapp.net"));
    let told = fact(&text("Olá"), &info, &own()).expect("a fact");
    assert_eq!((told.chat, told.push_name), (WaIdentity::group("120363021033254949"), None), "a name is no subject");
    let author = told.author.expect("an author");
    assert_eq!((author.name, author.person.lid), (some("Ana"), some("99")));
    assert!(author.person.phone.is_some());
    let told = fact(&text("from my phone"), &in_group("777@lid"), &own()).expect("a fact");
    assert!(told.from_me && told.author.is_none());
}

#[test]
fn whose_message_a_change_in_a_group_is_about_is_told_beside_it() {
    let key = |own, author: Option<&str>| {
        MessageField::some(wa::MessageKey {
            id: some("TARGET"),
            from_me: Some(own),
            participant: author.map(str::to_owned),
            ..Default::default()
        })
    };
    let revoke = |own, author| wa::Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(ProtocolType::REVOKE),
            key: key(own, author),
            ..Default::default()
        }),
        ..Default::default()
    };
    for (maker, own, author, direction) in [
        ("99@lid", true, None, Direction::Inbound),
        ("99@lid", false, Some("55@lid"), Direction::Inbound),
        ("99@lid", false, Some("777@lid"), Direction::Outbound),
        ("99@lid", false, Some("4915112345678@s.whatsapp.net"), Direction::Outbound),
        ("777@lid", true, None, Direction::Outbound),
        ("777@lid", false, Some("99@lid"), Direction::Inbound),
    ] {
        let change = changed(&revoke(own, author), &in_group(maker));
        assert_eq!(change.target.direction, direction, "{maker} {own} {author:?}");
        assert_eq!(change.by.and_then(|by| by.lid), (maker == "99@lid").then(|| "99".to_owned()));
        assert!(!change.as_admin);
    }
    let admins = MessageInfo { edit: EditAttribute::AdminRevoke, ..in_group("99@lid") };
    assert!(changed(&revoke(false, Some("55@lid")), &admins).as_admin);
    let alone = MessageInfo { edit: EditAttribute::AdminRevoke, ..info(CUSTOMER) };
    assert!(!changed(&revoke(true, None), &alone).as_admin, "nobody rules a chat between two");
}

#[test]
fn devices_talk_among_themselves_is_not_for_the_desk() {
    for kind in [
        ProtocolType::APP_STATE_SYNC_KEY_SHARE,
        ProtocolType::HISTORY_SYNC_NOTIFICATION,
        ProtocolType::EPHEMERAL_SETTING,
        ProtocolType::PEER_DATA_OPERATION_REQUEST_MESSAGE,
    ] {
        let message = wa::Message {
            protocol_message: MessageField::some(ProtocolMessage { r#type: Some(kind), ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(fact(&message, &info(CUSTOMER), &own()), Err(NotForTheDesk::Service), "{kind:?}");
    }
    let keys = wa::Message {
        sender_key_distribution_message: MessageField::some(SenderKeyDistributionMessage::default()),
        ..Default::default()
    };
    assert_eq!(fact(&keys, &info(CUSTOMER), &own()), Err(NotForTheDesk::Service));
    let peer = MessageInfo { category: MessageCategory::Peer, ..info(CUSTOMER) };
    assert_eq!(fact(&text("x"), &peer, &own()), Err(NotForTheDesk::Service));
}

#[test]
fn only_chats_with_people_and_groups() {
    for (chat, why) in [
        ("status@broadcast", NotForTheDesk::Broadcast),
        ("1700000000@broadcast", NotForTheDesk::Broadcast),
        ("120363@newsletter", NotForTheDesk::Newsletter),
        ("4915112345678@s.whatsapp.net", NotForTheDesk::OwnChat),
        ("777@lid", NotForTheDesk::OwnChat),
        ("0@s.whatsapp.net", NotForTheDesk::NoPerson),
    ] {
        assert_eq!(fact(&text("x"), &info(chat), &own()), Err(why), "{chat}");
    }
}

#[test]
fn strangers_cannot_make_a_text_longer_than_whatsapp_does() {
    let long = "é".repeat(TEXT_MAX_CHARS + 5);
    assert_eq!(read(&text(&long)).1.map(|text| text.chars().count()), Some(TEXT_MAX_CHARS));
    assert_eq!(read(&text("a\0b")).1, some("ab"));
    let named = MessageInfo { push_name: "n".repeat(1_000_000), ..info(CUSTOMER) };
    let fact = fact(&text("x"), &named, &own()).expect("a fact");
    assert_eq!(fact.push_name.map(|name| name.chars().count()), Some(256));
}

#[test]
fn what_cannot_be_decrypted_keeps_its_place() {
    let placeholder = undecryptable(&info(CUSTOMER), false, &own()).expect("a fact");
    assert_eq!((placeholder.kind, placeholder.wa_id.as_str()), (MessageKind::Undecryptable, "AC0FFEE"));
    let once = undecryptable(&info(CUSTOMER), true, &own()).expect("a fact");
    assert_eq!(once.kind, MessageKind::ViewOnce);
    let in_group = undecryptable(&in_group("99:2@lid"), false, &own()).expect("a fact");
    assert_eq!(in_group.author.expect("an author").person.lid, some("99"));
}
