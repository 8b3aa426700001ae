//! What attackers try.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ownline_model::{
    ids::{ContactId, ConversationId, MessageId, TicketId},
    problem::ProblemCode,
};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{Desk, PASSWORD};

fn segment(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(key: &[u8], header: &str, claims: &Value) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), segment(claims));
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("any length").chain_update(&text).finalize();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.into_bytes()))
}

/// The key that access tokens are signed with, made from the server's file as the server does.
fn access_key(desk: &Desk) -> Vec<u8> {
    let secret = std::fs::read_to_string(desk.folder.0.join("server.key")).expect("key");
    let secret = hex::decode(secret.trim()).expect("hex");
    let mac = Hmac::<Sha256>::new_from_slice(&secret).expect("any length");
    mac.chain_update("access token").finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn t32_forty_bad_tokens_open_nothing() {
    let (desk, admin) = Desk::with_admin().await;
    let good = admin.tokens.access_token.clone();
    let parts: Vec<&str> = good.split('.').collect();
    let text = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("text");
    let (head, claims) = (text(parts[0]), serde_json::from_str::<Value>(&text(parts[1])).expect("json"));
    let key = access_key(&desk);
    let with = |base: &Value, name: &str, value: Value| {
        let mut changed = base.clone();
        changed[name] = value;
        changed
    };
    let without = |base: &Value, name: &str| {
        let mut changed = base.clone();
        changed.as_object_mut().expect("object").remove(name);
        changed
    };
    // The forger has the right key, so that only what is changed below is at fault.
    let mut forger = admin.clone();
    forger.tokens.access_token = signed(&key, &head, &claims);
    assert_eq!(desk.get("/api/auth/profile", &forger).await.status, StatusCode::OK);

    let mut bad: Vec<String> = Vec::new();
    // Algorithms, also with the right key.
    for alg in ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256", ""] {
        let head = head.replace("HS256", alg);
        bad.push(signed(&key, &head, &claims));
        bad.push(format!("{}.{}.", URL_SAFE_NO_PAD.encode(head), parts[1]));
    }
    // Headers that point elsewhere.
    for (name, value) in [
        ("kid", json!("../../dev/null")),
        ("kid", json!("1' UNION SELECT 'x")),
        ("jku", json!("https://evil.example/keys")),
        ("jwk", json!({"kty": "oct", "k": "AA"})),
        ("x5u", json!("https://evil.example/cert")),
        ("crit", json!(["exp"])),
    ] {
        bad.push(signed(&key, &head.replace('}', &format!(",\"{name}\":{value}}}")), &claims));
    }
    bad.push(signed(&key, &head.replace("at+jwt", "JWT"), &claims));
    // Claims that are another's, or none.
    for (name, value) in [
        ("aud", json!("other")),
        ("iss", json!("other")),
        ("sub", json!("admin")),
        ("sub", json!(uuid::Uuid::nil())),
        ("ten", json!(uuid::Uuid::now_v7())),
        ("exp", json!(1)),
        ("exp", json!("never")),
        ("role", json!("admin")),
    ] {
        bad.push(signed(&key, &head, &with(&claims, name, value)));
    }
    for name in ["aud", "iss", "sub", "ten", "sid", "exp"] {
        bad.push(signed(&key, &head, &without(&claims, name)));
    }
    // Signatures.
    bad.push(signed(b"", &head, &claims));
    bad.push(signed(b"secret", &head, &claims));
    bad.push(signed(&[0; 32], &head, &claims));
    bad.push(format!("{}.{}.", parts[0], parts[1]));
    bad.push(format!("{}.{}", parts[0], parts[1]));
    bad.push(format!("{good}x"));
    bad.push(format!("{good}."));
    bad.push(format!("{}.{}.{}", parts[0], segment(&with(&claims, "exp", json!(i64::MAX))), parts[2]));
    // Not tokens at all.
    bad.push(admin.tokens.refresh_token.clone());
    bad.extend(["", ".", "..", "a.b.c", "null", "Bearer"].map(str::to_owned));
    assert!(bad.len() >= 40, "{}", bad.len());
    for token in &bad {
        let mut thief = admin.clone();
        thief.tokens.access_token.clone_from(token);
        let answer = desk.get("/api/auth/profile", &thief).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
    }
    assert_eq!(desk.get("/api/auth/profile", &admin).await.status, StatusCode::OK);
}

#[tokio::test]
async fn t05_a_token_in_the_address_opens_nothing() {
    let (desk, admin) = Desk::with_admin().await;
    let path = format!("/api/auth/profile?token={}", admin.tokens.access_token);
    let answer = desk.call(Method::GET, &path, None, None::<&Value>).await;
    assert_eq!(answer.code(), ProblemCode::Unauthenticated);
}

