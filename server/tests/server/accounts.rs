//! Signing in, enrolment, refresh tokens, administration.

use axum::http::{Method, StatusCode};
use ownline_model::{
    account::{Enrolment, Tokens},
    agent::{Agent, Role},
    problem::{Problem, ProblemCode},
};
use serde_json::{Value, json};

use crate::support::{Desk, PASSWORD, Person};

async fn refresh(desk: &Desk, token: &str) -> crate::support::Answer {
    desk.call(Method::POST, "/api/auth/refresh", None, Some(&json!({ "refresh_token": token }))).await
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let desk = Desk::empty().await;
    let token = desk.app.setup_token().expect("token");
    let setup = |token: &str| json!({"token": token, "name": "Adi", "email": "adi@example.org", "password": PASSWORD});
    let health: Value = desk.call(Method::GET, "/api/health", None, None::<&Value>).await.ok();
    assert_eq!(health["setup_needed"], true);
    let wrong = desk.call(Method::POST, "/api/setup", None, Some(&setup("guess"))).await;
    assert_eq!(wrong.code(), ProblemCode::SetupTokenWrong);
    let admin: Tokens = desk.call(Method::POST, "/api/setup", None, Some(&setup(&token))).await.ok();
    assert_eq!(admin.agent.role, Role::Admin);
    let again = desk.call(Method::POST, "/api/setup", None, Some(&setup(&token))).await;
    assert_eq!(again.code(), ProblemCode::SetupDone);
    let health: Value = desk.call(Method::GET, "/api/health", None, None::<&Value>).await.ok();
    assert_eq!(health["setup_needed"], false);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let (desk, _) = Desk::with_admin().await;
    let wrong = desk.sign_in("adi@example.org", "not the password").await;
    let unknown = desk.sign_in("nobody@example.org", "not the password").await;
    assert_eq!(wrong.code(), ProblemCode::WrongCredentials);
    assert_eq!(wrong.body, unknown.body);
    let tokens: Tokens = desk.sign_in(" ADI@example.org ", PASSWORD).await.ok();
    assert_eq!(tokens.agent.name, "Adi");
}

