//! Profile pictures, over the whole program and a simulated network: `cargo build -p ownline-simulator` first.
#![cfg(feature = "simulated-network")]

mod simulated {
    #![allow(dead_code, reason = "each test program uses a part of it")]

    pub(crate) mod desk;
    pub(crate) mod line;
    pub(crate) mod network;
}

use std::{io::Cursor, time::Duration};

use image::{ImageFormat, Rgb, RgbImage};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use simulated::{desk::Desk, line::eventually, network::Network};

const AGENT: &str = "4915112345678";
const CUSTOMER: &str = "5511987654321";
const OTHER: &str = "5521912345678";

struct Stage {
    desk: Desk,
    network: Network,
    _folder: tempfile::TempDir,
}

/// A linked machine, and two customers who have said hello.
async fn stage() -> Stage {
    if std::env::var_os("OWNLINE_TEST_LOG").is_some() {
        let _ = tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).try_init();
    }
    let folder = tempfile::tempdir().expect("folder");
    let network = Network::start(folder.path()).await;
    network.phone(AGENT, "Ana Agent").await;
    let desk = Desk::linked(folder.path(), &network, AGENT).await;
    for (number, name) in [(CUSTOMER, "Carla Customer"), (OTHER, "Otto Other")] {
        network.customer(number, name).await;
        network.write(number, AGENT, "hello").await;
        desk.chat(number).await;
    }
    Stage { desk, network, _folder: folder }
}

/// What a look at a picture brings at once.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Picture { tag: String, jpeg: Vec<u8> },
    Same,
    Nothing,
}

impl Stage {
    /// The customer chooses a picture. Answers with its id.
    async fn chooses(&self, number: &str, seed: u64) -> String {
        let set = self.network.put(&format!("/customers/{number}/picture"), &json!({ "seed": seed })).await;
        set["id"].as_str().expect("id").to_owned()
    }

    async fn uploads(&self, number: &str, bytes: Vec<u8>) {
        self.network.put_file(&format!("/customers/{number}/picture"), "image/png", bytes).await;
    }

    async fn takes_away(&self, number: &str) {
        self.network.delete(&format!("/customers/{number}/picture")).await;
    }

    async fn contact(&self, number: &str) -> Value {
        let page = self.desk.get("/api/contacts").await.expect("contacts");
        let found = page["items"].as_array().and_then(|all| all.iter().find(|it| it["phone"] == format!("+{number}")));
        found.expect("the customer").clone()
    }

    async fn look(&self, number: &str, known: Option<&str>) -> Seen {
        let id = self.contact(number).await["id"].as_str().expect("id").to_owned();
        let mut ask = self.desk.ask(Method::GET, &format!("/api/contacts/{id}/picture"));
        if let Some(known) = known {
            ask = ask.header(header::IF_NONE_MATCH, known);
        }
        let answer = ask.send().await.expect("an answer");
        match answer.status() {
            StatusCode::OK => {
                let kind = |name| answer.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
                assert_eq!(kind(header::CONTENT_TYPE).as_deref(), Some("image/jpeg"));
                // Nothing of it in a browser's own cache, which is not sealed.
                assert_eq!(kind(header::CACHE_CONTROL).as_deref(), Some("no-store"));
                let tag = kind(header::ETAG).expect("a tag");
                Seen::Picture { tag, jpeg: answer.bytes().await.expect("bytes").to_vec() }
            }
            StatusCode::NOT_MODIFIED => {
                assert!(answer.bytes().await.expect("bytes").is_empty());
                Seen::Same
            }
            StatusCode::NOT_FOUND => {
                assert_eq!(answer.json::<Value>().await.expect("a problem")["code"], "no_picture");
                Seen::Nothing
            }
            other => panic!("{other}"),
        }
    }

    async fn picture(&self, number: &str) -> (String, Vec<u8>) {
        match self.look(number, None).await {
            Seen::Picture { tag, jpeg } => (tag, jpeg),
            other => panic!("no picture of {number}: {other:?}"),
        }
    }

    /// Waits until the desk knows this picture of the customer, or none.
    async fn until(&self, number: &str, id: Option<&str>) {
        eventually("the picture", async || (self.contact(number).await["picture_id"].as_str() == id).then_some(()))
            .await;
    }

    /// Waits until a host was asked so often since the first disturbance.
    async fn until_asked(&self, times: u64) {
        eventually("the host to be asked", async || {
            let faults = self.network.get("/faults").await;
            (faults["faults"][0]["struck"].as_u64()? >= times).then_some(())
        })
        .await;
    }

    /// A customer whose picture somebody has looked at.
    async fn seen(&self, number: &str, seed: u64) -> (String, Vec<u8>) {
        let id = self.chooses(number, seed).await;
        assert_eq!(self.look(number, None).await, Seen::Nothing, "nobody has looked before");
        self.until(number, Some(&id)).await;
        self.picture(number).await
    }
}

