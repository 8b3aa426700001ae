//! A server with people, and what tests say to it.

use std::path::PathBuf;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use ownline_model::{
    account::{Enrolment, Login, NewAgent, Setup, Tokens},
    agent::Role,
    contact::{ContactIdentity, ContactKind},
    conversation::Scope,
    details::MessageDetails,
    ids::{ChangeId, ChannelId, ContactId, ConversationId, DeviceId, MessageId},
    message::{Direction, Message, MessageKind, MessageStatus, Origin},
    problem::{Problem, ProblemCode},
    session::SessionStateName,
    sync::{Change, ChangeResult, Op, Outcome, PullAnswer, Push, PushAnswer},
    time::UtcMillis,
};
use ownline_server::{
    app::App,
    clock::Clock,
    config::{Config, File},
    router,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A folder that is removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn fresh() -> Self {
        let path = std::env::temp_dir().join(format!("ownline-server-test-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An answer, whatever it is.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn ok<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The refusal, whose status must be the code's own.
    pub(crate) fn code(&self) -> ProblemCode {
        let problem: Problem = self.json();
        assert_eq!(self.status.as_u16(), problem.code.status());
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        problem.code
    }
}

pub(crate) struct Desk {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) router: Router,
    pub(crate) folder: Folder,
}

impl Desk {
    /// A server without anybody.
    pub(crate) async fn empty() -> Self {
        Self::over(Folder::fresh()).await
    }

    pub(crate) async fn over(folder: Folder) -> Self {
        let clock = Clock::default();
        let app = App::open(&config(&folder), clock.clone()).await.expect("opens");
        let router = router::service(app.clone());
        Self { app, clock, router, folder }
    }

    /// A server with an admin, who is given back too.
    pub(crate) async fn with_admin() -> (Self, Person) {
        let desk = Self::empty().await;
        let setup = Setup {
            token: desk.app.setup_token().expect("a fresh server has a token"),
            name: "Adi".into(),
            email: "adi@example.org".into(),
            password: PASSWORD.into(),
        };
        let answer = desk.call(Method::POST, "/api/setup", None, Some(&setup)).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        let admin = Person::new(answer.ok());
        (desk, admin)
    }

    /// A team: an admin, and agents by these names.
    pub(crate) async fn team<const N: usize>(names: [&str; N]) -> (Self, Person, [Person; N]) {
        let (desk, admin) = Self::with_admin().await;
        let mut people = Vec::new();
        for name in names {
            people.push(desk.enrol(&admin, name, Role::Agent).await);
        }
        (desk, admin, people.try_into().unwrap_or_else(|_| unreachable!("as many as named")))
    }

    pub(crate) async fn enrol(&self, admin: &Person, name: &str, role: Role) -> Person {
        let new = NewAgent { name: name.into(), email: format!("{}@example.org", name.to_lowercase()), role };
        let enrolment: Enrolment = self.call(Method::POST, "/api/agents", Some(admin), Some(&new)).await.ok();
        let enrol = json!({ "code": enrolment.code, "password": PASSWORD });
        Person::new(self.call(Method::POST, "/api/auth/enrol", None, Some(&enrol)).await.ok())
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let login = Login { email: email.into(), password: password.into() };
        self.call(Method::POST, "/api/auth/login", None, Some(&login)).await
    }

    pub(crate) async fn call<B: Serialize + Sync>(
        &self,
        method: Method,
        path: &str,
        who: Option<&Person>,
        body: Option<&B>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(who) = who {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", who.tokens.access_token));
        }
        let body = match body {
            None => Body::empty(),
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(serde_json::to_vec(body).expect("json"))
            }
        };
        self.send(request.body(body).expect("request")).await
    }

    /// Raw bytes in the body.
    pub(crate) async fn raw(&self, method: Method, path: &str, who: &Person, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", who.tokens.access_token))
            .header(header::CONTENT_TYPE, "application/octet-stream");
        self.send(request.body(body.into()).expect("request")).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("body").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, who: &Person) -> Answer {
        self.call(Method::GET, path, Some(who), None::<&Value>).await
    }

    pub(crate) async fn post(&self, path: &str, who: &Person, body: &(impl Serialize + Sync)) -> Answer {
        self.call(Method::POST, path, Some(who), Some(body)).await
    }

    /// A POST without a body, where none is wanted.
    pub(crate) async fn poke(&self, path: &str, who: &Person) -> Answer {
        self.call(Method::POST, path, Some(who), None::<&Value>).await
    }

    pub(crate) async fn push_changes(&self, who: &Person, changes: Vec<Change>) -> Vec<ChangeResult> {
        let push = Push { protocol: 1, device_id: DeviceId::fresh(), changes };
        let answer: PushAnswer = self.post("/api/sync/push", who, &push).await.ok();
        answer.results
    }

    pub(crate) async fn push(&self, who: &Person, op: Op) -> ChangeResult {
        let change = Change { id: ChangeId::fresh(), op };
        self.push_changes(who, vec![change]).await.remove(0)
    }

    /// Everything there is to pull after a cursor, and the cursor after it.
    pub(crate) async fn pull(&self, who: &Person, cursor: Option<String>, limit: usize) -> PullAnswer {
        let mut all = Vec::new();
        let mut cursor = cursor;
        loop {
            let after = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let answer: PullAnswer = self.get(&format!("/api/sync/pull?limit={limit}{after}"), who).await.ok();
            assert!(answer.entries.len() <= limit);
            all.extend(answer.entries);
            if !answer.more {
                return PullAnswer {
                    entries: all,
                    cursor: answer.cursor,
                    more: false,
                    server_time: answer.server_time,
                };
            }
            cursor = Some(answer.cursor);
        }
    }

    /// Links a number to a person.
    pub(crate) async fn link(&self, who: &Person, number: &str, lends: bool) -> ChannelId {
        let result = self.push(who, report(ChannelId::fresh(), number, lends)).await;
        assert_eq!(result.outcome, Outcome::Applied, "{result:?}");
        result.truth.channel.expect("channel").id
    }
}

pub(crate) fn report(channel_id: ChannelId, number: &str, lends: bool) -> Op {
    Op::ChannelReported {
        channel_id,
        number: number.parse().expect("number"),
        name: "Line".into(),
        session: SessionStateName::Online,
        lends,
    }
}

pub(crate) fn config(folder: &Folder) -> Config {
    File { data: Some(folder.0.clone()), listen: Some(([127, 0, 0, 1], 0).into()), ..File::default() }.settle()
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) tokens: Tokens,
}

