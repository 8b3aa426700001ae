//! A client that knows the wire and nothing else: it says what it is told to, and forgives nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ownline_simulator::crypto;
use ownline_simulator::network::frame::HEADER;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Node, NodeContent};
use wacore_libsignal::protocol::KeyPair;
use wacore_noise::{NoiseCipher, XxHandshakeState};
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::client_payload::DevicePairingRegistrationData;
use waproto::whatsapp::{ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPayload};
use whatsapp_rust::transport::{TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory as _};

use super::Stage;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a client keeps.
#[derive(Clone)]
pub struct Keys {
    pub noise: KeyPair,
    pub identity: KeyPair,
    pub signed: KeyPair,
    secret: [u8; 32],
}

impl Keys {
    pub fn new() -> Self {
        Self {
            noise: crypto::key_pair(),
            identity: crypto::key_pair(),
            signed: crypto::key_pair(),
            secret: crypto::random(),
        }
    }

    pub fn signature(&self) -> [u8; 64] {
        crypto::sign(&self.identity, &[&self.signed.public_key.serialize()])
    }

    pub fn registration(&self) -> ClientPayload {
        ClientPayload {
            device_pairing_data: MessageField::some(DevicePairingRegistrationData {
                e_regid: Some(7_u32.to_be_bytes().to_vec()),
                e_keytype: Some(vec![5]),
                e_ident: Some(crypto::bare(&self.identity.public_key).to_vec()),
                e_skey_id: Some(vec![0, 0, 1]),
                e_skey_val: Some(crypto::bare(&self.signed.public_key).to_vec()),
                e_skey_sig: Some(self.signature().to_vec()),
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}

pub fn login(number: &str, device: u16) -> ClientPayload {
    let username = Some(number.parse().expect("a number"));
    ClientPayload { username, device: Some(u32::from(device)), passive: Some(false), ..Default::default() }
}

pub struct Raw {
    transport: Arc<dyn Transport>,
    bytes: Vec<u8>,
    events: Box<dyn FnMut() -> futures_util::future::BoxFuture<'static, Option<Vec<u8>>> + Send>,
    write: NoiseCipher,
    read: NoiseCipher,
    sent: u32,
    received: u32,
    last: u32,
    /// When the client began to say the last word of the handshake.
    pub finished: Instant,
    /// Came while something else was waited for.
    pub aside: Vec<Node>,
}

/// How the bytes travel.
#[derive(Clone, Copy, Default)]
pub struct Manner {
    /// An edge-routing introduction goes first.
    pub intro: bool,
    /// Every byte in a message of its own.
    pub bytewise: bool,
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).expect("a frame").to_be_bytes()[1..].to_vec();
    frame.extend_from_slice(payload);
    frame
}

impl Raw {
    pub async fn open(stage: &Stage, keys: &Keys, payload: &ClientPayload, manner: Manner) -> Self {
        let (transport, events) =
            TokioWebSocketTransportFactory::new().with_url(&stage.url).create_transport().await.expect("a socket");
        let events = move || -> futures_util::future::BoxFuture<'static, Option<Vec<u8>>> {
            let events = events.clone();
            Box::pin(async move {
                loop {
                    match events.recv().await.ok()? {
                        TransportEvent::DataReceived(bytes) => return Some(bytes.to_vec()),
                        TransportEvent::Connected => {}
                        TransportEvent::Disconnected(_) => return None,
                    }
                }
            })
        };
        let mut noise =
            XxHandshakeState::new(keys.noise.clone(), payload.encode_to_vec(), &HEADER).expect("a handshake");
        let mut first = if manner.intro { b"ED\x00\x01\x00\x00\x05route".to_vec() } else { Vec::new() };
        first.extend_from_slice(&HEADER);
        first.extend(framed(&noise.build_client_hello().expect("a hello")));
        let mut events: Box<dyn FnMut() -> _ + Send> = Box::new(events);
        say(&transport, &first, manner).await;
        let mut bytes = Vec::new();
        let hello = next_frame(&mut bytes, &mut events).await.expect("the server's hello");
        let finish = noise.read_server_hello_and_build_client_finish(&hello).expect("a finish");
        let finished = Instant::now();
        say(&transport, &framed(&finish), manner).await;
        let keys = noise.finish().expect("keys");
        Self {
            transport,
            bytes,
            events,
            write: keys.write_cipher,
            read: keys.read_cipher,
            sent: 0,
            received: 0,
            last: 0,
            finished,
            aside: Vec::new(),
        }
    }

    /// Asks to be linked, and returns the socket with the code that it shows.
    pub async fn unlinked(stage: &Stage, keys: &Keys, manner: Manner) -> (Self, String) {
        let mut raw = Self::open(stage, keys, &keys.registration(), manner).await;
        let asked = raw.next().await.expect("pair-device");
        assert_eq!((text(&asked, "type"), text(&asked, "xmlns")), ("set".into(), "md".into()));
        assert_eq!(text(&asked, "from"), "s.whatsapp.net");
        let refs = asked.get_optional_child("pair-device").expect("pair-device").children().expect("refs").to_vec();
        assert_eq!(refs.len(), 6);
        raw.send(&NodeBuilder::new("iq").attr("type", "result").attr("id", text(&asked, "id")).build()).await;
        let encode = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        let code = format!(
            "{},{},{},{},1",
            String::from_utf8(content(&refs[0])).expect("text"),
            encode(&crypto::bare(&keys.noise.public_key)),
            encode(&crypto::bare(&keys.identity.public_key)),
            encode(&keys.secret)
        );
        (raw, code)
    }

    /// Links, and returns the device's index.
    pub async fn link(stage: &Stage, keys: &Keys, number: &str) -> u16 {
        let (mut raw, code) = Self::unlinked(stage, keys, Manner::default()).await;
        let (linked, ()) = tokio::join!(stage.world.scan(number, &code), raw.prove(keys));
        let device = linked.expect("linked").device;
        let restart = raw.next().await.expect("the restart");
        assert_eq!((&*restart.tag, text(&restart, "code")), ("stream:error", "515".into()));
        assert!(raw.next().await.is_none(), "closed");
        device
    }

    async fn prove(&mut self, keys: &Keys) {
        let asked = self.next().await.expect("pair-success");
        let success = asked.get_optional_child("pair-success").expect("pair-success");
        assert!(success.get_optional_child("device").expect("device").attrs.get("lid").is_some());
        let container = content(success.get_optional_child("device-identity").expect("device-identity"));
        let container = ADVSignedDeviceIdentityHMAC::decode_from_slice(&container).expect("a container");
        let signed = container.details.expect("details");
        assert_eq!(container.hmac.expect("hmac"), crypto::hmac_sha256(&keys.secret, &[&signed]));
        let mut signed = ADVSignedDeviceIdentity::decode_from_slice(&signed).expect("an identity");
        let details = signed.details.clone().expect("details");
        let account = signed.account_signature_key.take().expect("the account's key");
        let identity = crypto::bare(&keys.identity.public_key);
        let of_account: crypto::Key = account.clone().try_into().expect("32 bytes");
        let signature = signed.account_signature.clone().expect("a signature");
        assert!(crypto::verify(&of_account, &[&[6, 0], &details, &identity], &signature));
        signed.device_signature =
            Some(crypto::sign(&keys.identity, &[&[6, 1], &details, &identity, &account]).to_vec());
        let identity = NodeBuilder::new("device-identity").attr("key-index", 1).bytes(signed.encode_to_vec()).build();
        let sign = NodeBuilder::new("pair-device-sign").children([identity]).build();
        let answer = NodeBuilder::new("iq").attr("type", "result").attr("id", text(&asked, "id")).children([sign]);
        self.send(&answer.build()).await;
    }

    /// Logs in; the client is not active yet.
    pub async fn log_in(stage: &Stage, keys: &Keys, number: &str, device: u16) -> Self {
        let mut raw = Self::open(stage, keys, &login(number, device), Manner::default()).await;
        let success = raw.next().await.expect("success");
        assert_eq!(&*success.tag, "success");
        assert!(text(&success, "lid").ends_with(&format!(":{device}@lid")), "{success:?}");
        text(&success, "t").parse::<u64>().expect("seconds");
        raw
    }

    pub async fn send(&mut self, node: &Node) {
        self.send_all(&[node]).await;
    }

    /// Several stanzas in one message.
    pub async fn send_all(&mut self, nodes: &[&Node]) {
        let mut bytes = Vec::new();
        for node in nodes {
            let plain = wacore_binary::marshal(node).expect("encoded");
            bytes.extend(framed(&self.write.encrypt_with_counter(self.sent, &plain).expect("encrypted")));
            self.sent += 1;
        }
        say(&self.transport, &bytes, Manner::default()).await;
    }

    /// The next stanza from the wire, or nothing when the server has closed.
    pub async fn next(&mut self) -> Option<Node> {
        let frame = next_frame(&mut self.bytes, &mut self.events);
        let mut frame = tokio::time::timeout(PATIENCE, frame).await.expect("a stanza in time")?;
        self.read.decrypt_in_place_with_counter(self.received, &mut frame).expect("decrypted");
        self.received += 1;
        assert_eq!(frame[0], 0, "not compressed");
        Some(wacore_binary::marshal::unmarshal_ref(&frame[1..]).expect("a stanza").to_owned())
    }

    /// Ends the connection.
    pub async fn close(&self) {
        self.transport.disconnect().await;
    }

    /// Nothing comes for a while.
    pub async fn silent(&mut self, ms: u64) {
        if let Ok(node) = tokio::time::timeout(Duration::from_millis(ms), self.next()).await {
            panic!("not silent: {node:?}");
        }
    }

    /// The first stanza that fits, now or earlier; others are laid aside.
    pub async fn until(&mut self, fits: impl Fn(&Node) -> bool) -> Node {
        if let Some(index) = self.aside.iter().position(&fits) {
            return self.aside.remove(index);
        }
        loop {
            let node = self.next().await.expect("the connection goes on");
            if fits(&node) {
                return node;
            }
            self.aside.push(node);
        }
    }

    pub fn question(&mut self, xmlns: &str, kind: &str, children: impl IntoIterator<Item = Node>) -> Node {
        self.last += 1;
        NodeBuilder::new("iq")
            .attr("to", "s.whatsapp.net")
            .attr("xmlns", xmlns)
            .attr("type", kind)
            .attr("id", format!("12.34-{}", self.last))
            .children(children)
            .build()
    }

    /// Asks the server, and returns its answer.
    pub async fn ask(&mut self, xmlns: &str, kind: &str, children: impl IntoIterator<Item = Node>) -> Node {
        let question = self.question(xmlns, kind, children);
        self.send(&question).await;
        let id = text(&question, "id");
        let answer = self.until(|node| node.tag == "iq" && text(node, "id") == id).await;
        assert_eq!(text(&answer, "from"), "s.whatsapp.net");
        answer
    }

    pub async fn activate(&mut self) {
        let active = NodeBuilder::new("active").build();
        assert_eq!(text(&self.ask("passive", "set", [active]).await, "type"), "result");
    }

    /// Uploads `count` one-time prekeys, which are returned.
    pub async fn upload(&mut self, keys: &Keys, first: u32, count: u32) -> Vec<(u32, crypto::Key)> {
        let made: Vec<(u32, crypto::Key)> =
            (first..first + count).map(|id| (id, crypto::bare(&crypto::key_pair().public_key))).collect();
        let list = made.iter().map(|(id, key)| {
            NodeBuilder::new("key").children([leaf("id", &id.to_be_bytes()[1..]), leaf("value", key)]).build()
        });
        let skey = NodeBuilder::new("skey").children([
            leaf("id", &[0, 0, 1]),
            leaf("value", &crypto::bare(&keys.signed.public_key)),
            leaf("signature", &keys.signature()),
        ]);
        let children = [
            leaf("registration", &7_u32.to_be_bytes()),
            leaf("type", &[5]),
            leaf("identity", &crypto::bare(&keys.identity.public_key)),
            NodeBuilder::new("list").children(list).build(),
            skey.build(),
        ];
        assert_eq!(text(&self.ask("encrypt", "set", children).await, "type"), "result");
        made
    }
}

pub fn leaf(tag: &'static str, bytes: &[u8]) -> Node {
    NodeBuilder::new(tag).bytes(bytes.to_vec()).build()
}

pub fn text(node: &Node, key: &str) -> String {
    node.attrs.get(key).map(|value| value.as_str().into_owned()).unwrap_or_default()
}

pub fn content(node: &Node) -> Vec<u8> {
    match &node.content {
        Some(NodeContent::Bytes(bytes)) => bytes.clone(),
        _ => Vec::new(),
    }
}

pub fn child<'n>(node: &'n Node, path: &[&str]) -> &'n Node {
    path.iter().fold(node, |node, tag| node.get_optional_child(tag).unwrap_or_else(|| panic!("no {tag} in {node:?}")))
}

async fn say(transport: &Arc<dyn Transport>, bytes: &[u8], manner: Manner) {
    let size = if manner.bytewise { 1 } else { bytes.len() };
    for chunk in bytes.chunks(size) {
        transport.send(chunk.to_vec().into()).await.expect("sent");
    }
}

async fn next_frame(
    bytes: &mut Vec<u8>,
    events: &mut Box<dyn FnMut() -> futures_util::future::BoxFuture<'static, Option<Vec<u8>>> + Send>,
) -> Option<Vec<u8>> {
    loop {
        if let [a, b, c, rest @ ..] = bytes.as_slice() {
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if rest.len() >= length {
                let frame = rest[..length].to_vec();
                bytes.drain(..3 + length);
                return Some(frame);
            }
        }
        bytes.extend(events().await?);
    }
}
