//! Files: brought by the machine that has them, kept privately, given to whoever may read the chat.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use ownline_model::{
    conversation::Scope,
    details::{Attachment, Content, FileState},
    event::Event,
    ids::{ChannelId, MediaId, MessageId},
    limits,
    message::{Amendment, Direction, Message, MessageKind, MessageStatus, NewMessage, UploadedMedia},
    problem::ProblemCode,
    sync::{Op, Outcome},
    ticket::Ticket,
    time::UtcMillis,
};
use serde_json::json;

use crate::{
    kinds::{image, received},
    support::{Answer, Customer, Desk, Person},
};

/// A picture of 2 by 1, as far as its header goes.
fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\x06\0\0\0".to_vec();
    bytes.extend([7; 500]);
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

fn path(id: MessageId) -> String {
    format!("/api/messages/{id}/media")
}

fn files(desk: &Desk) -> usize {
    std::fs::read_dir(desk.folder.0.join("media")).expect("folder").count()
}

/// The customer has sent a picture that the server has yet to get.
async fn picture(desk: &Desk, ana: &Person, carla: &Customer, line: ChannelId, bytes: &[u8]) -> Message {
    let op = received(carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::Image;
        message.details = image();
        let file = message.details.attachment_mut().expect("a file");
        file.sha256 = Some(sha256(bytes));
    });
    desk.push(ana, op).await.truth.message.expect("message")
}

async fn get(desk: &Desk, who: &Person, id: MessageId, range: Option<&str>) -> Answer {
    let mut request =
        Request::builder().uri(path(id)).header(header::AUTHORIZATION, format!("Bearer {}", who.tokens.access_token));
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    desk.send(request.body(Body::empty()).expect("request")).await
}

fn attachment(message: &Message) -> &Attachment {
    message.details.attachment().expect("a file")
}

#[tokio::test]
async fn a_customers_picture_is_brought_once_and_read_by_the_team() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let message = picture(&desk, &ana, &carla, line, &png()).await;
    assert_eq!(get(&desk, &bruno, message.id, None).await.code(), ProblemCode::MediaUnavailable);
    let cursor = desk.pull(&bruno, None, 500).await.cursor;

    assert_eq!(desk.raw(Method::PUT, &path(message.id), &bruno, png()).await.code(), ProblemCode::NotYourNumber);
    let other = desk.raw(Method::PUT, &path(message.id), &ana, "other bytes").await;
    assert_eq!(other.code(), ProblemCode::MediaUnreadable, "not what the message names");
    assert_eq!(files(&desk), 0, "what was refused is not kept");
    let here: Message = desk.raw(Method::PUT, &path(message.id), &ana, png()).await.ok();
    let file = attachment(&here);
    assert_eq!((&file.state, file.mime.as_str(), file.size), (&FileState::Here, "image/png", 529));
    assert_eq!((file.width, file.height), (Some(2), Some(1)));
    let again: Message = desk.raw(Method::PUT, &path(message.id), &ana, png()).await.ok();
    assert_eq!((again, files(&desk)), (here.clone(), 1));
    let news = desk.pull(&bruno, Some(cursor), 500).await.entries;
    assert_eq!(news.into_iter().map(|it| it.event).collect::<Vec<_>>(), [Event::MessageUpdated(here)]);

    let whole = get(&desk, &bruno, message.id, None).await;
    assert_eq!((whole.status, whole.body.as_slice()), (StatusCode::OK, png().as_slice()));
    assert_eq!(whole.headers["content-type"], "image/png");
    assert_eq!(whole.headers["x-content-type-options"], "nosniff");
    assert_eq!(
        whole.headers["content-disposition"],
        "attachment; filename=\"invoice.jpg\"; filename*=UTF-8''invoice.jpg"
    );
    let part = get(&desk, &bruno, message.id, Some("bytes=1-3")).await;
    assert_eq!((part.status, part.body.as_slice()), (StatusCode::PARTIAL_CONTENT, b"PNG".as_slice()));
    assert_eq!(part.headers["content-range"], "bytes 1-3/529");
    assert_eq!(part.headers["content-length"], "3");
    let beyond = get(&desk, &bruno, message.id, Some("bytes=9999-")).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers["content-range"], "bytes */529");
}

#[tokio::test]
async fn what_could_run_is_given_as_bytes() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let page = b"\x01<script>alert(1)</script>";
    let op = received(&carla, line, Scope::Shared, |message| {
        message.kind = MessageKind::Document;
        message.details = image();
        let file = message.details.attachment_mut().expect("a file");
        (file.mime, file.sha256) = ("text/html".into(), None);
        file.file_name = Some("evil.html\r\nX-Evil: 1".into());
    });
    let message = desk.push(&ana, op).await.truth.message.expect("message");
    assert_eq!(desk.raw(Method::PUT, &path(message.id), &ana, page.to_vec()).await.status, StatusCode::OK);
    let answer = get(&desk, &ana, message.id, None).await;
    assert_eq!(answer.headers["content-type"], "application/octet-stream");
    assert!(answer.headers["content-disposition"].to_str().expect("text").starts_with("attachment;"));
    assert!(answer.headers["content-security-policy"].to_str().expect("text").contains("sandbox"));
    assert!(!answer.headers.contains_key("x-evil"));
}

