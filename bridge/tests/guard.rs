//! The localhost API from outside: threats 1 to 12 of the security design, each as an attacker on this machine or a web
//! page would try it. Requests are written by hand, because clients refuse to send most of these.

#![allow(clippy::expect_used, reason = "a test that cannot go on says so")]

use std::{net::SocketAddr, path::Path, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use ownline_bridge::{Bridge, Config, KeySource, Listen, RunningBridge};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::Message;

/// Far longer than anything takes.
const WITHIN: Duration = Duration::from_secs(30);

struct Stage {
    bridge: RunningBridge,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let bridge = Bridge::start(config(folder.path())).await.expect("started");
        let address = bridge.url().trim_start_matches("http://").parse().expect("an address");
        Self { bridge, address, folder }
    }

    /// Sends a request line, headers and body as given, and reads the answer to its end.
    async fn raw(&self, request: String) -> Answer {
        let mut socket = TcpStream::connect(self.address).await.expect("connected");
        socket.write_all(request.as_bytes()).await.expect("sent");
        let mut bytes = Vec::new();
        timeout(WITHIN, socket.read_to_end(&mut bytes)).await.expect("in time").expect("read");
        Answer::read(&bytes)
    }

    /// A request with the right host, the given further headers and `Connection: close`.
    async fn ask(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        let mut request = format!("{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        if !body.is_empty() {
            request.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.raw(request).await
    }

    fn bearer(&self) -> String {
        format!("Authorization: Bearer {}", self.bridge.token())
    }
}

fn config(data: &Path) -> Config {
    let mut config = Config::new(data.join("data"));
    config.listen = Listen::Exactly("127.0.0.1:0".parse().expect("an address"));
    config.key = KeySource::File(data.join("key"));
    config
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

#[tokio::test]
async fn t01_only_the_exact_host_is_served() {
    let stage = Stage::start().await;
    let port = stage.address.port();
    let bearer = stage.bearer();
    let with_hosts = |hosts: &[String]| {
        let hosts = hosts.iter().flat_map(|host| ["Host: ", host, "\r\n"]).collect::<String>();
        format!("GET /status HTTP/1.1\r\n{hosts}Connection: close\r\n{bearer}\r\n\r\n")
    };
    for hosts in [
        vec!["evil.com:3001".to_owned()],
        vec![format!("evil.com:{port}")],
        vec![format!("127.0.0.1.evil.com:{port}")],
        vec![format!("127.0.0.1:{}", port.wrapping_add(1))],
        vec!["127.0.0.1".to_owned()],
        vec![format!("127.0.0.1:{port}"), format!("127.0.0.1:{port}")],
        vec![format!("127.0.0.1:{port}"), "evil.com".to_owned()],
        vec![String::new()],
        vec![],
    ] {
        let answer = stage.raw(with_hosts(&hosts)).await;
        assert!(matches!(answer.status, 400 | 403), "{hosts:?}: {answer:?}");
        assert!(!answer.body.contains("session"), "{hosts:?}");
    }
    let absolute = format!(
        "GET http://evil.com/status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{bearer}\r\n\r\n"
    );
    assert_eq!(stage.raw(absolute).await.status, 403);
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}")] {
        assert_eq!(stage.raw(with_hosts(&[host])).await.status, 200);
    }
}

#[tokio::test]
async fn t02_no_form_can_post_here() {
    let stage = Stage::start().await;
    let bearer = stage.bearer();
    let body = r#"{"number_use":"work","consent":true}"#;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"]
    {
        let kind = format!("Content-Type: {kind}");
        assert_eq!(stage.ask("POST /link", &[&bearer, &kind], body).await.status, 415, "{kind}");
        assert_eq!(
            stage.ask("POST /unlink", &[&bearer, &kind], "x=1").await.status,
            415,
            "{kind}, a route without a body"
        );
        assert_eq!(stage.ask("POST /link", &[&kind], body).await.status, 401, "{kind} without a token");
    }
    assert_eq!(stage.ask("POST /link", &[&bearer], body).await.status, 415, "a body of no kind");
    let json = "Content-Type: application/json; charset=utf-8";
    let answer = stage.ask("POST /link", &[&bearer, json], body).await;
    assert!(answer.body.contains("not_signed_in"), "{answer:?}");
    assert!(stage.ask("POST /link", &[&bearer, json], "{}").await.body.contains("invalid_request"));
}

