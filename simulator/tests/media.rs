//! Files over the real wire: up, down, in part, cut, expired, lost and renewed.

mod support;

use ownline_simulator::world::{Content, Fault, FaultKind, Fetched, MessageView, SendMessage};
use serde_json::{Value, json};
use support::web::Web;
use support::{AGENT, CUSTOMER, Device, Stage, eventually, jid};
use whatsapp_rust::download::{DownloadParams, MediaType};
use whatsapp_rust::features::{MediaRetryResult, MediaReuploadRequest};
use whatsapp_rust::http::{HttpClient as _, HttpRequest, HttpResponse};
use whatsapp_rust::types::events::Event;
use whatsapp_rust::upload::UploadOptions;
use whatsapp_rust::wacore::upload::encrypt_media;
use whatsapp_rust::waproto::whatsapp::{Message, message::DocumentMessage};

const AUTH: &str = "sim-4915100000001";

async fn stage() -> Stage {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    stage
}

fn host(stage: &Stage) -> String {
    stage.url.trim_start_matches("ws://").trim_end_matches("/ws/chat").to_owned()
}

fn token(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(ownline_simulator::crypto::sha256(bytes))
}

/// The path without what it says of its own end, which is another with each second.
fn file(stored: &Value) -> &str {
    let path = stored["direct_path"].as_str().expect("a path");
    path.split_once('?').expect("a query").0
}

