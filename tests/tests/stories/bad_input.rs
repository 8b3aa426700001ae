//! Everything that people and programs get wrong has a clear answer with a stable code.

use std::time::Duration;

use anyhow::Result;
use ownline_model::{
    account::{Enrol, Enrolment, Login, NewAgent, Tokens},
    agent::Role,
    bridge::{CheckServer, Link, NumberUse, SignIn},
    conversation::{ConversationItem, StartConversation},
    health::ServerHealth,
    ids::MessageId,
    message::NewMessage,
    problem::ProblemCode,
    session::{SessionState, SessionStateName},
};
use ownline_tests::{
    AgentApp, Stage,
    desk::{PASSWORD, email_of},
    http::{Api, refusal, refused_with},
    program::run,
    until,
    wait::until_within,
};
use serde_json::Value;

#[tokio::test]
async fn signing_in_with_a_wrong_password_or_address() -> Result<()> {
    let stage = Stage::set().await?;
    stage.desk.agent("Ana").await?;
    let ana = AgentApp::start(&stage.folder(), "Ana", &stage.network).await?;
    let sign_in = |url: &str, password: &str| SignIn {
        url: url.to_owned(),
        email: email_of("Ana"),
        password: password.to_owned(),
    };

    let wrong = ana.api.post::<Value>("/server/sign-in", &sign_in(&stage.desk.url, "not the password")).await;
    assert_eq!(refusal(wrong)?, ProblemCode::WrongCredentials);

    // The simulator's control port is a web server, but not ours.
    let other = CheckServer { url: stage.network.api.base.clone() };
    assert_eq!(refusal(ana.api.post::<Value>("/server/check", &other).await)?, ProblemCode::NotAnOwnlineServer);
    let signing_in = ana.api.post::<Value>("/server/sign-in", &sign_in(&stage.network.api.base, PASSWORD)).await;
    assert_eq!(refusal(signing_in)?, ProblemCode::NotAnOwnlineServer);

    let plain = CheckServer { url: "http://desk.example".to_owned() };
    assert_eq!(refusal(ana.api.post::<Value>("/server/check", &plain).await)?, ProblemCode::InsecureServerAddress);
    let nobody = CheckServer { url: "http://127.0.0.1:9".to_owned() };
    assert_eq!(refusal(ana.api.post::<Value>("/server/check", &nobody).await)?, ProblemCode::ServerUnreachable);
    Ok(())
}

#[tokio::test]
async fn an_enrolment_code_works_once() -> Result<()> {
    let stage = Stage::set().await?;
    let admin = stage.desk.admin("Root").await?;
    let new = NewAgent { name: "Ana".into(), email: email_of("Ana"), role: Role::Agent };
    let enrolment: Enrolment = admin.api.post("/api/agents", &new).await?;
    assert_eq!(refusal(admin.api.post::<Enrolment>("/api/agents", &new).await)?, ProblemCode::EmailTaken);

    let api = Api::new(stage.desk.url.clone(), None);
    let health: ServerHealth = api.get("/api/health").await?;
    assert!(!health.setup_needed, "an admin made on the command line is an admin");
    let enrol = |password: &str| Enrol { code: enrolment.code.clone(), password: password.to_owned() };
    assert_eq!(refusal(api.post::<Tokens>("/api/auth/enrol", &enrol("short")).await)?, ProblemCode::PasswordTooShort);
    let tokens: Tokens = api.post("/api/auth/enrol", &enrol(PASSWORD)).await?;
    assert_eq!(tokens.agent.name, "Ana");
    assert_eq!(refusal(api.post::<Tokens>("/api/auth/enrol", &enrol(PASSWORD)).await)?, ProblemCode::EnrolmentCodeUsed);
    let unknown = Enrol { code: "AAAA-BBBB-CCCC".into(), password: PASSWORD.into() };
    assert_eq!(refusal(api.post::<Tokens>("/api/auth/enrol", &unknown).await)?, ProblemCode::EnrolmentCodeUnknown);
    let login = Login { email: email_of("Ana"), password: PASSWORD.into() };
    api.post::<Tokens>("/api/auth/login", &login).await?;
    Ok(())
}

#[tokio::test]
async fn texts_that_cannot_be_sent() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887751").await?;
    let joana = stage.network.customer("5511912345651", "Joana").await?;
    joana.writes(&phone, "Hello").await?;
    let chat = ana.conversation_with(&joana.number).await?;
    let id = chat.conversation.id;
    ana.takes(&chat.ticket.expect("a ticket")).await?;
    let text = |text: String| NewMessage::text(MessageId::fresh(), text);

    assert_eq!(refusal(ana.posts(id, &text(" \n ".into())).await)?, ProblemCode::TextEmpty);
    assert_eq!(refusal(ana.posts(id, &text("x".repeat(70 * 1024))).await)?, ProblemCode::TextTooLong);

    let once = text("once".into());
    let first = ana.posts(id, &once).await?;
    let second = ana.posts(id, &once).await?;
    assert_eq!((first.id, first.wa_id), (second.id, second.wa_id), "posting again changes nothing");
    let longest = "y".repeat(65_536);
    ana.posts(id, &text(longest.clone())).await?;
    joana.has_received(&phone, &["once", &longest]).await?;
    Ok(())
}

