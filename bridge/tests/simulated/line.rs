//! An agent's line under test: the real store and the real session, on a simulated network.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ownline_bridge::{
    config::{Endpoint, KeySource},
    keys,
    session_port::{SessionPort, session_port},
    store::{LinkSettings, Store},
    whatsapp,
};
use ownline_model::{
    account::Tokens,
    agent::{Agent, Role},
    bridge::NumberUse,
    conversation::ConversationItem,
    desk_query::{ConversationQuery, MessageQuery},
    ids::{AgentId, MessageId},
    message::{Message, MessageStatus, NewMessage},
    session::{SessionState, SessionStateName},
    time::UtcMillis,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::network::Network;

pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Line {
    pub(crate) store: Store,
    pub(crate) port: SessionPort,
    pub(crate) folder: PathBuf,
    ws: String,
    cancel: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Line {
    /// A fresh machine.
    pub(crate) async fn start(folder: &Path, network: &Network) -> Self {
        Self::launch(folder.join("line"), network.ws.clone()).await
    }

    async fn launch(folder: PathBuf, ws: String) -> Self {
        std::fs::create_dir_all(&folder).expect("folder");
        let key = keys::obtain(&folder, &KeySource::File(folder.with_extension("key"))).expect("key");
        let store = Store::open(&folder, &key).expect("store");
        if store.signed_in().await.expect("store").is_none() {
            store.sign_in("http://127.0.0.1:9".into(), tokens()).await.expect("signed in");
        }
        let settings = LinkSettings { number_use: NumberUse::Work, lends: true, consent_at: UtcMillis(1) };
        store.set_link_settings(settings).await.expect("settings");
        // As long as a test may take, the agent sits before the screen.
        store.set_present_until(Some(tokio::time::Instant::now() + Duration::from_hours(1)));
        let (port, commands) = session_port();
        let cancel = CancellationToken::new();
        let endpoint = Endpoint { simulated: Some(ws.clone()) };
        let task = tokio::spawn(whatsapp::run(store.clone(), commands, endpoint, cancel.clone()));
        Self { store, port, folder, ws, cancel, task: Some(task) }
    }

    /// Ends the session as the end of the program does.
    pub(crate) async fn stop(&mut self) {
        self.cancel.cancel();
        if let Some(task) = self.task.take() {
            let ended = tokio::time::timeout(WITHIN, task).await;
            ended.expect("the session ends").expect("without a panic");
        }
        self.store.close().await;
    }

    /// Ends the program and starts it again.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop().await;
        let (folder, ws) = (self.folder.clone(), self.ws.clone());
        drop(self);
        Self::launch(folder, ws).await
    }

    /// Links by letting the phone scan the code on the screen.
    pub(crate) async fn link(&self, network: &Network, number: &str) {
        self.port.link().await.expect("link");
        let code = self.code().await;
        network.post(&format!("/phones/{number}/scan"), serde_json::json!({ "qr": code })).await;
        self.reach(SessionStateName::Online).await;
    }

    /// The code on offer.
    pub(crate) async fn code(&self) -> String {
        let mut offered = self.store.qr();
        let wait = offered.wait_for(Option::is_some);
        let code = tokio::time::timeout(WITHIN, wait).await.expect("a code in time").expect("store");
        code.as_ref().expect("code").code.clone()
    }

    pub(crate) async fn reach(&self, name: SessionStateName) -> SessionState {
        let mut session = self.store.session();
        let reached = tokio::time::timeout(WITHIN, session.wait_for(|state| state.name() == name)).await;
        match reached {
            Ok(state) => state.expect("store").clone(),
            Err(late) => panic!("{name:?} was not reached ({late}): {:?}", self.store.session().borrow()),
        }
    }

    pub(crate) fn state(&self) -> SessionState {
        self.store.session().borrow().clone()
    }

    /// The conversation with a customer, once it is there.
    pub(crate) async fn chat(&self, customer: &str) -> ConversationItem {
        eventually("the conversation", async || {
            let page = self.store.conversations(ConversationQuery::default()).await.expect("conversations");
            page.items
                .into_iter()
                .find(|item| item.contact.phone.as_ref().is_some_and(|phone| phone.digits() == customer))
        })
        .await
    }

    /// All messages of the chat, oldest first.
    pub(crate) async fn messages(&self, customer: &str) -> Vec<Message> {
        let chat = self.chat(customer).await;
        let query = MessageQuery { cursor: None, limit: Some(200) };
        self.store.messages(chat.conversation.id, query).await.expect("messages").expect("chat").items
    }

    pub(crate) async fn texts(&self, customer: &str) -> Vec<String> {
        self.messages(customer).await.into_iter().filter_map(|message| message.text).collect()
    }

    /// Waits until the chat holds so many messages.
    pub(crate) async fn await_messages(&self, customer: &str, count: usize) -> Vec<Message> {
        eventually("the messages", async || {
            let messages = self.messages(customer).await;
            (messages.len() >= count).then_some(messages)
        })
        .await
    }

    /// The agent writes to a customer.
    pub(crate) async fn write(&self, customer: &str, text: &str) -> MessageId {
        let chat = self.chat(customer).await;
        let message = NewMessage::text(MessageId::fresh(), text.to_owned());
        self.store.write_message(chat.conversation.id, message).await.expect("written").id
    }

    pub(crate) async fn message(&self, customer: &str, id: MessageId) -> Message {
        self.messages(customer).await.into_iter().find(|message| message.id == id).expect("the message")
    }

    pub(crate) async fn await_status(&self, customer: &str, id: MessageId, status: MessageStatus) -> Message {
        eventually(&format!("{status:?}"), async || {
            let message = self.message(customer, id).await;
            (message.status == status).then_some(message)
        })
        .await
    }
}

/// The store's library must not work on while the process ends.
impl Drop for Line {
    fn drop(&mut self) {
        if self.task.is_some() {
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.stop()));
        }
    }
}

/// As if the team's server had let the agent in.
pub(crate) fn tokens() -> Tokens {
    let later = UtcMillis(4_000_000_000_000);
    Tokens {
        access_token: "access".into(),
        access_expires_at: later,
        refresh_token: "refresh".into(),
        refresh_expires_at: later,
        agent: Agent {
            id: AgentId::fresh(),
            version: 1,
            name: "Ana Agent".into(),
            email: "ana@example.org".into(),
            role: Role::Agent,
            active: true,
            enrolled: true,
            created_at: UtcMillis(1),
        },
    }
}

/// Asks again and again, for what has no event to wait for.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + WITHIN;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