#[tokio::test]
async fn t34_the_eleventh_attempt_waits() {
    let (desk, _) = Desk::with_admin().await;
    for _ in 0..10 {
        assert_eq!(desk.sign_in("adi@example.org", "not the password").await.code(), ProblemCode::WrongCredentials);
    }
    let refused = desk.sign_in("adi@example.org", PASSWORD).await;
    assert_eq!(refused.code(), ProblemCode::RateLimited);
    let problem: Problem = refused.json();
    let wait = problem.retry_after.expect("says how long");
    assert_eq!(refused.headers["retry-after"], wait.to_string().as_str());
    desk.clock.advance(i64::from(wait) * 1000);
    assert_eq!(desk.sign_in("adi@example.org", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_enrolment_code_works_once_and_says_why_not() {
    let (desk, admin) = Desk::with_admin().await;
    let new = json!({"name": "Ana", "email": "ana@example.org", "role": "agent"});
    let enrol = async |code: &str, password: &str| {
        let body = json!({"code": code, "password": password});
        desk.call(Method::POST, "/api/auth/enrol", None, Some(&body)).await
    };
    let first: Enrolment = desk.post("/api/agents", &admin, &new).await.ok();
    assert!(!first.agent.enrolled);
    assert_eq!(desk.post("/api/agents", &admin, &new).await.code(), ProblemCode::EmailTaken);
    assert_eq!(enrol("AAAA-AAAA-AAAA", PASSWORD).await.code(), ProblemCode::EnrolmentCodeUnknown);
    assert_eq!(enrol(&first.code, "short").await.code(), ProblemCode::PasswordTooShort);
    let ana: Tokens = enrol(&first.code.to_lowercase(), PASSWORD).await.ok();
    assert!(ana.agent.enrolled);
    assert_eq!(enrol(&first.code, PASSWORD).await.code(), ProblemCode::EnrolmentCodeUsed);

    let path = format!("/api/agents/{}/enrolment", ana.agent.id);
    let second: Enrolment = desk.poke(&path, &admin).await.ok();
    let third: Enrolment = desk.poke(&path, &admin).await.ok();
    assert_eq!(enrol(&second.code, PASSWORD).await.code(), ProblemCode::EnrolmentCodeExpired, "a newer one exists");
    desk.clock.advance(8 * 24 * 60 * 60 * 1000);
    assert_eq!(enrol(&third.code, PASSWORD).await.code(), ProblemCode::EnrolmentCodeExpired);
}

#[tokio::test]
async fn two_people_cannot_use_one_code_at_the_same_moment() {
    let (desk, admin) = Desk::with_admin().await;
    let new = json!({"name": "Ana", "email": "ana@example.org", "role": "agent"});
    let enrolment: Enrolment = desk.post("/api/agents", &admin, &new).await.ok();
    let body = json!({"code": enrolment.code, "password": PASSWORD});
    let enrol = || desk.call(Method::POST, "/api/auth/enrol", None, Some(&body));
    let (a, b, c) = tokio::join!(enrol(), enrol(), enrol());
    let won = [&a, &b, &c].iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn t33_a_spent_refresh_token_ends_the_family_after_the_grace() {
    let (desk, admin) = Desk::with_admin().await;
    let first = admin.tokens.refresh_token.clone();
    let second: Tokens = refresh(&desk, &first).await.ok();
    assert_ne!(second.refresh_token, first);
    desk.clock.advance(29_000);
    let lost: Tokens = refresh(&desk, &first).await.ok();
    assert_eq!(lost.refresh_token, second.refresh_token, "a lost answer is given again");
    assert_eq!(lost.refresh_expires_at, second.refresh_expires_at);
    desk.clock.advance(2_000);
    assert_eq!(refresh(&desk, &first).await.code(), ProblemCode::SessionRevoked);
    assert_eq!(refresh(&desk, &second.refresh_token).await.code(), ProblemCode::SessionRevoked, "the family is dead");
    let dead = Person::new(second);
    assert_eq!(desk.get("/api/auth/profile", &dead).await.code(), ProblemCode::SessionRevoked);
    assert_eq!(desk.sign_in("adi@example.org", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn t33_the_grace_ends_when_the_successor_is_spent() {
    let (desk, admin) = Desk::with_admin().await;
    let first = admin.tokens.refresh_token.clone();
    let second: Tokens = refresh(&desk, &first).await.ok();
    let _third: Tokens = refresh(&desk, &second.refresh_token).await.ok();
    assert_eq!(refresh(&desk, &first).await.code(), ProblemCode::SessionRevoked);
}

#[tokio::test]
async fn refreshing_twice_at_once_gives_one_successor() {
    let (desk, admin) = Desk::with_admin().await;
    let token = admin.tokens.refresh_token.clone();
    let (a, b) = tokio::join!(refresh(&desk, &token), refresh(&desk, &token));
    assert_eq!(a.ok::<Tokens>().refresh_token, b.ok::<Tokens>().refresh_token);
}

#[tokio::test]
async fn sessions_survive_a_restart_and_their_ends_too() {
    let (desk, admin) = Desk::with_admin().await;
    let other: Tokens = desk.sign_in("adi@example.org", PASSWORD).await.ok();
    let logout = json!({ "refresh_token": other.refresh_token });
    let out = desk.call(Method::POST, "/api/auth/logout", None, Some(&logout)).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let Desk { app, folder, .. } = desk;
    app.close().await;
    drop(app);
    let desk = Desk::over(folder).await;
    assert_eq!(desk.get("/api/auth/profile", &admin).await.status, StatusCode::OK);
    assert_eq!(desk.get("/api/auth/profile", &Person::new(other)).await.code(), ProblemCode::SessionRevoked);
    assert!(refresh(&desk, &admin.tokens.refresh_token).await.status.is_success());
}

#[tokio::test]
async fn access_ends_with_its_time_and_with_the_sign_out() {
    let (desk, admin) = Desk::with_admin().await;
    desk.clock.advance(10 * 60 * 1000);
    assert_eq!(desk.get("/api/auth/profile", &admin).await.code(), ProblemCode::TokenExpired);
    let admin = Person::new(refresh(&desk, &admin.tokens.refresh_token).await.ok());
    assert_eq!(desk.get("/api/auth/profile", &admin).await.status, StatusCode::OK);
    let logout = json!({ "refresh_token": admin.tokens.refresh_token });
    for _ in 0..2 {
        let out = desk.call(Method::POST, "/api/auth/logout", None, Some(&logout)).await;
        assert_eq!(out.status, StatusCode::NO_CONTENT, "repeating it is harmless");
    }
    assert_eq!(desk.get("/api/auth/profile", &admin).await.code(), ProblemCode::SessionRevoked);
    assert_eq!(refresh(&desk, &admin.tokens.refresh_token).await.code(), ProblemCode::SessionRevoked);
}

#[tokio::test]
async fn an_account_that_is_switched_off_is_out_at_once() {
    let (desk, admin, [ana]) = Desk::team(["Ana"]).await;
    let path = format!("/api/agents/{}", ana.id());
    let off: Agent = desk.call(Method::PATCH, &path, Some(&admin), Some(&json!({"active": false}))).await.ok();
    assert!(!off.active);
    assert_eq!(desk.get("/api/auth/profile", &ana).await.code(), ProblemCode::SessionRevoked);
    assert_eq!(refresh(&desk, &ana.tokens.refresh_token).await.code(), ProblemCode::SessionRevoked);
    assert_eq!(desk.sign_in("ana@example.org", PASSWORD).await.code(), ProblemCode::AccountDisabled);
    assert_eq!(desk.sign_in("ana@example.org", "wrong password").await.code(), ProblemCode::WrongCredentials);
}

#[tokio::test]
async fn a_role_counts_from_the_moment_it_changes() {
    let (desk, admin, [ana]) = Desk::team(["Ana"]).await;
    let new = json!({"name": "Bob", "email": "bob@example.org", "role": "agent"});
    assert_eq!(desk.post("/api/agents", &ana, &new).await.code(), ProblemCode::Forbidden);
    let path = format!("/api/agents/{}", ana.id());
    assert_eq!(
        desk.call(Method::PATCH, &path, Some(&ana), Some(&json!({"role": "admin"}))).await.code(),
        ProblemCode::Forbidden
    );
    let _: Agent = desk.call(Method::PATCH, &path, Some(&admin), Some(&json!({"role": "admin"}))).await.ok();
    assert_eq!(desk.post("/api/agents", &ana, &new).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let (desk, admin) = Desk::with_admin().await;
    let path = format!("/api/agents/{}", admin.id());
    for patch in [json!({"active": false}), json!({"role": "agent"})] {
        let answer = desk.call(Method::PATCH, &path, Some(&admin), Some(&patch)).await;
        assert_eq!(answer.code(), ProblemCode::Forbidden);
    }
    assert_eq!(desk.get("/api/auth/profile", &admin).await.ok::<Agent>().role, Role::Admin);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let (desk, admin) = Desk::with_admin().await;
    let other = Person::new(desk.sign_in("adi@example.org", PASSWORD).await.ok());
    let put = async |body: Value| desk.call(Method::PUT, "/api/auth/profile", Some(&admin), Some(&body)).await;
    let next = "another long password";
    assert_eq!(put(json!({"new_password": next})).await.code(), ProblemCode::WrongCredentials);
    assert_eq!(
        put(json!({"new_password": "short", "current_password": PASSWORD})).await.code(),
        ProblemCode::PasswordTooShort
    );
    let agent: Agent = put(json!({"new_password": next, "current_password": PASSWORD, "name": "Adi B"})).await.ok();
    assert_eq!(agent.name, "Adi B");
    assert_eq!(desk.get("/api/auth/profile", &admin).await.status, StatusCode::OK);
    assert_eq!(desk.get("/api/auth/profile", &other).await.code(), ProblemCode::SessionRevoked);
    assert_eq!(desk.sign_in("adi@example.org", next).await.status, StatusCode::OK);
}
