//! A world on free ports, and a real WhatsApp client in it.

#![expect(dead_code, unreachable_pub, reason = "each test uses what it needs")]

pub mod raw;
pub mod web;

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use ownline_simulator::world::{MarkRead, NewCustomer, NewPhone, Options, SendMessage, Status, World};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::sync_task::MajorSyncTask;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;
use whatsapp_rust::wacore::store::in_memory::InMemoryBackend;
use whatsapp_rust::wacore::types::events::{Event, EventHandler};
use whatsapp_rust::{Client, Jid};

/// Far longer than anything takes; reached only by what never comes.
const PATIENCE: Duration = Duration::from_secs(30);

pub const AGENT: &str = "4915100000001";
pub const OTHER_AGENT: &str = "4915100000002";
pub const CUSTOMER: &str = "4915200000001";

/// The simulator, on a folder of its own.
pub struct Stage {
    pub world: World,
    pub folder: tempfile::TempDir,
    pub url: String,
    closing: CancellationToken,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    address: std::net::SocketAddr,
}

impl Stage {
    pub async fn set() -> Self {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
        let folder = tempfile::tempdir().expect("a folder");
        Self::set_on(folder, "127.0.0.1:0".parse().expect("an address")).await
    }

    async fn set_on(folder: tempfile::TempDir, address: std::net::SocketAddr) -> Self {
        let world = World::open(&Options { state: folder.path().to_owned() }).expect("a world");
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        world.set_media_host(address.to_string());
        let closing = CancellationToken::new();
        let server =
            axum::serve(listener, world.socket_routes()).with_graceful_shutdown(closing.clone().cancelled_owned());
        let serving = tokio::spawn(server.into_future());
        Self { world, folder, url: format!("ws://{address}/ws/chat"), closing, serving, address }
    }

    /// Ends the simulator and starts it again on the same state and port.
    pub async fn restart(self) -> Self {
        let Self { world, folder, closing, serving, address, .. } = self;
        world.close().await;
        closing.cancel();
        serving.await.expect("ended").expect("ended well");
        drop(world);
        Self::set_on(folder, address).await
    }

    pub async fn phone(&self, number: &str) {
        let phone =
            NewPhone { number: number.to_owned(), name: "Agent".to_owned(), lid: None, hosted: false, passkey: false };
        self.world.create_phone(phone).await.expect("a phone");
    }

    pub async fn customer(&self, number: &str) {
        let customer = NewCustomer { number: number.to_owned(), name: "Customer".to_owned(), lid: None };
        self.world.create_customer(customer).await.expect("a customer");
    }

    /// A linked and connected client of `number`.
    pub async fn linked(&self, number: &str) -> Device {
        let mut device = self.unlinked().await;
        let code = device.qr().await;
        self.world.scan(number, &code).await.expect("linked");
        device.connected().await;
        device
    }

    pub async fn unlinked(&self) -> Device {
        Device::start(&self.url, Arc::new(InMemoryBackend::new())).await
    }

    pub async fn says(&self, customer: &str, to: &str, text: &str) -> String {
        self.world.customer_send(customer, message(to, text)).await.expect("sent").id
    }
}

pub fn message(to: &str, text: &str) -> SendMessage {
    serde_json::from_value(serde_json::json!({ "to": to, "text": text })).expect("a message")
}

pub fn jid(number: &str) -> Jid {
    Jid::pn(number)
}

struct Events {
    queue: mpsc::UnboundedSender<Arc<Event>>,
    client: Arc<OnceLock<Weak<Client>>>,
}

impl EventHandler for Events {
    fn handle_event(&self, event: Arc<Event>) {
        if let Event::AppStateSyncFailed(failed) = &*event
            && let Some(client) = self.client.get().and_then(Weak::upgrade)
        {
            tokio::spawn(catch_up(client, failed.skipped.clone()));
        }
        let _ = self.queue.send(event);
    }
}

/// The client takes an answer under way for one that knows of every change that it is told of meanwhile. Whoever uses it
/// must ask again.
async fn catch_up(client: Arc<Client>, skipped: Vec<String>) {
    for name in skipped {
        let name = name.parse().expect("a collection");
        client.process_sync_task(MajorSyncTask::AppStateSync { name, full_sync: false }).await;
    }
}

/// A real client with its store, which outlives a restart of the client.
pub struct Device {
    pub store: Arc<InMemoryBackend>,
    pub client: Arc<Client>,
    handle: BotHandle,
    events: mpsc::UnboundedReceiver<Arc<Event>>,
    /// What came and nobody has asked for yet.
    unasked: Vec<Arc<Event>>,
    url: String,
}