#[tokio::test]
async fn t30_unknown_fields_are_refused_everywhere() {
    let (desk, admin) = Desk::with_admin().await;
    let put = desk.call(Method::PUT, "/api/auth/profile", Some(&admin), Some(&json!({"role": "admin"}))).await;
    assert_eq!((put.status.as_u16(), put.code()), (422, ProblemCode::InvalidRequest));
    let id = TicketId::fresh();
    for (method, path, body) in [
        (Method::POST, "/api/auth/login".to_owned(), json!({"email": "a@b.c", "password": "x", "admin": true})),
        (Method::POST, "/api/auth/refresh".to_owned(), json!({"refresh_token": "x", "tenant": "y"})),
        (Method::POST, "/api/agents".to_owned(), json!({"name": "A", "email": "a@b.c", "role": "agent", "id": id})),
        (Method::PATCH, format!("/api/agents/{id}"), json!({"version": 9})),
        (Method::PATCH, format!("/api/contacts/{id}"), json!({"phone": "+5511987654321"})),
        (Method::POST, format!("/api/tickets/{id}/assign"), json!({"assignee_id": id})),
        (Method::POST, format!("/api/tickets/{id}/reply"), json!({"id": id, "text": "x", "author_id": id})),
        (Method::PUT, format!("/api/conversations/{id}/read"), json!({"position": 1, "unread": 0})),
    ] {
        let answer = desk.call(method, &path, Some(&admin), Some(&body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    assert_eq!(desk.get("/api/tickets?assigne=x", &admin).await.code(), ProblemCode::InvalidRequest);
}

#[tokio::test]
async fn t26_what_is_not_there_is_not_found() {
    let (desk, admin) = Desk::with_admin().await;
    let (conversation, contact, ticket, message) =
        (ConversationId::fresh(), ContactId::fresh(), TicketId::fresh(), MessageId::fresh());
    for path in [
        format!("/api/conversations/{conversation}"),
        format!("/api/conversations/{conversation}/messages"),
        format!("/api/contacts/{contact}"),
        format!("/api/tickets/{ticket}"),
        "/api/tickets/not-an-id".to_owned(),
        "/api/nothing".to_owned(),
    ] {
        assert_eq!(desk.get(&path, &admin).await.code(), ProblemCode::NotFound, "{path}");
    }
    for path in [format!("/api/tickets/{ticket}/close"), format!("/api/messages/{message}/retry")] {
        assert_eq!(desk.poke(&path, &admin).await.code(), ProblemCode::NotFound, "{path}");
    }
    let delete = desk.call(Method::DELETE, "/api/agents", Some(&admin), None::<&Value>).await;
    assert_eq!(delete.code(), ProblemCode::MethodNotAllowed);
}

#[tokio::test]
async fn every_route_but_the_open_ones_asks_who_it_is() {
    let (desk, _) = Desk::with_admin().await;
    let document: Value = desk.call(Method::GET, "/api/openapi.json", None, None::<&Value>).await.ok();
    let open = ["health", "setup", "login", "refresh", "logout", "enrol", "realtime"];
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let id = operation["operationId"].as_str().expect("id");
            let secured = operation["security"][0].get("bearer").is_some();
            assert_eq!(secured, !open.contains(&id), "{id}");
            if secured {
                let path = path.replace("{id}", &TicketId::fresh().to_string());
                let method: Method = method.to_uppercase().parse().expect("method");
                let answer = desk.call(method, &path, None, Some(&json!({}))).await;
                assert_eq!(answer.code(), ProblemCode::Unauthenticated, "{path}");
                asked += 1;
            }
        }
    }
    assert!(asked > 20, "{asked}");
}

#[tokio::test]
async fn t02_only_json_is_taken() {
    let (desk, _) = Desk::with_admin().await;
    let body = json!({"email": "adi@example.org", "password": PASSWORD}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = Request::post("/api/auth/login").header(header::CONTENT_TYPE, kind);
        let answer = desk.send(request.body(Body::from(body.clone())).expect("request")).await;
        assert_eq!(answer.code(), ProblemCode::UnsupportedMediaType, "{kind}");
    }
}

#[tokio::test]
async fn t07_every_answer_bears_the_headers() {
    let (desk, admin) = Desk::with_admin().await;
    for path in ["/api/health", "/api/auth/profile", "/api/nothing", "/", "/api/openapi.json"] {
        let answer = desk.get(path, &admin).await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{path}");
        let policy = answer.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}

#[tokio::test]
async fn bodies_have_limits() {
    let (desk, admin) = Desk::with_admin().await;
    let big = |bytes: usize| json!({"email": "x".repeat(bytes), "password": "x"});
    assert_eq!(desk.post("/api/auth/login", &admin, &big(1024 * 1024)).await.code(), ProblemCode::BodyTooLarge);
    let push = |bytes: usize| json!({"protocol": 1, "device_id": "x".repeat(bytes), "changes": []});
    let fits = desk.post("/api/sync/push", &admin, &push(2 * 1024 * 1024)).await;
    assert_eq!(fits.code(), ProblemCode::InvalidRequest, "read, and found wanting");
    assert_eq!(desk.post("/api/sync/push", &admin, &push(8 * 1024 * 1024)).await.code(), ProblemCode::BodyTooLarge);
}

#[tokio::test]
async fn nothing_in_the_data_folder_is_readable_as_a_secret() {
    let (desk, admin) = Desk::with_admin().await;
    desk.app.close().await;
    for entry in std::fs::read_dir(&desk.folder.0).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            assert_eq!(std::fs::read_dir(path).expect("folder").count(), 0, "no files of messages yet");
            continue;
        }
        let bytes = std::fs::read(path).expect("file");
        for secret in [PASSWORD, &admin.tokens.refresh_token, &admin.tokens.access_token] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