#[tokio::test]
async fn each_kind_has_its_limit_and_a_torn_upload_leaves_nothing() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let message = picture(&desk, &ana, &carla, line, &png()).await;
    // By what it says of itself, and by what comes.
    let told = Request::builder()
        .method(Method::PUT)
        .uri(path(message.id))
        .header(header::AUTHORIZATION, format!("Bearer {}", ana.tokens.access_token))
        .header(header::CONTENT_LENGTH, limits::IMAGE_MAX_BYTES + 1)
        .body(Body::from("x"))
        .expect("request");
    assert_eq!(desk.send(told).await.code(), ProblemCode::MediaTooLarge);
    let piece = bytes::Bytes::from(vec![0; 1 << 20]);
    let endless = futures_util::stream::iter((0..17).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let much = desk.raw(Method::PUT, &path(message.id), &ana, Body::from_stream(endless)).await;
    assert_eq!(much.code(), ProblemCode::MediaTooLarge);
    let torn = futures_util::stream::iter([Ok(bytes::Bytes::from_static(b"half")), Err(std::io::Error::other("gone"))]);
    let torn = desk.raw(Method::PUT, &path(message.id), &ana, Body::from_stream(torn)).await;
    assert_eq!(torn.code(), ProblemCode::Unavailable);
    assert_eq!(desk.raw(Method::PUT, &path(message.id), &ana, "").await.code(), ProblemCode::MediaUnreadable);
    assert_eq!(files(&desk), 0);
    let text = desk.push(&ana, carla.says(line, "No file")).await.truth.message.expect("message");
    assert_eq!(desk.raw(Method::PUT, &path(text.id), &ana, png()).await.code(), ProblemCode::InvalidRequest);
    assert_eq!(get(&desk, &ana, text.id, None).await.code(), ProblemCode::NotFound);
    assert_eq!(get(&desk, &ana, MessageId::fresh(), None).await.code(), ProblemCode::NotFound);
}

#[tokio::test]
async fn a_chat_without_words_shares_no_files() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let op = received(&carla, line, Scope::Metadata, |message| {
        message.kind = MessageKind::Image;
        message.details = image();
    });
    let message = desk.push(&ana, op).await.truth.message.expect("message");
    assert_eq!(desk.raw(Method::PUT, &path(message.id), &ana, png()).await.code(), ProblemCode::OwnerConsentMissing);
    assert_eq!(get(&desk, &bruno, message.id, None).await.code(), ProblemCode::NotFound);
}

#[tokio::test]
async fn what_was_taken_back_loses_its_file() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let message = picture(&desk, &ana, &carla, line, &png()).await;
    let _: Message = desk.raw(Method::PUT, &path(message.id), &ana, png()).await.ok();
    let amendment = Amendment::Revoked { at: UtcMillis(1) };
    assert_eq!(
        desk.push(&ana, Op::MessageAmended { message_id: message.id, amendment }).await.outcome,
        Outcome::Applied
    );
    assert_eq!(get(&desk, &ana, message.id, None).await.code(), ProblemCode::NotFound);
    desk.app.run_jobs().await.expect("jobs");
    assert_eq!(files(&desk), 0);
}

/// Bruno has the ticket of a customer on Ana's number.
async fn bruno_answers(desk: &Desk, ana: &Person, bruno: &Person) -> (ChannelId, Customer, Ticket) {
    let line = desk.link(ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    let ticket = desk.push(ana, carla.says(line, "A picture, please")).await.truth.ticket.expect("ticket");
    let ticket = desk.post(&format!("/api/tickets/{}/assign", ticket.id), bruno, &json!({})).await.ok();
    (line, carla, ticket)
}

fn with_file(media: MediaId, text: &str) -> NewMessage {
    NewMessage { media_id: Some(media), ..NewMessage::text(MessageId::fresh(), text.into()) }
}

#[tokio::test]
async fn a_file_chosen_on_the_servers_screen_reaches_the_owners_machine() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (_, _, ticket) = bruno_answers(&desk, &ana, &bruno).await;
    let upload = desk.raw(Method::POST, "/api/media?name=..%2Fmenu.png", &bruno, png()).await;
    assert_eq!(upload.status, StatusCode::CREATED);
    let upload: UploadedMedia = upload.ok();
    assert_eq!((upload.kind, upload.attachment.width), (MessageKind::Image, Some(2)));
    assert_eq!(upload.attachment.file_name.as_deref(), Some("menu.png"));

    let reply = format!("/api/tickets/{}/reply", ticket.id);
    let stolen = desk.post(&reply, &ana, &with_file(upload.id, "Mine?")).await;
    assert!(matches!(stolen.code(), ProblemCode::NotAssignee | ProblemCode::MediaUnknown));
    let body = with_file(upload.id, "Our menu");
    let sent: Message = desk.post(&reply, &bruno, &body).await.ok();
    assert_eq!(
        (sent.kind, sent.text.as_deref(), sent.status),
        (MessageKind::Image, Some("Our menu"), MessageStatus::Queued)
    );
    assert_eq!(attachment(&sent).state, FileState::Here);
    assert_eq!(desk.post(&reply, &bruno, &body).await.ok::<Message>(), sent, "posting it again changes nothing");
    let twice = desk.post(&reply, &bruno, &with_file(upload.id, "")).await;
    assert_eq!(twice.code(), ProblemCode::MediaUnknown, "one file, one message");
    let told = desk.pull(&ana, None, 500).await.entries.into_iter().map(|it| it.event);
    assert!(told.into_iter().any(|it| it == Event::MessageNew(sent.clone())));
    assert_eq!(get(&desk, &ana, sent.id, None).await.body, png());
}