async fn post(stage: &Stage, path: &str, body: &[u8]) -> (u16, Value) {
    let request = HttpRequest::post(format!("http://{}{path}", host(stage))).with_body(body.to_vec());
    let HttpResponse { status_code, body } = Web.execute(request).await.expect("an answer");
    (status_code, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn get(stage: &Stage, path: &str, range: Option<&str>) -> (u16, Vec<u8>) {
    let mut request = HttpRequest::get(format!("http://{}{path}", host(stage)));
    if let Some(range) = range {
        request = request.with_header("Range", range);
    }
    let answer = Web.execute(request).await.expect("an answer");
    (answer.status_code, answer.body)
}

async fn fault(stage: &Stage, kind: FaultKind, times: Option<u32>) {
    let fault = Fault { kind, number: None, device: None, stanza: None, times, skip: 0 };
    stage.world.add_fault(fault).await.expect("a fault");
}

fn says(to: &str, content: Value) -> SendMessage {
    let mut body = content;
    body["to"] = json!(to);
    serde_json::from_value(body).expect("a message")
}

async fn received(stage: &Stage, customer: &str) -> Vec<MessageView> {
    let lines = stage.world.customer_messages(customer, Some(AGENT)).await.expect("a transcript");
    lines.into_iter().filter(|line| line.from == AGENT).collect()
}

/// The next document that arrives.
async fn document(device: &mut Device) -> (String, DocumentMessage) {
    device
        .next("a document", |event| match event {
            Event::Messages(batch) => batch.messages.iter().find_map(|inbound| {
                Some((inbound.info.id.clone(), inbound.message.document_message.as_option()?.clone()))
            }),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_what_it_claims_to_be_is_kept() {
    let stage = stage().await;
    let body = vec![7; 100_000];
    let token = token(&body);
    let up = format!("/mms/document/{token}?auth={AUTH}&token={token}");
    for (path, body, status) in [
        (format!("/mms/document/{token}?token={token}"), &body[..], 401),
        (format!("/mms/document/{token}?auth=sim-1&token={token}"), &body[..], 401),
        (format!("/mms/document/short?auth={AUTH}"), &body[..], 400),
        (format!("/mms/document/{token}?auth={AUTH}&token={}", "A".repeat(43)), &body[..], 400),
        (format!("/mms/nonsense/{token}?auth={AUTH}"), &body[..], 404),
        (up.clone(), &body[1..], 400),
        (up.clone(), &[], 400),
    ] {
        assert_eq!(post(&stage, &path, body).await.0, status, "{path}");
    }
    let large = vec![0; 5 * 1024 * 1024 + 1];
    let other = self::token(&large);
    let path = format!("/mms/thumbnail-link/{other}?auth={AUTH}&token={other}");
    assert_eq!(post(&stage, &path, &large).await.0, 413);

    let (status, stored) = post(&stage, &up, &body).await;
    assert_eq!(status, 200, "{stored}");
    let direct = stored["direct_path"].as_str().expect("a path").to_owned();
    assert_eq!(stored["url"], json!(format!("https://{}{direct}&mms3=true", host(&stage))));
    assert_eq!(get(&stage, &direct, None).await, (200, body.clone()));
    // As a client that knows nothing of the query in the path asks for it.
    assert_eq!(get(&stage, &format!("{direct}?auth={AUTH}&token={token}"), None).await.0, 200);
    assert_eq!(get(&stage, &direct, Some("bytes=10-19")).await, (206, body[10..20].to_vec()));
    assert_eq!(get(&stage, &direct, Some("bytes=99990-")).await, (206, body[99_990..].to_vec()));
    assert_eq!(get(&stage, &direct, Some("bytes=100000-")).await.0, 416);
    assert_eq!(get(&stage, "/v/t62.7119-24/nothing_1_n.enc", None).await.0, 404);

    let stage = stage.restart().await;
    assert_eq!(get(&stage, &direct, None).await, (200, body.clone()));
    fault(&stage, FaultKind::ExpiredMedia { code: 404, lost: false }, None).await;
    assert_eq!(get(&stage, &direct, None).await.0, 404);
    let (_, again) = post(&stage, &up, &body).await;
    let renewed = again["direct_path"].as_str().expect("a path");
    assert_ne!(renewed, direct);
    assert_eq!(get(&stage, renewed, None).await, (200, body));
    assert_eq!(get(&stage, &direct, None).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_broke_off_is_gone_on_with() {
    let stage = stage().await;
    let body: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let token = token(&body);
    let up = format!("/mms/video/{token}?auth={AUTH}&token={token}");
    let probe = format!("{up}&resume=1");
    assert_eq!(post(&stage, &probe, &[]).await, (200, json!({ "resume": "0" })));
    fault(&stage, FaultKind::CutMedia { after: 400_001 }, Some(1)).await;
    assert_eq!(post(&stage, &up, &body).await.0, 503);
    let stage = stage.restart().await;
    assert_eq!(post(&stage, &probe, &[]).await, (200, json!({ "resume": "400001" })));
    let beyond = format!("{up}&file_offset=500000");
    assert_eq!(post(&stage, &beyond, &body[500_000..]).await.0, 400, "that much is not there");
    assert_eq!(post(&stage, &probe, &[]).await, (200, json!({ "resume": "400001" })), "and nothing was lost");
    let rest = format!("{up}&file_offset=400001");
    let (status, stored) = post(&stage, &rest, &body[400_001..]).await;
    assert_eq!(status, 200, "{stored}");
    assert_eq!(get(&stage, stored["direct_path"].as_str().expect("a path"), None).await, (200, body));
    let (_, whole) = post(&stage, &probe, &[]).await;
    assert_eq!((&whole["resume"], file(&whole)), (&json!("complete"), file(&stored)));
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_break_as_asked() {
    let stage = stage().await;
    let body = vec![9; 200_000];
    let token = token(&body);
    let (_, stored) = post(&stage, &format!("/mms/image/{token}?auth={AUTH}&token={token}"), &body).await;
    let direct = stored["direct_path"].as_str().expect("a path");
    fault(&stage, FaultKind::CorruptMedia, Some(1)).await;
    let (_, corrupt) = get(&stage, direct, None).await;
    assert_eq!(corrupt.iter().zip(&body).filter(|(got, sent)| got != sent).count(), 1);
    fault(&stage, FaultKind::RefuseMedia { code: 507 }, Some(1)).await;
    assert_eq!(get(&stage, direct, None).await.0, 507);
    fault(&stage, FaultKind::CutMedia { after: 100 }, Some(1)).await;
    let cut = Web.execute(HttpRequest::get(format!("http://{}{direct}", host(&stage)))).await;
    assert!(cut.is_err(), "a transfer that is cut is not whole");
    let begin = std::time::Instant::now();
    fault(&stage, FaultKind::SlowMedia { ms: 300, bytes_per_second: Some(1_000_000) }, Some(1)).await;
    assert_eq!(get(&stage, direct, None).await, (200, body));
    assert!(
        begin.elapsed().as_millis() >= 500,
        "{} ms for 300 and 200,000 bytes at 1 MB/s",
        begin.elapsed().as_millis()
    );
    assert!(stage.world.faults().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_travel_both_ways_and_are_what_was_sent() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let data = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode([5; 3000])
    };
    let content =
        json!({ "media": { "kind": "document", "data_base64": data, "mime": "text/plain", "file_name": "a.txt" } });
    let id = stage.world.customer_send(CUSTOMER, says(AGENT, content)).await.expect("sent").id;
    let (got, document) = document(&mut device).await;
    assert_eq!((got, document.file_length, document.file_name.as_deref()), (id, Some(3000), Some("a.txt")));
    assert_eq!(device.client.download(&document).await.expect("the file"), vec![5; 3000]);

    // Large enough that the client looks first whether it is there already.
    let plain: Vec<u8> = (0..1_500_000_u32).flat_map(u32::to_le_bytes).collect();
    let sent = device.client.upload(plain.clone(), MediaType::Document, UploadOptions::new()).await.expect("uploaded");
    let message = |direct_path: String, sha256: [u8; 32]| Message {
        document_message: whatsapp_rust::buffa::MessageField::some(DocumentMessage {
            url: Some(sent.url.clone()),
            direct_path: Some(direct_path),
            media_key: Some(sent.media_key.to_vec()),
            file_sha256: Some(sha256.to_vec()),
            file_enc_sha256: Some(sent.file_enc_sha256.to_vec()),
            file_length: Some(sent.file_length),
            mimetype: Some("application/octet-stream".to_owned()),
            file_name: Some("numbers.bin".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    device.client.send_message(jid(CUSTOMER), message(sent.direct_path.clone(), sent.file_sha256)).await.expect("sent");
    device.client.send_message(jid(CUSTOMER), message(sent.direct_path.clone(), [1; 32])).await.expect("sent");
    let fetched = eventually("both to be fetched", async || {
        let outcomes: Vec<Fetched> = received(&stage, CUSTOMER)
            .await
            .into_iter()
            .filter_map(|line| match line.content {
                Content::Media(media) => media.fetched,
                _ => None,
            })
            .collect();
        (outcomes.len() == 2).then_some(outcomes)
    })
    .await;
    assert!(fetched.contains(&Fetched::Verified), "{fetched:?}");
    assert!(
        fetched.iter().any(|fetched| matches!(fetched, Fetched::Failed { why } if why.contains("hash"))),
        "{fetched:?}"
    );
    let line = received(&stage, CUSTOMER).await.remove(0);
    let Content::Media(media) = line.content else { panic!("{line:?}") };
    let hash = hex::encode(ownline_simulator::crypto::sha256(&plain));
    assert_eq!(
        (media.size, media.sha256, media.file_name.as_deref()),
        (Some(6_000_000), Some(hash), Some("numbers.bin"))
    );
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_renews_what_has_expired_while_it_has_it() {
    let stage = stage().await;
    let mut device = stage.linked(AGENT).await;
    let content = json!({ "media": { "kind": "document", "generated": { "bytes": 50_000, "seed": 3 } } });
    stage.world.customer_send(CUSTOMER, says(AGENT, content)).await.expect("sent");
    let (id, mut document) = document(&mut device).await;
    let whole = device.client.download(&document).await.expect("the file");
    fault(&stage, FaultKind::ExpiredMedia { code: 410, lost: false }, None).await;
    device.client.download(&document).await.expect_err("expired");

    let key = document.media_key.clone().expect("a key");
    let ask = async |key: &[u8]| {
        let chat = jid(CUSTOMER);
        let request =
            MediaReuploadRequest { msg_id: &id, chat_jid: &chat, media_key: key, is_from_me: false, participant: None };
        device.client.media_reupload().request(&request).await.expect("an answer")
    };
    let MediaRetryResult::Success { direct_path } = ask(&key).await else { panic!("not renewed") };
    document.direct_path = Some(direct_path);
    assert_eq!(device.client.download(&document).await.expect("the file again"), whole);
    assert!(matches!(ask(&[0; 32]).await, MediaRetryResult::DecryptionError), "another key is not that file's");

    fault(&stage, FaultKind::ExpiredMedia { code: 410, lost: true }, None).await;
    assert!(matches!(ask(&key).await, MediaRetryResult::NotFound));
    device.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_message_does_not_open_with_this_ones_key() {
    let stage = stage().await;
    let encrypted = encrypt_media(b"something", MediaType::Image).expect("encrypted");
    let token = token(&encrypted.data_to_upload);
    let path = format!("/mms/image/{token}?auth={AUTH}&token={token}");
    let (status, stored) = post(&stage, &path, &encrypted.data_to_upload).await;
    assert_eq!(status, 200);
    let device = stage.linked(AGENT).await;
    let params = |key: &[u8]| {
        let path = stored["direct_path"].as_str().expect("a path");
        DownloadParams::encrypted(path, key, &encrypted.file_sha256, &encrypted.file_enc_sha256, 9, MediaType::Image)
    };
    assert_eq!(device.client.download_from_params(&params(&encrypted.media_key)).await.expect("opened"), b"something");
    device.client.download_from_params(&params(&[0; 32])).await.expect_err("another key");
    device.stop().await;
}
