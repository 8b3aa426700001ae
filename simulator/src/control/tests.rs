//! The contract that other programs rely on, asked through the router without a socket.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::world::{Options, World};

const ANA: &str = "5511988887777";
const JOANA: &str = "5511912345678";

struct Stage {
    router: Router,
    closing: CancellationToken,
    folder: std::path::PathBuf,
}

impl Stage {
    fn empty() -> Self {
        let folder = std::env::temp_dir().join(format!("ownline-simulator-{}", uuid::Uuid::new_v4()));
        let world = World::open(&Options { state: folder.clone() }).expect("a world");
        let closing = CancellationToken::new();
        Self { router: super::router(world, closing.clone()), closing, folder }
    }

    async fn with_people() -> Self {
        let stage = Self::empty();
        stage.post("/phones", json!({ "number": ANA, "name": "Ana" })).await.expect(StatusCode::OK);
        stage.post("/customers", json!({ "number": JOANA, "name": "Joana" })).await.expect(StatusCode::OK);
        stage
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        Answer { status, kind, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(request("GET", path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let request = request("POST", path).header(header::CONTENT_TYPE, "application/json");
        self.ask(request.body(Body::from(body.to_string())).expect("a request")).await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:7701")
}

struct Answer {
    status: StatusCode,
    kind: Option<String>,
    body: Value,
}

impl Answer {
    #[track_caller]
    fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Every refusal is a problem with a code.
    #[track_caller]
    fn refused(self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["code"], code);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.kind.as_deref(), Some("application/problem+json"));
    }
}

#[tokio::test]
async fn the_root_key_is_32_bytes_in_hexadecimal() {
    let body = Stage::empty().get("/root-key").await.expect(StatusCode::OK);
    let key = hex::decode(body["root_key"].as_str().expect("text")).expect("hexadecimal");
    assert_eq!(key.len(), 32);
}

#[tokio::test]
async fn only_programs_of_this_machine_and_the_own_page_are_served() {
    let stage = Stage::empty();
    let with = |name: &str, value: &str| {
        let mut request = request("GET", "/state").body(Body::empty()).expect("a request");
        request
            .headers_mut()
            .insert(header::HeaderName::from_bytes(name.as_bytes()).expect("name"), value.parse().expect("value"));
        request
    };
    stage.ask(with("host", "rebound.example:7701")).await.refused(403, "forbidden_host");
    stage.ask(with("origin", "http://evil.example")).await.refused(403, "forbidden_origin");
    stage.ask(with("origin", "null")).await.refused(403, "forbidden_origin");
    stage.ask(with("origin", "http://127.0.0.1:7701")).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn bodies_are_json_and_say_nothing_unknown() {
    let stage = Stage::with_people().await;
    let form = request("POST", "/phones").header(header::CONTENT_TYPE, "text/plain").body(Body::from("{}"));
    stage.ask(form.expect("a request")).await.refused(415, "unsupported_media_type");
    let path = format!("/customers/{JOANA}/messages");
    for (path, body) in [
        ("/phones", json!({ "number": "4915112345678", "name": "Tom", "colour": "red" })),
        ("/customers", json!({ "number": "4915112345678" })),
        (path.as_str(), json!({ "to": ANA, "text": "a", "bold": true })),
        (path.as_str(), json!({ "to": ANA })),
        (path.as_str(), json!({ "to": ANA, "text": "a", "revoke": { "id": "A" } })),
        (path.as_str(), json!({ "to": ANA, "location": { "latitude": 91.0, "longitude": 0.0 } })),
        (path.as_str(), json!({ "to": ANA, "contact": { "name": "Eve\nTEL:1", "number": "4915112345678" } })),
        ("/load", json!({ "to": ANA, "customers": 0, "messages": 5 })),
        ("/load", json!({ "to": ANA, "customers": 10, "messages": 5 })),
        ("/load", json!({ "to": ANA, "customers": 1, "messages": 5, "rate": 0 })),
        ("/load", json!({ "to": ANA, "customers": 1, "messages": 5, "media_percent": 101 })),
        ("/faults", json!({ "explode": true })),
        ("/offered-codes", json!({ "code": " " })),
    ] {
        stage.post(path, body).await.refused(422, "invalid_request");
    }
}

#[tokio::test]
async fn numbers_are_international_digits() {
    let stage = Stage::with_people().await;
    for number in
        ["", "+4915112345678", "0151123456", "12345", "1234567890123456", "49151 1234567", "４９１５１１２３４５６７８"]
    {
        stage.post("/phones", json!({ "number": number, "name": "X" })).await.refused(422, "bad_number");
        let path = format!("/customers/{JOANA}/messages");
        stage.post(&path, json!({ "to": number, "text": "hi" })).await.refused(422, "bad_number");
    }
    stage.get(&format!("/customers/{JOANA}/messages?with=+{ANA}")).await.refused(422, "bad_number");
    stage.get("/customers/joana/messages").await.refused(422, "bad_number");
}

#[tokio::test]
async fn whom_nobody_made_is_not_there() {
    let stage = Stage::with_people().await;
    let unknown = "390612345678";
    stage.post(&format!("/phones/{unknown}/scan"), json!({ "qr": "2@a,b,c,d,1" })).await.refused(404, "no_such_phone");
    stage.post(&format!("/phones/{unknown}/logout"), json!({})).await.refused(404, "no_such_phone");
    stage.get(&format!("/customers/{unknown}/messages?with={ANA}")).await.refused(404, "no_such_customer");
    let path = format!("/customers/{JOANA}/messages");
    stage.post(&path, json!({ "to": unknown, "text": "hi" })).await.refused(404, "no_such_account");
    stage.get("/nothing").await.refused(404, "not_found");
    let put = request("PUT", "/phones").body(Body::empty()).expect("a request");
    stage.ask(put).await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_code_that_is_none_or_unknown_is_refused() {
    let stage = Stage::with_people().await;
    let path = format!("/phones/{ANA}/scan");
    stage.post(&path, json!({ "qr": "https://example.com" })).await.refused(409, "bad_qr");
    let key = "A".repeat(43) + "=";
    stage.post(&path, json!({ "qr": format!("2@never,{key},{key},{key},1") })).await.refused(404, "unknown_qr");
}

#[tokio::test]
async fn a_transcript_tells_what_the_customer_sent() {
    let stage = Stage::with_people().await;
    let path = format!("/customers/{JOANA}/messages");
    let sent = stage.post(&path, json!({ "to": ANA, "text": "Olá" })).await.expect(StatusCode::OK);
    let chat = stage.get(&format!("{path}?with={ANA}")).await.expect(StatusCode::OK);
    let [message] = chat.as_array().expect("a list").as_slice() else { panic!("one message in {chat}") };
    assert_eq!(message["id"], sent["id"]);
    assert_eq!(message["direction"], "out");
    assert_eq!(message["with"], ANA);
    assert_eq!(message["text"], "Olá");
    assert!(message["time"].as_i64().expect("milliseconds") > 1_700_000_000_000, "{message}");
    assert!(message["status"].is_string(), "{message}");
    let elsewhere = stage.get(&format!("{path}?with=4915112345678")).await.expect(StatusCode::OK);
    assert_eq!(elsewhere, json!([]));
}

#[tokio::test]
async fn faults_come_into_force_and_go() {
    let stage = Stage::with_people().await;
    let added = stage.post("/faults", json!({ "refuse": { "code": 479, "number": ANA } })).await.expect(StatusCode::OK);
    assert_eq!(added["faults"][0]["kind"], "refuse");
    assert_eq!(added["faults"][0]["code"], 479);
    assert_eq!(stage.get("/state").await.expect(StatusCode::OK)["faults"], added["faults"]);
    let delete = request("DELETE", "/faults").body(Body::empty()).expect("a request");
    assert_eq!(stage.ask(delete).await.expect(StatusCode::OK), json!({ "faults": [] }));
}

#[tokio::test]
async fn live_streams_end_when_the_program_closes() {
    let stage = Stage::empty();
    let events = request("GET", "/events").body(Body::empty()).expect("a request");
    let response = stage.router.clone().oneshot(events).await.expect("an answer");
    stage.closing.cancel();
    let body = to_bytes(response.into_body(), 1 << 20);
    tokio::time::timeout(std::time::Duration::from_secs(5), body).await.expect("the stream to end").expect("a body");
}

#[tokio::test]
async fn the_page_and_all_it_names_are_served_under_a_strict_policy() {
    let stage = Stage::empty();
    let get = async |path: &str| {
        let asked = request("GET", path).body(Body::empty()).expect("a request");
        let response = stage.router.clone().oneshot(asked).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (policy, String::from_utf8(bytes.to_vec()).expect("text"))
    };
    let (policy, page) = get("/").await;
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let mut wanted: Vec<String> = quoted(&page, "/page/").map(|name| format!("/page/{name}")).collect();
    let mut seen = Vec::new();
    while let Some(path) = wanted.pop() {
        if seen.contains(&path) {
            continue;
        }
        let (_, text) = get(&path).await;
        // Modules import their neighbours.
        wanted.extend(quoted(&text, "./").map(|name| format!("/page/{name}")));
        for forbidden in ["innerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!text.contains(forbidden), "{path} has {forbidden}");
        }
        seen.push(path);
    }
    assert!(seen.len() >= 12, "{seen:?}");
}

/// What follows `prefix` inside double quotes.
fn quoted<'t>(text: &'t str, prefix: &str) -> impl Iterator<Item = &'t str> {
    text.split('"').filter_map(move |part| part.strip_prefix(prefix))
}
