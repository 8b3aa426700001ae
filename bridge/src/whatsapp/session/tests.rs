//! The session's task without a network: what it does at start, on commands, and when nobody answers.

use ownline_model::{ids::ConversationId, phone::PhoneNumber, session::SessionStateName as Name};
use tokio::task::JoinHandle;
use whatsapp_rust::{Jid, store::commands::DeviceCommand};

use super::*;
use crate::{
    config::{Endpoint, KeySource},
    keys,
    session_port::{SessionError, SessionPort, session_port},
    store::inbound::WaIdentity,
};

const WITHIN: Duration = Duration::from_secs(10);

struct Machine {
    _folder: tempfile::TempDir,
    store: Store,
    /// Nobody listens there.
    nowhere: String,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("folder");
        let key = keys::obtain(&data, &KeySource::File(folder.path().join("key"))).expect("key");
        let store = Store::open(&data, &key).expect("store");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        let nowhere = format!("ws://{}/ws/chat", listener.local_addr().expect("address"));
        Self { _folder: folder, store, nowhere }
    }

    /// A device that was linked in an earlier run.
    async fn linked() -> Self {
        let machine = Self::new();
        let device = machine.file().open().await.expect("device");
        device.manager().process_command(DeviceCommand::SetId(Some(Jid::pn_device("4915112345678", 7)))).await;
        device.save().await.expect("saved");
        machine.store.set_linked(device.account().expect("account")).await.expect("linked");
        machine
    }

    fn file(&self) -> DeviceFile {
        DeviceFile::new(self.store.clone())
    }

    async fn hold(&self, state: &SessionState) {
        let json = serde_json::to_string(state).expect("JSON");
        self.store.set_value(HELD_KEY, Some(json)).await.expect("held");
    }

    fn run(&self) -> Run {
        let (port, commands) = session_port();
        let cancel = CancellationToken::new();
        let network = Network::new(&Endpoint { simulated: Some(self.nowhere.clone()) }).expect("network");
        let session = Session::new(self.store.clone(), network, cancel.clone());
        Run { port, store: self.store.clone(), cancel, task: tokio::spawn(session.run(commands)) }
    }
}

struct Run {
    port: SessionPort,
    store: Store,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Run {
    async fn reach(&self, what: &str, reached: impl FnMut(&SessionState) -> bool) -> SessionState {
        let mut session = self.store.session();
        let state = tokio::time::timeout(WITHIN, session.wait_for(reached)).await;
        state.unwrap_or_else(|_| panic!("{what}: {:?}", self.store.session().borrow())).expect("store").clone()
    }

    /// Every command is answered after the start is over.
    async fn started(&self) {
        let _ = self.port.is_on_whatsapp("+5511987654321".parse().expect("number")).await;
    }

    async fn end(self) {
        self.cancel.cancel();
        tokio::time::timeout(Duration::from_secs(5), self.task).await.expect("in time").expect("without a panic");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_device_tries_again_and_again_and_stops_at_once() {
    let machine = Machine::linked().await;
    let run = machine.run();
    run.reach("the third attempt", |state| matches!(state, SessionState::Reconnecting { attempt: 3.., .. })).await;
    assert!(run.store.linked().await.expect("store").is_some());
    run.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_machine_waits_to_be_asked() {
    let machine = Machine::new();
    let run = machine.run();
    run.started().await;
    assert_eq!(*run.store.session().borrow(), SessionState::UNLINKED);
    assert!(!machine.file().exists(), "nothing was made");
    let number: PhoneNumber = "+5511987654321".parse().expect("number");
    assert_eq!(run.port.is_on_whatsapp(number).await, Err(SessionError::NotConnected));
    assert_eq!(run.port.restart().await, Err(SessionError::NotLinked));
    assert_eq!(run.port.unlink().await, Err(SessionError::NotLinked));
    run.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_attempt_to_link_at_a_time() {
    let machine = Machine::new();
    let run = machine.run();
    run.port.link().await.expect("an attempt");
    assert_eq!(run.port.link().await, Err(SessionError::AlreadyLinked));
    run.port.unlink().await.expect("called off");
    assert!(!machine.file().exists(), "its keys are gone");
    run.port.link().await.expect("another attempt");
    run.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_a_session_outlives_the_program() {
    let until = Some(now().plus_millis(3_600_000));
    for held in [SessionState::Replaced, SessionState::Banned { code: 101, until }] {
        let machine = Machine::linked().await;
        machine.hold(&held).await;
        let run = machine.run();
        run.started().await;
        assert_eq!(*run.store.session().borrow(), held);
        assert_eq!(run.port.link().await, Err(SessionError::AlreadyLinked), "the device is still linked");
        let asked = run.port.take_back().await;
        if held == SessionState::Replaced {
            asked.expect("taken back");
            run.reach("an attempt", |state| state.name() == Name::Reconnecting).await;
        } else {
            assert!(matches!(asked, Err(SessionError::Failed(_))), "not before the ban's end: {asked:?}");
        }
        run.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_that_is_over_is_forgotten() {
    let machine = Machine::linked().await;
    machine.hold(&SessionState::Banned { code: 101, until: Some(now()) }).await;
    let run = machine.run();
    run.reach("an attempt", |state| state.name() == Name::Reconnecting).await;
    run.started().await;
    assert_eq!(run.store.value(HELD_KEY).await.expect("store"), None);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_was_interrupted_is_finished() {
    let machine = Machine::linked().await;
    let logged_out = SessionState::LoggedOut { reason: "unlinked_on_phone".into() };
    machine.hold(&logged_out).await;
    let run = machine.run();
    run.started().await;
    assert_eq!(*run.store.session().borrow(), logged_out, "the agent still learns of it");
    assert!(!machine.file().exists());
    assert_eq!(run.store.linked().await.expect("store"), None);
    run.port.link().await.expect("a new scan is possible");
    run.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_keys_are_told_and_kept() {
    let machine = Machine::linked().await;
    let path = machine.store.whatsapp_db().path;
    std::fs::write(&path, b"no database at all, but long enough to look like one".repeat(100)).expect("damaged");
    let run = machine.run();
    run.started().await;
    let problem = Some("session_keys_damaged".to_owned());
    assert_eq!(*run.store.session().borrow(), SessionState::Unlinked { problem });
    let kept = std::fs::read_dir(path.parent().expect("folder")).expect("folder").filter_map(Result::ok);
    assert!(kept.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().contains("damaged")));
    run.port.link().await.expect("a new scan is possible");
    run.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_keys_is_not_linked() {
    let machine = Machine::linked().await;
    machine.file().forget().await.expect("forgotten");
    let run = machine.run();
    run.started().await;
    assert_eq!(*run.store.session().borrow(), SessionState::UNLINKED);
    assert_eq!(run.store.linked().await.expect("store"), None);
    run.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_to_nobody_are_dropped() {
    let machine = Machine::linked().await;
    let run = machine.run();
    let nobody = WaIdentity::default();
    run.port.agent_typing(nobody, true, false);
    run.started().await;
    assert_eq!(run.store.own_chat(ConversationId::fresh()).await.expect("store"), None);
    run.end().await;
}