fn opened(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).expect("a JPEG").to_rgb8()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_comes_once_somebody_looks_and_changes_with_the_customer() {
    let stage = stage().await;
    let first = stage.chooses(CUSTOMER, 1).await;
    assert!(stage.contact(CUSTOMER).await["picture_id"].is_null(), "nobody has looked");
    assert_eq!(stage.look(CUSTOMER, None).await, Seen::Nothing);
    stage.until(CUSTOMER, Some(&first)).await;
    let (tag, jpeg) = stage.picture(CUSTOMER).await;
    assert_eq!(opened(&jpeg).dimensions(), (320, 320));
    assert_eq!(stage.look(CUSTOMER, Some(&tag)).await, Seen::Same);
    assert!(stage.contact(OTHER).await["picture_id"].is_null());
    // At rest it is sealed.
    for (name, _) in stage.desk.files() {
        let bytes = std::fs::read(stage.desk.data.join("media").join(&name)).expect("file");
        assert!(!bytes.windows(4).any(|window| window == b"JFIF"), "{name}");
    }
    // Another one is fetched as soon as WhatsApp says so, without another look.
    let second = stage.chooses(CUSTOMER, 2).await;
    stage.until(CUSTOMER, Some(&second)).await;
    let Seen::Picture { tag: new_tag, jpeg: new } = stage.look(CUSTOMER, Some(&tag)).await else {
        panic!("it is another one");
    };
    assert!(new_tag != tag && opened(&new) != opened(&jpeg));
    stage.takes_away(CUSTOMER).await;
    stage.until(CUSTOMER, None).await;
    assert_eq!(stage.look(CUSTOMER, Some(&new_tag)).await, Seen::Nothing);
    let third = stage.chooses(CUSTOMER, 3).await;
    stage.until(CUSTOMER, Some(&third)).await;
    eventually("what is no longer shown leaves the disk", async || (stage.desk.files().len() == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_here_outlives_the_program_and_the_network() {
    let mut stage = stage().await;
    let (tag, jpeg) = stage.seen(CUSTOMER, 1).await;
    let known = stage.contact(CUSTOMER).await["picture_id"].clone();
    stage.desk.restart().await;
    // Asking would bring another one to light, which WhatsApp keeps to itself here.
    stage.network.fault(json!({ "drop": { "stanza": "notification", "number": AGENT } })).await;
    stage.chooses(CUSTOMER, 2).await;
    assert_eq!(stage.look(CUSTOMER, Some(&tag)).await, Seen::Same);
    // Whom nobody knows yet is asked about, and by then everybody before.
    stage.seen(OTHER, 3).await;
    assert_eq!(stage.contact(CUSTOMER).await["picture_id"], known, "a fresh picture is not asked for");
    stage.network.stop().await;
    eventually("the line to be gone", async || {
        let status = stage.desk.get("/status").await.ok()?;
        (status["session"]["state"] != "online").then_some(())
    })
    .await;
    assert_eq!(stage.picture(CUSTOMER).await, (tag, jpeg));
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_in_trouble_are_asked_again_and_what_is_here_stays() {
    let stage = stage().await;
    let (tag, _) = stage.seen(CUSTOMER, 1).await;
    // A host that takes its time holds nobody up, one that fails is asked again.
    stage.network.fault(json!({ "refuse_media": 503 })).await;
    stage.network.fault(json!({ "slow_media": 1000 })).await;
    let second = stage.chooses(CUSTOMER, 2).await;
    stage.until_asked(1).await;
    assert_eq!(stage.look(CUSTOMER, Some(&tag)).await, Seen::Same, "the old one, meanwhile");
    stage.network.clear_faults().await;
    // The tries come after 5 and after 30 s.
    let came = tokio::time::timeout(Duration::from_mins(2), async {
        while stage.contact(CUSTOMER).await["picture_id"] != second.as_str() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    came.await.expect("the picture, once its host is well");
    assert!(matches!(stage.look(CUSTOMER, Some(&tag)).await, Seen::Picture { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_not_kept() {
    let stage = stage().await;
    let (tag, _) = stage.seen(CUSTOMER, 1).await;
    let known = stage.contact(CUSTOMER).await["picture_id"].clone();
    // Harmless, and counts what is asked for.
    stage.network.fault(json!({ "slow_media": { "bytes_per_second": 1_000_000_000 } })).await;
    // A picture by its first bytes only.
    let mut torn = png(64);
    torn.truncate(80);
    stage.uploads(CUSTOMER, torn).await;
    let huge = png(600);
    assert!(huge.len() > 600 * 1024, "more than a small picture has: {}", huge.len());
    stage.uploads(OTHER, huge).await;
    assert_eq!(stage.look(OTHER, None).await, Seen::Nothing);
    stage.until_asked(2).await;
    // One after another: when a third one is here, what came before is decided.
    let third = "393331234567";
    stage.network.customer(third, "Tina Third").await;
    stage.network.write(third, AGENT, "hello").await;
    stage.desk.chat(third).await;
    stage.seen(third, 3).await;
    assert_eq!(stage.desk.files().len(), 2);
    assert_eq!(stage.look(CUSTOMER, Some(&tag)).await, Seen::Same, "the old one stays");
    assert_eq!(stage.contact(CUSTOMER).await["picture_id"], known);
    assert_eq!(stage.look(OTHER, None).await, Seen::Nothing);
}

/// Noise, which no form makes smaller.
fn png(side: u32) -> Vec<u8> {
    let mut seed = 1_u32;
    let noise = RgbImage::from_fn(side, side, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(seed >> 8) as u8, (seed >> 16) as u8, (seed >> 24) as u8])
    });
    let mut file = Cursor::new(Vec::new());
    noise.write_to(&mut file, ImageFormat::Png).expect("written");
    file.into_inner()
}
