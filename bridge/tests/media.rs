//! Files of messages, over the whole program and a simulated network: `cargo build -p ownline-simulator` first.
#![cfg(feature = "simulated-network")]

mod simulated {
    pub(crate) mod desk;
    #[expect(dead_code, reason = "shared with the tests of the session")]
    pub(crate) mod line;
    #[expect(dead_code, reason = "shared with the tests of the session")]
    pub(crate) mod network;
}

use std::{io::Cursor, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ImageFormat, Rgb, RgbImage};
use reqwest::{Method, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use simulated::{
    desk::{Desk, read},
    line::eventually,
    network::Network,
};

const AGENT: &str = "4915112345678";
const CUSTOMER: &str = "5511987654321";

struct Stage {
    desk: Desk,
    network: Network,
    _folder: tempfile::TempDir,
}

/// A linked machine, and a customer who has said hello, so that answers are answers.
async fn stage() -> Stage {
    if std::env::var_os("OWNLINE_TEST_LOG").is_some() {
        let _ = tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).try_init();
    }
    let folder = tempfile::tempdir().expect("folder");
    let network = Network::start(folder.path()).await;
    network.phone(AGENT, "Ana Agent").await;
    network.customer(CUSTOMER, "Carla Customer").await;
    let desk = Desk::linked(folder.path(), &network, AGENT).await;
    network.write(CUSTOMER, AGENT, "hello").await;
    desk.chat(CUSTOMER).await;
    Stage { desk, network, _folder: folder }
}

impl Stage {
    /// The customer sends a file. Answers with the message's WhatsApp id.
    async fn sends(&self, media: Value) -> String {
        let sent =
            self.network.post(&format!("/customers/{CUSTOMER}/messages"), json!({ "to": AGENT, "media": media })).await;
        sent["id"].as_str().expect("id").to_owned()
    }

    /// A message as the customer's own device shows it, once it is as wanted.
    async fn at_customer(&self, wa_id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually("the message at the customer", async || {
            let all = self.network.get(&format!("/customers/{CUSTOMER}/messages?with={AGENT}")).await;
            let message = all.as_array()?.iter().find(|message| message["id"] == wa_id)?.clone();
            wanted(&message).then_some(message)
        })
        .await
    }
}