impl Person {
    pub(crate) fn new(tokens: Tokens) -> Self {
        Self { tokens }
    }

    pub(crate) fn id(&self) -> ownline_model::ids::AgentId {
        self.tokens.agent.id
    }
}

/// A customer, as a bridge knows them.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) identity: ContactIdentity,
    pub(crate) conversation: ConversationId,
    said: std::cell::Cell<i64>,
}

impl Customer {
    pub(crate) fn of_number(number: &str) -> Self {
        let phone = Some(number.parse().expect("number"));
        let identity = ContactIdentity {
            id: ContactId::fresh(),
            phone,
            lid: None,
            push_name: Some("Carla".into()),
            verified_name: None,
            username: None,
            kind: ContactKind::Person,
        };
        Self { identity, conversation: ConversationId::fresh(), said: std::cell::Cell::new(0) }
    }

    /// The next message on a number.
    pub(crate) fn says(&self, channel: ChannelId, text: &str) -> Op {
        self.said.set(self.said.get() + 1);
        let wa_id = format!("WA{}-{}", self.conversation, self.said.get());
        Op::MessageReceived {
            contact: self.identity.clone(),
            scope: Scope::Shared,
            message: self.message(channel, Direction::Inbound, &wa_id, text),
        }
    }

    pub(crate) fn message(&self, channel: ChannelId, direction: Direction, wa_id: &str, text: &str) -> Message {
        Message {
            id: MessageId::fresh(),
            conversation_id: self.conversation,
            channel_id: channel,
            ticket_id: None,
            wa_id: wa_id.into(),
            direction,
            origin: if direction == Direction::Inbound { Origin::Customer } else { Origin::Desk },
            author_id: None,
            kind: MessageKind::Text,
            text: Some(text.into()),
            status: if direction == Direction::Inbound { MessageStatus::Delivered } else { MessageStatus::Queued },
            failure: None,
            position: 0,
            at: UtcMillis(1_700_000_000_000),
            expires_at: None,
            details: MessageDetails::default(),
        }
    }
}

/// The refusal of a pushed change.
pub(crate) fn rejected(result: &ChangeResult) -> ProblemCode {
    match &result.outcome {
        Outcome::Rejected { code, .. } => *code,
        other => panic!("not rejected: {other:?}"),
    }
}