impl Device {
    pub async fn start(url: &str, store: Arc<InMemoryBackend>) -> Self {
        let (queue, events) = mpsc::unbounded_channel();
        let listener = Arc::new(OnceLock::new());
        let bot = Bot::builder()
            .with_backend_arc(store.clone())
            .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(url))
            .with_http_client(web::Web)
            .with_version((2, 3000, 1_030_000_000))
            .with_push_name("Ownline")
            .with_event_handler(Events { queue, client: Arc::clone(&listener) })
            .build()
            .await
            .expect("a client");
        let client = bot.client();
        listener.set(Arc::downgrade(&client)).expect("set once");
        Self { store, client, handle: bot.spawn(), events, unasked: Vec::new(), url: url.to_owned() }
    }

    /// Ends the client and starts it again on its store.
    pub async fn restart(self) -> Self {
        let Self { store, client, handle, url, .. } = self;
        handle.shutdown().await;
        drop(client);
        Self::start(&url, store).await
    }

    pub async fn stop(self) -> Arc<InMemoryBackend> {
        self.handle.shutdown().await;
        self.store
    }

    /// The first event that `pick` wants, among those that nobody has asked for yet.
    pub async fn next<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let found = self.unasked.iter().enumerate().find_map(|(index, event)| Some((index, pick(event)?)));
        if let Some((index, found)) = found {
            self.unasked.remove(index);
            return found;
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let Ok(event) = tokio::time::timeout_at(deadline, self.events.recv()).await else {
                let seen: Vec<String> =
                    self.unasked.iter().map(|event| format!("{event:?}").chars().take(160).collect()).collect();
                panic!("{what} did not come; what came: {seen:#?}");
            };
            let event = event.expect("the client goes on");
            if let Some(found) = pick(&event) {
                return found;
            }
            self.unasked.push(event);
        }
    }

    pub async fn qr(&mut self) -> String {
        self.next("a linking code", |event| match event {
            Event::PairingQrCode(code) => Some(code.code.clone()),
            _ => None,
        })
        .await
    }

    pub async fn connected(&mut self) {
        self.next("the connection", |event| matches!(event, Event::Connected(_)).then_some(())).await;
    }

    /// The next text, with its id and its author.
    pub async fn text(&mut self) -> (String, String, String) {
        self.next("a text", |event| match event {
            Event::Messages(batch) => batch.messages.iter().find_map(|inbound| {
                let text = inbound.message.conversation.clone()?;
                Some((inbound.info.id.clone(), text, inbound.info.source.sender.user.to_string()))
            }),
            _ => None,
        })
        .await
    }

    /// Texts until there are `count`, in the order in which they came.
    pub async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let more = self
                .next("texts", |event| match event {
                    Event::Messages(batch) => Some(
                        batch
                            .messages
                            .iter()
                            .filter_map(|inbound| inbound.message.conversation.clone())
                            .collect::<Vec<_>>(),
                    ),
                    _ => None,
                })
                .await;
            texts.extend(more);
        }
        texts
    }
}

/// Waits for something that is true sooner or later.
pub async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until the phone itself has taken a message in: it reads its queue in a time of its own, whatever its devices have
/// confirmed by then.
pub async fn on_the_phone(stage: &Stage, number: &str, id: &str) {
    eventually("the message on the phone", async || {
        let lines = stage.world.phone_messages(number, None).await.expect("a transcript");
        lines.iter().any(|line| line.id == id).then_some(())
    })
    .await;
}

pub async fn status(stage: &Stage, customer: &str, id: &str, wanted: Status) {
    eventually(&format!("{wanted:?}"), async || {
        let lines = stage.world.customer_messages(customer, None).await.expect("a transcript");
        lines.iter().any(|line| line.id == id && line.status == wanted).then_some(())
    })
    .await;
}

pub async fn queue_drained(stage: &Stage, number: &str) {
    eventually("an empty queue", async || {
        let phone = stage.world.phone(number).await.expect("the phone");
        phone.devices.iter().all(|device| device.queued == 0).then_some(())
    })
    .await;
}

pub fn read(to: &str, id: &str) -> MarkRead {
    MarkRead { to: to.to_owned(), ids: vec![id.to_owned()], played: false }
}

pub async fn acknowledged(device: &mut Device, id: &str, error: Option<&str>) {
    let got = device
        .next("the server's ack", |event| match event {
            Event::ServerAck(ack) if ack.id == id && ack.class.as_deref() == Some("message") => Some(ack.error.clone()),
            _ => None,
        })
        .await;
    assert_eq!(got.as_deref(), error);
}

/// `kind` as the client's receipt type prints itself.
pub async fn receipt(device: &mut Device, id: &str, kind: &str) {
    device
        .next(&format!("a {kind} receipt"), |event| match event {
            Event::Receipt(receipt) => (receipt.message_ids.iter().any(|other| other == id)
                && format!("{:?}", receipt.r#type).eq_ignore_ascii_case(kind))
            .then_some(()),
            _ => None,
        })
        .await;
}

/// The key by which a message is spoken of.
pub fn key(chat: &str, from_me: bool, id: &str) -> waproto::whatsapp::MessageKey {
    waproto::whatsapp::MessageKey {
        remote_jid: Some(jid(chat).to_string()),
        from_me: Some(from_me),
        id: Some(id.to_owned()),
        participant: None,
    }
}

pub fn words(text: &str) -> waproto::whatsapp::Message {
    waproto::whatsapp::Message { conversation: Some(text.to_owned()), ..Default::default() }
}