fn sha(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn state(message: &Value) -> &Value {
    &message["details"]["content"]["state"]["at"]
}

fn is_here(message: &Value) -> bool {
    state(message) == "here"
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_file_comes_as_it_was_sent() {
    let stage = stage().await;
    let mut plain = Vec::new();
    for (kind, automatic) in
        [("image", true), ("sticker", true), ("voice", true), ("video", false), ("audio", false), ("document", false)]
    {
        let wa_id = stage.sends(json!({ "kind": kind, "generated": { "seed": 7 }, "caption": "look" })).await;
        let told = stage.at_customer(&wa_id, |_| true).await["media"]["sha256"].as_str().expect("a hash").to_owned();
        let message = if automatic {
            stage.desk.until(CUSTOMER, &wa_id, kind, is_here).await
        } else {
            stage.desk.until(CUSTOMER, &wa_id, kind, |message| state(message) == "remote").await
        };
        assert_eq!(message["kind"], kind);
        // Asking for one that is not here fetches it.
        let bytes = stage.desk.file(&message, "").await.expect(kind);
        assert_eq!(sha(&bytes), told, "{kind}");
        let message = stage.desk.until(CUSTOMER, &wa_id, kind, is_here).await;
        assert_eq!(message["details"]["content"]["sha256"], told, "{kind}");
        assert_eq!(message["details"]["content"]["size"], bytes.len(), "{kind}");
        if kind == "voice" {
            let wav = stage.desk.file(&message, "?as=wav").await.expect("decoded");
            assert_eq!((&wav[..4], &wav[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
        }
        if kind == "image" {
            assert!(message["details"]["content"]["thumbnail"].is_string(), "{message}");
        }
        plain.push(bytes);
    }
    assert_nothing_readable(&stage.desk, &plain);
}

/// Nothing of the files can be read on the disk: neither begins nor ends of them, long enough not to be there by chance.
fn assert_nothing_readable(desk: &Desk, plain: &[Vec<u8>]) {
    for (name, _) in desk.files() {
        let bytes = std::fs::read(desk.data.join("media").join(&name)).expect("file");
        for part in plain.iter().flat_map(|file| [&file[..12], &file[file.len() - 12..]]) {
            assert!(!bytes.windows(part.len()).any(|window| window == part), "{name} shows {part:?}");
        }
    }
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 90])).write_to(&mut file, format).expect("written");
    file.into_inner()
}

fn film() -> Vec<u8> {
    let boxed = |name: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat();
    [boxed(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41"), boxed(b"mdat", &vec![7; 90_000])].concat()
}

fn recording() -> Vec<u8> {
    let samples: Vec<u8> = (0..32_000_i32).flat_map(|i| (((i % 73) * 300 - 11_000) as i16).to_le_bytes()).collect();
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wav.extend_from_slice(&16_000_u32.to_le_bytes());
    wav.extend_from_slice(&32_000_u32.to_le_bytes());
    wav.extend_from_slice(&[2, 0, 16, 0]);
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&(samples.len() as u32).to_le_bytes());
    [wav, samples].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_file_goes_as_it_is() {
    let stage = stage().await;
    let mut plain = Vec::new();
    let song = [&b"ID3\x04\0\0\0\0\0\0"[..], &[1; 4_000]].concat();
    for (kind, query, bytes, caption) in [
        ("image", "name=a.png", picture(900, 600, ImageFormat::Png), "as agreed"),
        ("sticker", "name=s.webp", picture(512, 512, ImageFormat::WebP), ""),
        ("video", "name=v.mp4", film(), "the film"),
        ("audio", "name=a.mp3", song, ""),
        ("document", "name=invoice.txt", b"the invoice of May\n".repeat(5_000), "the invoice"),
        ("voice", "voice=1", recording(), ""),
    ] {
        let message = stage.desk.send(CUSTOMER, query, bytes.clone(), caption).await;
        assert_eq!((message["kind"].as_str(), state(&message).as_str()), (Some(kind), Some("here")), "{message}");
        let file = &message["details"]["content"];
        let wa_id = message["wa_id"].as_str().expect("id");
        let verified = |message: &Value| message["media"]["fetched"]["state"] == "verified";
        let there = stage.at_customer(wa_id, verified).await;
        assert_eq!(
            (&there["media"]["kind"], &there["media"]["sha256"]),
            (&message["kind"], &file["sha256"]),
            "{there}"
        );
        assert_eq!(there["media"]["size"], file["size"], "{kind}");
        let shown = stage.desk.file(&message, "").await.expect(kind);
        if kind == "voice" {
            assert_eq!((file["seconds"].as_u64(), file["waveform"].as_array().map(Vec::len)), (Some(2), Some(64)));
            assert!(shown.starts_with(b"OggS"));
            assert_eq!(there["media"]["seconds"], 2);
            assert_eq!(there["media"]["waveform"].as_array().map(Vec::len), Some(64), "{there}");
        } else {
            assert_eq!(
                (sha(&bytes), file["sha256"].as_str().unwrap_or_default().to_owned()),
                (sha(&shown), sha(&bytes))
            );
        }
        if kind == "image" {
            assert_eq!((&there["media"]["width"], &there["media"]["height"]), (&json!(900), &json!(600)));
            assert_eq!((&there["media"]["thumbnail"], &there["media"]["caption"]), (&json!(true), &json!("as agreed")));
        }
        if kind == "document" {
            assert_eq!(there["media"]["file_name"], "invoice.txt");
        }
        plain.push(shown);
    }
    assert_nothing_readable(&stage.desk, &plain);
}

/// A film of three seconds whose picture is a telephone's, held upright.
fn upright_film() -> Vec<u8> {
    let boxed = |name: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat();
    let (mut mvhd, mut tkhd) = (vec![0; 100], vec![0; 84]);
    mvhd[12..16].copy_from_slice(&600_u32.to_be_bytes());
    mvhd[16..20].copy_from_slice(&1_700_u32.to_be_bytes());
    tkhd[44..48].copy_from_slice(&(1_u32 << 16).to_be_bytes());
    tkhd[76..80].copy_from_slice(&(1_280_u32 << 16).to_be_bytes());
    tkhd[80..84].copy_from_slice(&(720_u32 << 16).to_be_bytes());
    let moov = boxed(b"moov", &[boxed(b"mvhd", &mvhd), boxed(b"trak", &boxed(b"tkhd", &tkhd))].concat());
    [film(), moov].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_goes_with_the_still_that_the_screen_made() {
    let stage = stage().await;
    let hand_over = async |query: &str, bytes: Vec<u8>| {
        read(stage.desk.ask(Method::POST, &format!("/api/media?{query}")).body(bytes)).await.expect("taken")
    };
    let put = async |id: &Value, kind: &'static str, bytes: Vec<u8>| {
        let path = format!("/api/media/{}/still?seconds=9", id.as_str().expect("id"));
        read(stage.desk.ask(Method::PUT, &path).header(header::CONTENT_TYPE, kind).body(bytes)).await
    };
    let refused = |outcome: Result<Value, (u16, Value)>| {
        let (status, problem) = outcome.expect_err("refused");
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    };
    let film = hand_over("name=v.mp4", upright_film()).await;
    assert_eq!(film["attachment"]["thumbnail"], Value::Null);
    let still = picture(360, 640, ImageFormat::Jpeg);
    assert_eq!(refused(put(&film["id"], "image/jpeg", b"<svg/>".to_vec()).await), (422, "media_unreadable".into()));
    assert_eq!(refused(put(&film["id"], "image/png", vec![0; 300 << 10]).await), (413, "media_too_large".into()));
    let nobodys = json!(uuid::Uuid::now_v7());
    assert_eq!(refused(put(&nobodys, "image/jpeg", still.clone()).await), (404, "media_unknown".into()));
    let paper = hand_over("name=a.txt", b"one".to_vec()).await;
    assert_eq!(refused(put(&paper["id"], "image/jpeg", still.clone()).await), (422, "media_unreadable".into()));

    let given = put(&film["id"], "image/jpeg", still.clone()).await.expect("taken");
    let told = &given["attachment"];
    assert!(told["thumbnail"].is_string(), "{given}");
    assert_eq!((&told["width"], &told["height"], &told["seconds"]), (&json!(720), &json!(1_280), &json!(3)));
    let chat = stage.desk.chat(CUSTOMER).await;
    let message = json!({ "id": uuid::Uuid::now_v7(), "media_id": film["id"] });
    let message = stage.desk.post(&format!("/api/conversations/{chat}/messages"), message).await;
    assert_eq!(message["details"]["content"]["thumbnail"], told["thumbnail"]);
    let there = stage.at_customer(message["wa_id"].as_str().expect("id"), |_| true).await;
    let media = &there["media"];
    assert_eq!(
        (&media["thumbnail"], &media["width"], &media["height"], &media["seconds"]),
        (&json!(true), &json!(720), &json!(1_280), &json!(3)),
        "{there}"
    );
    assert_eq!(refused(put(&film["id"], "image/jpeg", still).await), (409, "version_conflict".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_tells_how_long_it_is() {
    let stage = stage().await;
    // 128 kbit/s, 44.1 kHz: 417 bytes are 26 ms.
    let frame = [&[0xff, 0xfb, 0x90, 0x64][..], &[0x55; 413]].concat();
    let message = stage.desk.send(CUSTOMER, "name=a.mp3", frame.repeat(383), "").await;
    assert_eq!((&message["kind"], &message["details"]["content"]["seconds"]), (&json!("audio"), &json!(10)));
    let there = stage.at_customer(message["wa_id"].as_str().expect("id"), |_| true).await;
    assert_eq!(there["media"]["seconds"], 10);

    let data = BASE64_STANDARD.encode(frame.repeat(766));
    let wa_id = stage.sends(json!({ "kind": "audio", "mime": "audio/mpeg", "data": data })).await;
    let message = stage.desk.until(CUSTOMER, &wa_id, "the sound", |_| true).await;
    stage.desk.file(&message, "").await.expect("the file");
    let message = stage.desk.until(CUSTOMER, &wa_id, "the file", is_here).await;
    assert_eq!(message["details"]["content"]["seconds"], 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_file_goes_on_where_the_program_was_stopped() {
    let mut stage = stage().await;
    stage.network.fault(json!({ "slow_media": { "bytes_per_second": 150_000, "stanza": "download" } })).await;
    let wa_id = stage.sends(json!({ "kind": "document", "generated": { "bytes": 1_500_000, "seed": 1 } })).await;
    let message = stage.desk.until(CUSTOMER, &wa_id, "the message", |_| true).await;
    stage.desk.post(&format!("/api/messages/{}/media", message["id"].as_str().expect("id")), Value::Null).await;
    let part = async |desk: &Desk, least: u64| {
        eventually("a part of it", async || desk.files().into_iter().find(|(_, size)| *size > least)).await
    };
    let (name, _) = part(&stage.desk, 200_000).await;
    stage.desk.stop().await;
    let before = std::fs::metadata(stage.desk.data.join("media").join(&name)).expect("the part is kept").len();
    stage.desk.restart().await;
    // Whatever is written next follows what was there.
    let grown = eventually("more of it", async || {
        let size = stage.desk.files().into_iter().find(|(other, _)| *other == name).map_or(0, |(_, size)| size);
        (size != before).then_some(size)
    })
    .await;
    assert!(grown > before, "it began anew: {before} bytes, then {grown}");
    stage.network.clear_faults().await;
    let message = stage.desk.until(CUSTOMER, &wa_id, "the file", is_here).await;
    let bytes = stage.desk.file(&message, "").await.expect("the file");
    assert_eq!(json!(sha(&bytes)), stage.at_customer(&wa_id, |_| true).await["media"]["sha256"]);
    eventually("the part is gone", async || (stage.desk.files().len() == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_cut_goes_on() {
    let stage = stage().await;
    stage.network.fault(json!({ "cut_media": { "after": 300_000, "stanza": "download", "times": 2 } })).await;
    let wa_id = stage.sends(json!({ "kind": "image", "generated": { "bytes": 900_000, "seed": 2 } })).await;
    let message = stage.desk.until(CUSTOMER, &wa_id, "the file", is_here).await;
    let bytes = stage.desk.file(&message, "").await.expect("the file");
    assert_eq!(json!(sha(&bytes)), stage.at_customer(&wa_id, |_| true).await["media"]["sha256"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_is_asked_for_what_has_expired() {
    let stage = stage().await;
    let wa_id = stage.sends(json!({ "kind": "document", "generated": { "bytes": 20_000, "seed": 3 } })).await;
    let message = stage.desk.until(CUSTOMER, &wa_id, "the message", |_| true).await;
    stage.network.fault(json!({ "expired_media": { "code": 410 } })).await;
    let bytes = stage.desk.file(&message, "").await.expect("renewed by the phone");
    assert_eq!(json!(sha(&bytes)), stage.at_customer(&wa_id, |_| true).await["media"]["sha256"]);

    let wa_id = stage.sends(json!({ "kind": "document", "generated": { "bytes": 20_000, "seed": 4 } })).await;
    let message = stage.desk.until(CUSTOMER, &wa_id, "the message", |_| true).await;
    stage.network.fault(json!({ "expired_media": { "code": 404, "lost": true } })).await;
    let (status, problem) = stage.desk.file(&message, "").await.expect_err("nobody has it");
    assert_eq!((status, &problem["code"]), (410, &json!("media_gone")));
    stage.desk.until(CUSTOMER, &wa_id, "its end", |message| state(message) == "gone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_corrupt_is_told_and_never_shown() {
    let stage = stage().await;
    stage.network.fault(json!({ "corrupt_media": { "stanza": "download" } })).await;
    let wa_id = stage.sends(json!({ "kind": "image", "generated": { "seed": 5 } })).await;
    let failed =
        |message: &Value| message["details"]["content"]["state"] == json!({ "at": "failed", "code": "media_corrupt" });
    let message = stage.desk.until(CUSTOMER, &wa_id, "the failure", failed).await;
    let (status, problem) = stage.desk.file(&message, "").await.expect_err("not shown");
    assert_eq!(
        (status, &problem["code"], &problem["detail"]),
        (503, &json!("media_unavailable"), &json!("media_corrupt"))
    );
    stage.network.clear_faults().await;
    let bytes = stage.desk.file(&message, "").await.expect("another try helps");
    assert_eq!(json!(sha(&bytes)), stage.at_customer(&wa_id, |_| true).await["media"]["sha256"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_its_way_out_survives_a_restart_and_arrives_once() {
    let mut stage = stage().await;
    stage.network.fault(json!({ "slow_media": { "bytes_per_second": 100_000, "stanza": "upload" } })).await;
    let message = stage.desk.send(CUSTOMER, "name=long.txt", b"0123456789abcdef".repeat(60_000), "").await;
    let wa_id = message["wa_id"].as_str().expect("id").to_owned();
    // The encrypted form stands beside the sealed one while it is under way.
    eventually("the upload", async || (stage.desk.files().len() == 2).then_some(())).await;
    // What is written meanwhile stays behind it, and other chats are not held up.
    let chat = stage.desk.chat(CUSTOMER).await;
    let after = json!({ "id": uuid::Uuid::now_v7(), "text": "as you see above" });
    let after = stage.desk.post(&format!("/api/conversations/{chat}/messages"), after).await;
    stage.desk.restart().await;
    stage.network.clear_faults().await;
    let there = stage.at_customer(&wa_id, |message| message["media"]["fetched"]["state"] == "verified").await;
    assert_eq!(there["media"]["sha256"], message["details"]["content"]["sha256"]);
    stage.at_customer(after["wa_id"].as_str().expect("id"), |_| true).await;
    let received = stage.network.received(CUSTOMER, AGENT).await;
    let ids: Vec<&str> = received.iter().filter_map(|message| message["id"].as_str()).collect();
    assert_eq!(ids, [wa_id.as_str(), after["wa_id"].as_str().expect("id")], "once each, in order");
    eventually("the encrypted form is gone", async || (stage.desk.files().len() == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_fails_its_message_and_holds_up_no_other() {
    let stage = stage().await;
    // Once for the question how much is there already, once for the file.
    stage.network.fault(json!({ "refuse_media": { "code": 415, "stanza": "upload", "times": 2 } })).await;
    let message = stage.desk.send(CUSTOMER, "name=a.txt", b"one".to_vec(), "").await;
    let wa_id = message["wa_id"].as_str().expect("id");
    let failed = stage.desk.until(CUSTOMER, wa_id, "the failure", |message| message["status"] == "failed").await;
    assert_eq!(
        (&failed["failure"]["code"], &failed["failure"]["retryable"]),
        (&json!("media_unavailable"), &json!(true))
    );
    stage.desk.post(&format!("/api/messages/{}/retry", message["id"].as_str().expect("id")), Value::Null).await;
    stage.at_customer(wa_id, |message| message["media"]["fetched"]["state"] == "verified").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_given_to_nobody_but_the_agent_and_run_nowhere() {
    let stage = stage().await;
    let page = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
    let message = stage.desk.send(CUSTOMER, "name=..%2Fpage%22.html", page.clone(), "").await;
    assert_eq!(message["kind"], "document");
    let path = format!("/api/messages/{}/media", message["id"].as_str().expect("id"));
    assert_eq!(stage.desk.stranger(Method::GET, &path).send().await.expect("answer").status(), 401);
    let answer = stage.desk.ask(Method::GET, &path).header(header::RANGE, "bytes=2-8").send().await.expect("answer");
    let told = |name: header::HeaderName| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!((answer.status().as_u16(), told(header::CONTENT_RANGE)), (206, format!("bytes 2-8/{}", page.len())));
    assert_eq!(told(header::CONTENT_TYPE), "application/octet-stream");
    assert!(told(header::CONTENT_DISPOSITION).starts_with("attachment; filename=\"page_.html\""));
    assert!(told(header::CONTENT_SECURITY_POLICY).starts_with("sandbox"));
    assert_eq!(told(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(answer.bytes().await.expect("bytes"), &page[2..9]);

    let no_token = stage.desk.stranger(Method::POST, "/api/media").body("x").send().await.expect("answer");
    assert_eq!(no_token.status(), 401);
    let (status, problem) = read(stage.desk.ask(Method::POST, "/api/media").body(vec![])).await.expect_err("empty");
    assert_eq!((status, &problem["code"]), (422, &json!("media_unreadable")));
    let mut large = vec![0; 17 << 20];
    large[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    let (status, problem) = read(stage.desk.ask(Method::POST, "/api/media").body(large)).await.expect_err("large");
    assert_eq!((status, &problem["code"]), (413, &json!("media_too_large")));
    // No other route takes anything but JSON, or much of it.
    let other = stage.desk.ask(Method::POST, &path).header(header::CONTENT_TYPE, "text/plain").body("x");
    assert_eq!(other.send().await.expect("answer").status(), 415);
    let unknown = json!({ "id": uuid::Uuid::now_v7(), "media_id": uuid::Uuid::now_v7() });
    let chat = stage.desk.chat(CUSTOMER).await;
    let refused = stage.desk.try_post(&format!("/api/conversations/{chat}/messages"), unknown).await;
    assert_eq!(refused.expect_err("no such file").1["code"], "media_unknown");
    tokio::time::timeout(Duration::from_secs(30), async {
        while stage.desk.files().len() > 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("what was refused left nothing");
}
