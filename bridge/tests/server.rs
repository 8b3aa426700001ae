//! The way to the team's server, against a server of our own making that misbehaves on purpose.

#![allow(clippy::expect_used, reason = "a test that cannot go on says so")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use ownline_bridge::{Bridge, Config, KeySource, Listen, RunningBridge};
use ownline_model::{
    account::{Refresh, Tokens},
    agent::{Agent, Role},
    bridge::ServerLink,
    health::ServerHealth,
    ids::AgentId,
    problem::{Problem, ProblemCode},
    sync::{ChangeResult, Outcome, PullAnswer, Push, PushAnswer, Truth},
    time::UtcMillis,
};
use serde_json::{Value, json};

/// How the server behaves, and what it saw.
#[derive(Clone, Default)]
struct Server {
    /// The number of the access token that counts now; others have expired.
    counts: Arc<AtomicUsize>,
    refreshes: Arc<AtomicUsize>,
    mood: Arc<Mutex<Mood>>,
    agent: Arc<Mutex<Option<Agent>>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Kind,
    /// The session was ended by an admin.
    Revoked,
    /// Speaks a newer protocol only.
    TooNew,
}

impl Server {
    async fn start(self) -> String {
        let router = Router::new()
            .route("/api/health", get(health))
            .route("/api/auth/login", post(login))
            .route("/api/auth/refresh", post(refresh))
            .route("/api/auth/profile", put(profile))
            .route("/api/sync/push", post(push))
            .route("/api/sync/pull", get(pull))
            .with_state(self);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn be(&self, mood: Mood) {
        *self.mood.lock().expect("mood") = mood;
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().expect("mood")
    }

    fn tokens(&self) -> Tokens {
        let number = self.counts.load(Ordering::SeqCst);
        let mut agent = self.agent.lock().expect("agent");
        let agent = agent.get_or_insert_with(|| Agent {
            id: AgentId::fresh(),
            version: 1,
            name: "Ana".to_owned(),
            email: "ana@example.org".to_owned(),
            role: Role::Agent,
            active: true,
            enrolled: true,
            created_at: UtcMillis(0),
        });
        Tokens {
            access_token: format!("access-{number}"),
            access_expires_at: UtcMillis(0),
            refresh_token: format!("refresh-{number}"),
            refresh_expires_at: UtcMillis(0),
            agent: agent.clone(),
        }
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let expected = format!("Bearer access-{}", self.counts.load(Ordering::SeqCst));
        if self.mood() == Mood::TooNew {
            return Err(Box::new(refuse(ProblemCode::ProtocolTooOld)));
        }
        let shown = headers.get("authorization").and_then(|value| value.to_str().ok());
        if self.mood() == Mood::Kind && shown == Some(&expected) {
            Ok(())
        } else {
            Err(Box::new(refuse(ProblemCode::TokenExpired)))
        }
    }
}

fn refuse(code: ProblemCode) -> Response {
    let status = StatusCode::from_u16(code.status()).expect("a status");
    (status, [("content-type", "application/problem+json")], Json(Problem::new(code))).into_response()
}

async fn health() -> Json<ServerHealth> {
    let product = "ownline-server".to_owned();
    Json(ServerHealth { ok: true, product, protocol: 1, protocol_min: 1, setup_needed: false })
}

async fn login(State(server): State<Server>, Json(login): Json<Value>) -> Response {
    if login["password"] == "right" {
        Json(server.tokens()).into_response()
    } else {
        refuse(ProblemCode::WrongCredentials)
    }
}

async fn refresh(State(server): State<Server>, Json(refresh): Json<Refresh>) -> Response {
    // Long enough for everyone who found the token expired to ask.
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.refreshes.fetch_add(1, Ordering::SeqCst);
    if server.mood() == Mood::Revoked
        || refresh.refresh_token == format!("refresh-{}", server.counts.load(Ordering::SeqCst))
    {
        return refuse(ProblemCode::SessionRevoked);
    }
    Json(server.tokens()).into_response()
}

async fn profile(State(server): State<Server>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    match server.admit(&headers) {
        Ok(()) => Json(body).into_response(),
        Err(refusal) => *refusal,
    }
}

async fn push(State(server): State<Server>, headers: HeaderMap, Json(push): Json<Push>) -> Response {
    if let Err(refusal) = server.admit(&headers) {
        return *refusal;
    }
    let results = push.changes.into_iter().map(|change| ChangeResult {
        id: change.id,
        outcome: Outcome::Applied,
        truth: Truth::default(),
    });
    Json(PushAnswer { results: results.collect(), server_time: UtcMillis(1_000_000) }).into_response()
}

async fn pull(State(server): State<Server>, headers: HeaderMap) -> Response {
    if let Err(refusal) = server.admit(&headers) {
        return *refusal;
    }
    let cursor = "end".to_owned();
    Json(PullAnswer { entries: vec![], cursor, more: false, server_time: UtcMillis(1_000_000) }).into_response()
}

struct Stage {
    bridge: RunningBridge,
    http: reqwest::Client,
    server: Server,
    server_url: String,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let mut config = Config::new(folder.path().join("data"));
        config.listen = Listen::Exactly("127.0.0.1:0".parse().expect("an address"));
        config.key = KeySource::File(folder.path().join("key"));
        let bridge = Bridge::start(config).await.expect("started");
        let server = Server::default();
        let server_url = server.clone().start().await;
        Self { bridge, http: reqwest::Client::new(), server, server_url, _folder: folder }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let request =
            self.http.request(method, format!("{}{path}", self.bridge.url())).bearer_auth(self.bridge.token());
        let response = request.json(&body).send().await.expect("an answer");
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    async fn sign_in(&self) {
        let body = json!({"url": self.server_url, "email": "ana@example.org", "password": "right"});
        assert_eq!(self.ask("POST", "/server/sign-in", body).await.0, 200);
        self.until(|link| matches!(link, ServerLink::InSync { .. })).await;
    }