#[tokio::test]
async fn a_number_that_is_not_on_whatsapp() -> Result<()> {
    let stage = Stage::set().await?;
    let (ana, phone) = stage.linked_agent("Ana", "5511988887752").await?;
    let joana = stage.network.customer("5511912345652", "Joana").await?;
    let open = async |number: &str| {
        let body = StartConversation { phone: number.to_owned(), country: Some("BR".to_owned()) };
        ana.api.post::<ConversationItem>("/api/conversations", &body).await
    };

    assert_eq!(refusal(open("+55 11 90000-0000").await)?, ProblemCode::NotOnWhatsapp);
    assert_eq!(refusal(open("not a number").await)?, ProblemCode::InvalidPhoneNumber);

    let chat = open("(11) 91234-5652").await?;
    let first = ana.answers(chat.conversation.id, "Good morning, Joana").await?;
    // A number that was linked a moment ago writes to nobody who has not written; Joana does.
    ana.sees_hold(&first, "warm_up").await?;
    joana.writes(&phone, "Is anybody there?").await?;
    joana.has_received(&phone, &["Good morning, Joana"]).await?;
    Ok(())
}

#[tokio::test]
async fn codes_that_no_longer_hold_and_numbers_that_are_taken() -> Result<()> {
    let stage = Stage::set().await?;
    let phone = stage.network.phone("5511988887753", "Ana").await?;
    let ana = stage.agent("Ana").await?;
    let bruno = stage.agent("Bruno").await?;
    let link = Link { number_use: NumberUse::Work, consent: false, lends: true, phone: None, country: None };
    assert_eq!(refusal(ana.api.post::<Value>("/link", &link).await)?, ProblemCode::ConsentRequired);

    let code = ana.asks_for_code(NumberUse::Work).await?;
    phone.scan(&code).await?;
    ana.is_online().await?;
    ana.is_in_sync().await?;
    assert!(phone.scan(&code).await.is_err(), "a code that was scanned is spent");
    assert!(phone.scan("nonsense").await.is_err());
    let again = Link { consent: true, ..link };
    assert_eq!(refusal(ana.api.post::<Value>("/link", &again).await)?, ProblemCode::AlreadyLinked);

    // Bruno scans with Ana's phone: WhatsApp allows it, the desk does not, and Bruno is told.
    let code = bruno.asks_for_code(NumberUse::Work).await?;
    phone.scan(&code).await?;
    until(
        "Bruno to be told",
        async || bruno.status().await,
        |status| status.notices.iter().any(|notice| notice.code == ProblemCode::NumberAlreadyLinked),
    )
    .await?;
    ana.is_online().await?;
    Ok(())
}

/// WhatsApp's own times: the first code holds for a minute, five more for twenty seconds each.
#[tokio::test]
async fn a_code_that_nobody_scans_expires() -> Result<()> {
    let stage = Stage::set().await?;
    let phone = stage.network.phone("5511988887755", "Ana").await?;
    let ana = stage.agent("Ana").await?;
    let first = ana.asks_for_code(NumberUse::Work).await?;

    let second = until_within(
        Duration::from_secs(90),
        "a second code",
        async || ana.code_on_offer().await,
        |code| *code != first,
    )
    .await?;
    assert_eq!(refused_with(phone.scan(&first).await)?, (410, "expired_qr".to_owned()));
    assert_ne!(first, second);

    let ended = until_within(
        Duration::from_secs(150),
        "the last code to expire",
        async || ana.status().await,
        |status| status.session.name() == SessionStateName::Unlinked,
    )
    .await?
    .session;
    assert_eq!(ended, SessionState::Unlinked { problem: Some("qr_expired".to_owned()) });
    assert_eq!(refusal(ana.api.get::<Value>("/qr").await)?, ProblemCode::QrExpired);

    ana.links(&phone).await?;
    Ok(())
}

#[tokio::test]
async fn a_port_in_use_and_a_damaged_store() -> Result<()> {
    let stage = Stage::set().await?;
    let (mut ana, phone) = stage.linked_agent("Ana", "5511988887754").await?;
    let joana = stage.network.customer("5511912345654", "Joana").await?;
    joana.writes(&phone, "Before the damage").await?;
    let chat = ana.conversation_with(&joana.number).await?;
    ana.is_in_sync().await?;

    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let key = stage.folder().join("other.key").display().to_string();
    let other = stage.folder().join("other").display().to_string();
    let ended = run("ownline-bridge", &["--listen", &address, "--data", &other, "--key-file", &key], "").await?;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("port_in_use"), "{}", ended.stderr);
    let ended = run("ownline-server", &["--listen", &address, "--data", &other], "").await?;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("port_in_use"), "{}", ended.stderr);

    ana.program.stop().await?;
    let store = ana.data.join("replica.db");
    let mut bytes = std::fs::read(&store)?;
    for byte in bytes.iter_mut().skip(100).step_by(37) {
        *byte ^= 0x55;
    }
    std::fs::write(&store, &bytes)?;
    ana.start_again().await?;

    let aside = std::fs::read_dir(&ana.data)?
        .filter_map(Result::ok)
        .any(|entry| entry.file_name().to_string_lossy().starts_with("replica.db.damaged-"));
    assert!(aside, "the damaged file is kept beside the new one");
    ana.signs_in(&stage.desk).await?;
    ana.sees_texts(chat.conversation.id, &["Before the damage"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_machine_without_a_keyring_is_asked_not_guessed() -> Result<()> {
    let folder = tempfile_folder()?;
    let data = folder.path().join("data").display().to_string();
    let ended = run("ownline-bridge", &["--listen", "127.0.0.1:0", "--data", &data], "").await?;
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("--key-file"), "names the choices: {}", ended.stderr);
    Ok(())
}

fn tempfile_folder() -> Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("ownline-story-").tempdir()?)
}