#[tokio::test]
async fn a_file_of_a_colleagues_machine_follows_its_reply() {
    let (desk, _, [ana, bruno]) = Desk::team(["Ana", "Bruno"]).await;
    let (line, carla, _) = bruno_answers(&desk, &ana, &bruno).await;
    let mut reply = carla.message(line, Direction::Outbound, "3EB0AABBCCDDEEFF001122", "Here");
    (reply.kind, reply.details) = (MessageKind::Image, image());
    reply.details.attachment_mut().expect("a file").sha256 = None;
    let routed = desk.push(&bruno, Op::Reply { message: reply.clone() }).await.truth.message.expect("message");
    assert_eq!((routed.kind, &attachment(&routed).state), (MessageKind::Image, &FileState::Remote));
    assert_eq!(get(&desk, &ana, reply.id, None).await.code(), ProblemCode::MediaUnavailable);
    let wrong = desk.raw(Method::PUT, &path(reply.id), &bruno, "no picture").await;
    assert_eq!(wrong.code(), ProblemCode::MediaUnreadable);
    let here: Message = desk.raw(Method::PUT, &path(reply.id), &bruno, png()).await.ok();
    assert_eq!(attachment(&here).state, FileState::Here);
    assert_eq!(get(&desk, &ana, reply.id, None).await.body, png());

    let mut odd = carla.message(line, Direction::Outbound, "3EB0AABBCCDDEEFF001133", "A poll");
    odd.details.content = Some(Box::new(Content::Other { name: "x".into() }));
    let refused = desk.push(&bruno, Op::Reply { message: odd }).await;
    assert!(matches!(refused.outcome, Outcome::Rejected { code: ProblemCode::InvalidRequest, .. }));
}

#[tokio::test]
async fn what_nobody_sends_is_dropped_after_a_day() {
    let (desk, _, [ana]) = Desk::team(["Ana"]).await;
    let upload: UploadedMedia = desk.raw(Method::POST, "/api/media", &ana, png()).await.ok();
    desk.app.run_jobs().await.expect("jobs");
    assert_eq!(files(&desk), 1);
    desk.clock.advance(24 * 60 * 60 * 1000 + 1);
    desk.app.run_jobs().await.expect("jobs");
    assert_eq!(files(&desk), 0);
    let ana = Person::new(desk.sign_in("ana@example.org", crate::support::PASSWORD).await.ok());
    let line = desk.link(&ana, "+5511900000001", true).await;
    let carla = Customer::of_number("+5511911112222");
    desk.push(&ana, carla.says(line, "Hello")).await;
    let address = format!("/api/conversations/{}/messages", carla.conversation);
    let late = desk.post(&address, &ana, &with_file(upload.id, "")).await;
    assert_eq!(late.code(), ProblemCode::MediaUnknown);
    let much = Body::from_stream(futures_util::stream::iter((0..17).map(|n| {
        let mut piece = vec![0; 1 << 20];
        if n == 0 {
            piece[..png().len()].copy_from_slice(&png());
        }
        Ok::<_, std::io::Error>(bytes::Bytes::from(piece))
    })));
    assert_eq!(desk.raw(Method::POST, "/api/media", &ana, much).await.code(), ProblemCode::MediaTooLarge);
    assert_eq!(desk.raw(Method::POST, "/api/media?nam=x", &ana, png()).await.code(), ProblemCode::InvalidRequest);
    assert_eq!(desk.raw(Method::POST, "/api/media?voice=1", &ana, png()).await.code(), ProblemCode::MediaUnreadable);
    let document: UploadedMedia = desk.raw(Method::POST, "/api/media?as=document", &ana, png()).await.ok();
    assert_eq!(document.kind, MessageKind::Document);
    let ogg = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01".to_vec();
    let voice: UploadedMedia = desk.raw(Method::POST, "/api/media?voice=1", &ana, ogg).await.ok();
    assert_eq!((voice.kind, voice.attachment.mime.as_str()), (MessageKind::Voice, "audio/ogg"));
}