    async fn until(&self, wanted: impl Fn(&ServerLink) -> bool) {
        let mut status = self.bridge.status();
        let reached = status.wait_for(|status| wanted(&status.server));
        tokio::time::timeout(Duration::from_secs(30), reached).await.expect("in time").expect("a bridge");
    }
}

#[tokio::test]
async fn f15_however_many_find_the_token_expired_one_refresh_is_made() {
    let stage = Stage::start().await;
    stage.sign_in().await;
    stage.server.counts.fetch_add(1, Ordering::SeqCst);
    let asked: Vec<_> = (0..8).map(|n| stage.ask("PUT", "/api/auth/profile", json!({"name": n.to_string()}))).collect();
    for (status, body) in futures_util::future::join_all(asked).await {
        assert_eq!(status, 200, "{body}");
    }
    assert_eq!(stage.server.refreshes.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_revoked_session_asks_for_a_new_sign_in_and_keeps_the_person() {
    let stage = Stage::start().await;
    stage.sign_in().await;
    stage.server.be(Mood::Revoked);
    let (status, body) = stage.ask("PUT", "/api/auth/profile", json!({"name": "x"})).await;
    assert_eq!((status, body["code"].as_str()), (401, Some("session_revoked")));
    stage.until(|link| matches!(link, ServerLink::SignInNeeded { .. })).await;
    let (_, status) = stage.ask("GET", "/status", Value::Null).await;
    assert_eq!(status["agent"]["name"], "Ana", "the desk stays readable");
    stage.server.be(Mood::Kind);
    stage.sign_in().await;
}

#[tokio::test]
async fn f16_a_server_that_is_too_new_is_said() {
    let stage = Stage::start().await;
    stage.sign_in().await;
    stage.server.be(Mood::TooNew);
    let (status, body) = stage.ask("PUT", "/api/auth/profile", json!({"name": "x"})).await;
    assert_eq!((status, body["code"].as_str()), (426, Some("protocol_too_old")));
}

#[tokio::test]
async fn what_is_no_server_is_told_apart() {
    let stage = Stage::start().await;
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", other.local_addr().expect("an address"));
    let page = Router::new().fallback(async || "<html>hello</html>");
    tokio::spawn(async move { axum::serve(other, page).await });
    for (url, code) in [
        (address.as_str(), "not_an_ownline_server"),
        ("http://127.0.0.1:1", "server_unreachable"),
        ("http://desk.example.org", "insecure_server_address"),
        ("not an address", "not_an_ownline_server"),
    ] {
        let (_, problem) = stage.ask("POST", "/server/check", json!({"url": url})).await;
        assert_eq!(problem["code"], code, "{url}");
        let sign_in = json!({"url": url, "email": "ana@example.org", "password": "right"});
        assert_eq!(stage.ask("POST", "/server/sign-in", sign_in).await.1["code"], code, "{url}");
    }
    let wrong = json!({"url": stage.server_url, "email": "ana@example.org", "password": "wrong"});
    assert_eq!(stage.ask("POST", "/server/sign-in", wrong).await.1["code"], "wrong_credentials");
}

#[tokio::test]
async fn f05_a_wrong_clock_is_told() {
    let stage = Stage::start().await;
    stage.sign_in().await;
    let (_, status) = stage.ask("GET", "/status", Value::Null).await;
    assert!(status["clock_skew_ms"].as_i64().expect("known") > 1_000_000_000_000, "{status}");
}

#[tokio::test]
async fn what_holds_tokens_is_not_forwarded() {
    let stage = Stage::start().await;
    stage.sign_in().await;
    for (method, path) in [
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/refresh"),
        ("POST", "/api/sync/push"),
        ("GET", "/api/sync/pull"),
        ("POST", "/api/x/../auth/refresh"),
        ("POST", "/api/auth/%72efresh"),
    ] {
        let (status, body) = stage.ask(method, path, json!({"password": "right", "refresh_token": "refresh-0"})).await;
        assert_eq!(status, 404, "{method} {path}: {body}");
    }
}