#[tokio::test]
async fn t03_foreign_pages_read_nothing() {
    let stage = Stage::start().await;
    let bearer = stage.bearer();
    let port = stage.address.port();
    for origin in [
        "https://evil.com".to_owned(),
        "null".to_owned(),
        format!("https://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}.evil.com"),
        "http://127.0.0.1".to_owned(),
        format!("http://127.0.0.1:{}", port.wrapping_add(1)),
        "http://tauri.localhost.evil.com".to_owned(),
        "TAURI://localhost".to_owned(),
    ] {
        let origin_header = format!("Origin: {origin}");
        for answer in [
            stage.ask("GET /status", &[&bearer, &origin_header], "").await,
            stage.ask("GET /health", &[&origin_header], "").await,
            stage.ask("OPTIONS /status", &[&origin_header, "Access-Control-Request-Method: GET"], "").await,
        ] {
            assert_eq!(answer.status, 403, "{origin}");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
    }
    for origin in
        [format!("http://localhost:{port}"), "tauri://localhost".to_owned(), "http://tauri.localhost".to_owned()]
    {
        let origin_header = format!("Origin: {origin}");
        let answer = stage.ask("GET /status", &[&bearer, &origin_header], "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin.as_str())));
        let preflight = ["Access-Control-Request-Method: PATCH", "Access-Control-Request-Headers: authorization"];
        let answer = stage.ask("OPTIONS /api/contacts/x", &[&origin_header, preflight[0], preflight[1]], "").await;
        assert_eq!(answer.status, 204);
        assert!(answer.header("access-control-allow-methods").is_some_and(|methods| methods.contains("patch")));
        assert!(answer.header("access-control-allow-headers").is_some_and(|names| names.contains("authorization")));
        assert_eq!(answer.header("access-control-allow-credentials"), None, "there are no cookies");
    }
}

const UPGRADE: [&str; 4] =
    ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "X: y"];

#[tokio::test]
async fn t04_a_socket_needs_the_origin_and_the_token() {
    let stage = Stage::start().await;
    let request = format!(
        "GET /api/realtime HTTP/1.1\r\nHost: {}\r\nConnection: upgrade, close\r\nOrigin: https://evil.com\r\n{}\r\n\r\n",
        stage.address,
        UPGRADE.join("\r\n")
    );
    assert_eq!(stage.raw(request).await.status, 403);

    let connect = async || {
        let url = format!("ws://{}/api/realtime", stage.address);
        tokio_tungstenite::connect_async(url).await.expect("open").0
    };
    let closed_with = async |socket: &mut tokio_tungstenite::WebSocketStream<_>| loop {
        match timeout(WITHIN, socket.next()).await.expect("in time") {
            Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    // Silent.
    let began = Instant::now();
    let mut socket = connect().await;
    assert_eq!(closed_with(&mut socket).await, 4401);
    assert!(began.elapsed() >= Duration::from_secs(5), "five seconds to say hello");
    // A wrong token, and something else than a hello.
    for frame in [r#"{"type":"hello","token":"wrong","protocol":1}"#, r#"{"type":"ping"}"#, "nonsense"] {
        let mut socket = connect().await;
        socket.send(Message::text(frame)).await.expect("sent");
        assert_eq!(closed_with(&mut socket).await, 4401, "{frame}");
    }
    // The right one.
    let mut socket = connect().await;
    let hello = format!(r#"{{"type":"hello","token":"{}","protocol":1}}"#, stage.bridge.token());
    socket.send(Message::text(hello)).await.expect("sent");
    let welcome = timeout(WITHIN, socket.next()).await.expect("in time").expect("open").expect("frame");
    assert!(welcome.to_text().expect("text").contains("welcome"));
}

#[tokio::test]
async fn t05_no_token_in_an_address() {
    let stage = Stage::start().await;
    let token = stage.bridge.token();
    for path in [format!("/status?token={token}"), format!("/api/conversations?access_token={token}")] {
        assert_eq!(stage.ask(&format!("GET {path}"), &[], "").await.status, 401, "{path}");
    }
    let cookie = format!("Cookie: token={token}");
    assert_eq!(stage.ask("GET /status", &[&cookie], "").await.status, 401);
    for wrong in ["Authorization: Bearer ", "Authorization: Bearer wrong", "Authorization: Basic Og=="] {
        assert_eq!(stage.ask("GET /status", &[wrong], "").await.status, 401, "{wrong}");
    }
    let bearer = stage.bearer();
    assert_eq!(stage.ask("GET /status", &[&bearer, &bearer], "").await.status, 401, "two of them");
    // The link for a browser carries its code where no server and no log sees it.
    let link = stage.bridge.browser_link();
    assert!(link.contains("/#code=") && !link.contains(token), "{link}");
}

#[tokio::test]
async fn t06_strangers_learn_nothing() {
    let stage = Stage::start().await;
    let health = stage.ask("GET /health", &[], "").await;
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"ok":true}"#));
    assert_eq!(health.header("server"), None);
    for path in [
        "/status",
        "/client-info",
        "/qr",
        "/qr.svg",
        "/qr.png",
        "/pairing-code",
        "/passkey",
        "/api/auth/profile",
        "/api/openapi.json",
        "/api/x",
    ] {
        let answer = stage.ask(&format!("GET {path}"), &[], "").await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains(env!("CARGO_PKG_VERSION")), "{path}");
    }
    for path in [
        "/link",
        "/link/cancel",
        "/link/confirm",
        "/passkey",
        "/passkey/confirm",
        "/unlink",
        "/restart",
        "/browser-link",
        "/server/sign-out",
    ] {
        assert_eq!(stage.ask(&format!("POST {path}"), &[], "").await.status, 401, "{path}");
    }
}

/// Whatever is served, and by whomever it was added.
#[tokio::test]
async fn every_route_of_the_contract_is_behind_every_gate() {
    let stage = Stage::start().await;
    let bearer = stage.bearer();
    let contract = serde_json::to_value(ownline_bridge::api::openapi()).expect("JSON");
    let mut seen = 0;
    for (path, methods) in contract["paths"].as_object().expect("paths") {
        if ["/health", "/challenge", "/browser-session"].contains(&path.as_str()) {
            continue;
        }
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { uuid::Uuid::nil().to_string() } else { part.to_owned() });
        let path = path.collect::<Vec<_>>().join("/");
        for method in methods.as_object().expect("methods").keys() {
            seen += 1;
            let line = format!("{} {path}", method.to_uppercase());
            assert_eq!(stage.ask(&line, &[], "").await.status, 401, "{line} without a token");
            assert_eq!(stage.ask(&line, &["Authorization: Bearer wrong"], "").await.status, 401, "{line}, a wrong one");
            let foreign = stage.ask(&line, &[&bearer, "Origin: https://evil.com"], "").await;
            assert_eq!(foreign.status, 403, "{line} from a foreign page");
            let rebound = format!("{line} HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n{bearer}\r\n\r\n");
            assert_eq!(stage.raw(rebound).await.status, 403, "{line} under another name");
            // Files come as they are.
            let takes_bytes = (path == "/api/media" && method == "post") || path.ends_with("/still");
            if method != "get" && !takes_bytes {
                let form = stage.ask(&line, &[&bearer, "Content-Type: text/plain"], "{}").await;
                assert_eq!(form.status, 415, "{line} from a form");
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

#[tokio::test]
async fn what_is_not_asked_for_is_refused_with_a_code() {
    let stage = Stage::start().await;
    let bearer = stage.bearer();
    let json = "Content-Type: application/json";
    for (path, body, status, code) in [
        ("GET /pairing-code", "", 404, "no_pairing_code"),
        ("GET /passkey", "", 409, "no_passkey_asked"),
        ("POST /passkey", r#"{"assertion":{}}"#, 409, "no_passkey_asked"),
        ("POST /passkey", "{}", 422, "invalid_request"),
        ("POST /passkey/confirm", "", 409, "no_passkey_asked"),
        ("GET /settings", "", 409, "not_linked"),
        ("PUT /settings", r#"{"read_receipts":"never","default_scope":"private","lends":true}"#, 409, "not_linked"),
        ("PUT /settings", r#"{"read_receipts":"sometimes"}"#, 422, "invalid_request"),
        ("PUT /presence", r#"{"present":"yes"}"#, 422, "invalid_request"),
        ("POST /link/confirm", r#"{"go_on":true}"#, 409, "nothing_to_confirm"),
        ("POST /link/confirm", r#"{"go_on":true,"x":1}"#, 422, "invalid_request"),
    ] {
        let answer = stage.ask(path, &[&bearer, json], body).await;
        assert!(answer.status == status && answer.body.contains(code), "{path} {body}: {answer:?}");
    }
    assert_eq!(stage.ask("POST /link/cancel", &[&bearer], "").await.status, 202);
    let long = format!(r#"{{"present":true,"window":"{}"}}"#, "w".repeat(65));
    assert_eq!(stage.ask("PUT /presence", &[&bearer, json], &long).await.status, 422);
    let present = r#"{"present":true,"window":"w1"}"#;
    assert_eq!(stage.ask("PUT /presence", &[&bearer, json], present).await.status, 204);
}

#[tokio::test]
async fn t07_every_answer_is_marked() {
    let stage = Stage::start().await;
    let bearer = stage.bearer();
    for answer in [
        stage.ask("GET /health", &[], "").await,
        stage.ask("GET /status", &[&bearer], "").await,
        stage.ask("GET /status", &[], "").await,
        stage.ask("GET /nothing-here", &[], "").await,
        stage.ask("GET /", &[], "").await,
        stage.ask("GET /status", &["Origin: https://evil.com"], "").await,
        stage.ask("DELETE /status", &[&bearer], "").await,
    ] {
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'none'"), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        assert_eq!(answer.header("x-frame-options"), Some("deny"), "{answer:?}");
        assert_eq!(answer.header("set-cookie"), None, "{answer:?}");
    }
}

#[tokio::test]
async fn t08_only_this_machine_is_served() {
    let folder = tempfile::tempdir().expect("folder");
    for address in ["0.0.0.0:0", "192.168.1.1:0", "[::]:0"] {
        let mut config = config(folder.path());
        config.listen = Listen::Exactly(address.parse().expect("an address"));
        let refused = Bridge::start(config).await.expect_err("refused");
        assert_eq!(refused.code().as_str(), "invalid_request", "{address}");
    }
    let stage = Stage::start().await;
    assert!(stage.address.ip().is_loopback());
}

#[cfg(unix)]
#[tokio::test]
async fn t09_another_user_finds_neither_token_nor_store() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::start().await;
    let data = stage.folder.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["bridge.json", "bridge.token", "store.json", "replica.db", "replica.db-wal"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    let token = std::fs::read_to_string(data.join("bridge.token")).expect("token");
    assert_eq!(token, stage.bridge.token());
    assert!(token.len() >= 43, "256 bits");
    let first = token;
    let Stage { bridge, folder, .. } = stage;
    bridge.shutdown().await;
    assert!(!data.join("bridge.token").exists(), "it ends with the launch");
    let again = Bridge::start(config(folder.path())).await.expect("started again");
    assert_ne!(again.token(), first, "one for each launch");
    again.shutdown().await;
}

#[tokio::test]
async fn t10_the_bridge_proves_itself_first() {
    let stage = Stage::start().await;
    let nonce = "00112233445566778899aabbccddeeff";
    let json = "Content-Type: application/json";
    let answer = stage.ask("POST /challenge", &[json], &format!(r#"{{"nonce":"{nonce}"}}"#)).await;
    let proof = ownline_bridge::api::prove(stage.bridge.token(), nonce);
    assert!(answer.body.contains(&proof), "{answer:?}");
    for bad in ["", "00", "zz112233445566778899aabbccddeeff", &"0".repeat(200)] {
        let answer = stage.ask("POST /challenge", &[json], &format!(r#"{{"nonce":"{bad}"}}"#)).await;
        assert_eq!(answer.status, 422, "{bad:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn t11_planted_links_stop_the_start() {
    for planted in ["bridge.token", "bridge.json", "bridge.lock"] {
        let folder = tempfile::tempdir().expect("folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("data");
        let target = folder.path().join("target");
        std::fs::write(&target, "precious").expect("target");
        std::os::unix::fs::symlink(&target, data.join(planted)).expect("planted");
        Bridge::start(config(folder.path())).await.expect_err(planted);
        assert_eq!(std::fs::read_to_string(&target).expect("target"), "precious", "{planted}");
    }
    let folder = tempfile::tempdir().expect("folder");
    std::fs::create_dir(folder.path().join("elsewhere")).expect("elsewhere");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("data")).expect("planted");
    Bridge::start(config(folder.path())).await.expect_err("the folder itself is a link");
}

#[tokio::test]
async fn t12_a_flood_of_silent_connections_keeps_nobody_out() {
    let stage = Stage::start().await;
    let mut silent = Vec::new();
    for n in 0..1000 {
        let mut socket = TcpStream::connect(stage.address).await.expect("connected");
        if n % 2 == 0 {
            let _ = socket.write_all(b"GET / HTTP/1.1\r\nHost:").await;
        }
        silent.push(socket);
    }
    for _ in 0..20 {
        assert_eq!(stage.ask("GET /health", &[], "").await.status, 200);
    }
    let bearer = stage.bearer();
    let large = format!(r#"{{"url":"{}"}}"#, "x".repeat(1024 * 1024 + 1));
    let answer = stage.ask("POST /server/check", &[&bearer, "Content-Type: application/json"], &large).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn f08_a_second_bridge_on_the_same_folder_is_refused() {
    let stage = Stage::start().await;
    let refused = Bridge::start(config(stage.folder.path())).await.expect_err("refused");
    assert!(matches!(refused, ownline_bridge::StartError::AlreadyRunning(_)), "{refused}");
    assert_eq!(stage.ask("GET /health", &[], "").await.status, 200, "the first one works on");
}

#[tokio::test]
async fn f08_a_taken_port_is_said_or_gone_around() {
    let stage = Stage::start().await;
    let folder = tempfile::tempdir().expect("folder");
    let mut exact = config(folder.path());
    exact.listen = Listen::Exactly(stage.address);
    assert_eq!(Bridge::start(exact).await.expect_err("taken").code().as_str(), "port_in_use");
    let mut preferred = config(folder.path());
    preferred.listen = Listen::Preferably(stage.address.port());
    let other = Bridge::start(preferred).await.expect("on another port");
    assert_ne!(other.url(), stage.bridge.url());
    other.shutdown().await;
}

#[tokio::test]
async fn a_browser_link_opens_one_session() {
    let stage = Stage::start().await;
    let code = stage.bridge.browser_link();
    let code = code.split_once("#code=").expect("a code").1;
    let json = "Content-Type: application/json";
    let body = format!(r#"{{"code":"{code}"}}"#);
    let answer = stage.ask("POST /browser-session", &[json], &body).await;
    assert_eq!(answer.status, 201);
    let token = answer.body.split('"').nth(3).expect("a token");
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(stage.ask("GET /status", &[&bearer], "").await.status, 200);
    let again = stage.ask("POST /browser-session", &[json], &body).await;
    assert!(again.status == 410 && again.body.contains("link_used"), "{again:?}");
}
