//! The server's side of WhatsApp's Noise handshakes: XX for a first meeting, IK for a client that remembers our static key,
//! XXfallback for one that remembers another.

use wacore_libsignal::crypto::{TransportAead, aes_256_gcm_decrypt, aes_256_gcm_encrypt, transport_aead};
use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::{Message as _, MessageField};
use waproto::whatsapp::{ClientPayload, HandshakeMessage, handshake_message as wire};

use crate::crypto::{self, Key};

const XX: &[u8] = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0";
const IK: &[u8] = b"Noise_IK_25519_AESGCM_SHA256\0\0\0\0";
const XX_FALLBACK: &[u8] = b"Noise_XXfallback_25519_AESGCM_SHA256";

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoiseError {
    #[error("the handshake message is malformed")]
    Malformed,
    #[error("the handshake message cannot be decrypted")]
    Undecryptable,
    #[error("a public key is not a point of the curve")]
    BadKey,
    #[error("the connection has used up its counters")]
    Exhausted,
}

/// A nonce: eight zero bytes and the counter, big-endian.
fn nonce(counter: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[8..].copy_from_slice(&counter.to_be_bytes());
    nonce
}

/// Noise's symmetric state.
#[derive(Clone)]
struct Transcript {
    hash: [u8; 32],
    chain: [u8; 32],
    key: [u8; 32],
    counter: u32,
}

impl Transcript {
    fn new(name: &[u8], prologue: &[u8]) -> Self {
        let start = <[u8; 32]>::try_from(name).unwrap_or_else(|_| crypto::sha256(name));
        let mut this = Self { hash: start, chain: start, key: start, counter: 0 };
        this.mix_hash(prologue);
        this
    }

    fn mix_hash(&mut self, data: &[u8]) {
        let mut joined = Vec::with_capacity(32 + data.len());
        joined.extend_from_slice(&self.hash);
        joined.extend_from_slice(data);
        self.hash = crypto::sha256(&joined);
    }

    fn mix_agreement(&mut self, ours: &KeyPair, theirs: &Key) -> Result<(), NoiseError> {
        let shared = crypto::agree(ours, theirs).ok_or(NoiseError::BadKey)?;
        (self.chain, self.key) = crypto::hkdf_pair(&self.chain, &shared);
        self.counter = 0;
        Ok(())
    }

    fn next_nonce(&mut self) -> [u8; 12] {
        let nonce = nonce(self.counter);
        self.counter += 1;
        nonce
    }

    fn encrypt(&mut self, plain: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let nonce = self.next_nonce();
        let mut sealed = Vec::with_capacity(plain.len() + 16);
        aes_256_gcm_encrypt(&self.key, &nonce, &self.hash, plain, &mut sealed).map_err(|_| NoiseError::Exhausted)?;
        self.mix_hash(&sealed);
        Ok(sealed)
    }

    fn decrypt(&mut self, sealed: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let nonce = self.next_nonce();
        let mut plain = Vec::with_capacity(sealed.len());
        aes_256_gcm_decrypt(&self.key, &nonce, &self.hash, sealed, &mut plain)
            .map_err(|_| NoiseError::Undecryptable)?;
        self.mix_hash(sealed);
        Ok(plain)
    }

    /// The keys of the connection: the first half encrypts what the client sends.
    fn split(&self) -> Result<Ciphers, NoiseError> {
        let (from_client, to_client) = crypto::hkdf_pair(&self.chain, &[]);
        Ok(Ciphers { receive: Cipher::new(&from_client)?, send: Cipher::new(&to_client)? })
    }
}

/// One direction of an established connection.
pub struct Cipher {
    aead: Box<dyn TransportAead>,
    counter: u32,
}

impl Cipher {
    fn new(key: &[u8; 32]) -> Result<Self, NoiseError> {
        Ok(Self { aead: transport_aead(key).map_err(|_| NoiseError::BadKey)?, counter: 0 })
    }

    fn next_nonce(&mut self) -> Result<[u8; 12], NoiseError> {
        let nonce = nonce(self.counter);
        self.counter = self.counter.checked_add(1).ok_or(NoiseError::Exhausted)?;
        Ok(nonce)
    }

    pub fn encrypt(&mut self, buffer: &mut Vec<u8>) -> Result<(), NoiseError> {
        let nonce = self.next_nonce()?;
        self.aead.encrypt_in_place(&nonce, b"", buffer).map_err(|_| NoiseError::Exhausted)
    }

    pub fn decrypt(&mut self, buffer: &mut Vec<u8>) -> Result<(), NoiseError> {
        let nonce = self.next_nonce()?;
        self.aead.decrypt_in_place(&nonce, b"", buffer).map_err(|_| NoiseError::Undecryptable)
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cipher").field("counter", &self.counter).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub struct Ciphers {
    pub receive: Cipher,
    pub send: Cipher,
}

/// What the server knows of itself.
pub struct Identity<'a> {
    pub key: &'a KeyPair,
    /// Encoded `CertChain` for `key`.
    pub certificate: &'a [u8],
}

/// The outcome of a handshake.
#[derive(Debug)]
pub struct Established {
    pub ciphers: Ciphers,
    /// The client's static key.
    pub client: Key,
    pub payload: ClientPayload,
}

/// What the first message of the client led to.
#[expect(clippy::large_enum_variant, reason = "it lives for one step of a handshake")]
pub enum Answer {
    /// Send the bytes and wait for the client's finish.
    Continue(Vec<u8>, AwaitingFinish),
    /// Send the bytes; the connection stands.
    Done(Vec<u8>, Established),
}

/// Between the server's hello and the client's finish.
pub struct AwaitingFinish {
    transcript: Transcript,
    ephemeral: KeyPair,
}

/// Answers the client's hello. `prologue` is the connection header.
pub fn answer_hello(hello: &[u8], prologue: &[u8], server: &Identity<'_>) -> Result<Answer, NoiseError> {
    let message = HandshakeMessage::decode_from_slice(hello).map_err(|_| NoiseError::Malformed)?;
    let hello = message.client_hello.into_option().ok_or(NoiseError::Malformed)?;
    let theirs: Key = hello.ephemeral.as_deref().and_then(|key| key.try_into().ok()).ok_or(NoiseError::Malformed)?;
    let ephemeral = crypto::key_pair();
    match (hello.r#static.as_deref(), hello.payload.as_deref()) {
        (Some(fixed), Some(payload)) if !fixed.is_empty() => {
            match resume(prologue, server, &theirs, &ephemeral, fixed, payload) {
                // It remembers a key that is not ours: go on as strangers from the same ephemeral key.
                Err(NoiseError::Undecryptable) => greet(XX_FALLBACK, prologue, server, &theirs, ephemeral),
                answer => answer,
            }
        }
        _ => greet(XX, prologue, server, &theirs, ephemeral),
    }
}

/// IK: the client's first message is already encrypted to our static key.
fn resume(
    prologue: &[u8],
    server: &Identity<'_>,
    theirs: &Key,
    ephemeral: &KeyPair,
    fixed: &[u8],
    payload: &[u8],
) -> Result<Answer, NoiseError> {
    let mut transcript = Transcript::new(IK, prologue);
    transcript.mix_hash(&crypto::bare(&server.key.public_key));
    transcript.mix_hash(theirs);
    transcript.mix_agreement(server.key, theirs)?;
    let client = client_key(&transcript.decrypt(fixed)?)?;
    transcript.mix_agreement(server.key, &client)?;
    let payload = decode_payload(&transcript.decrypt(payload)?)?;
    let ours = crypto::bare(&ephemeral.public_key);
    transcript.mix_hash(&ours);
    transcript.mix_agreement(ephemeral, theirs)?;
    transcript.mix_agreement(ephemeral, &client)?;
    let certificate = transcript.encrypt(server.certificate)?;
    let hello = server_hello(&ours, None, certificate);
    Ok(Answer::Done(hello, Established { ciphers: transcript.split()?, client, payload }))
}

/// XX, or XXfallback under its own name.
fn greet(
    name: &[u8],
    prologue: &[u8],
    server: &Identity<'_>,
    theirs: &Key,
    ephemeral: KeyPair,
) -> Result<Answer, NoiseError> {
    let mut transcript = Transcript::new(name, prologue);
    transcript.mix_hash(theirs);
    let ours = crypto::bare(&ephemeral.public_key);
    transcript.mix_hash(&ours);
    transcript.mix_agreement(&ephemeral, theirs)?;
    let fixed = transcript.encrypt(&crypto::bare(&server.key.public_key))?;
    transcript.mix_agreement(server.key, theirs)?;
    let certificate = transcript.encrypt(server.certificate)?;
    let hello = server_hello(&ours, Some(fixed), certificate);
    Ok(Answer::Continue(hello, AwaitingFinish { transcript, ephemeral }))
}

impl AwaitingFinish {
    /// Takes the client's finish.
    pub fn finish(mut self, finish: &[u8]) -> Result<Established, NoiseError> {
        let message = HandshakeMessage::decode_from_slice(finish).map_err(|_| NoiseError::Malformed)?;
        let finish = message.client_finish.into_option().ok_or(NoiseError::Malformed)?;
        let fixed = finish.r#static.ok_or(NoiseError::Malformed)?;
        let payload = finish.payload.ok_or(NoiseError::Malformed)?;
        let client = client_key(&self.transcript.decrypt(&fixed)?)?;
        self.transcript.mix_agreement(&self.ephemeral, &client)?;
        let payload = decode_payload(&self.transcript.decrypt(&payload)?)?;
        Ok(Established { ciphers: self.transcript.split()?, client, payload })
    }
}

fn client_key(bytes: &[u8]) -> Result<Key, NoiseError> {
    bytes.try_into().map_err(|_| NoiseError::Malformed)
}

fn decode_payload(bytes: &[u8]) -> Result<ClientPayload, NoiseError> {
    ClientPayload::decode_from_slice(bytes).map_err(|_| NoiseError::Malformed)
}

fn server_hello(ephemeral: &Key, fixed: Option<Vec<u8>>, payload: Vec<u8>) -> Vec<u8> {
    HandshakeMessage {
        server_hello: MessageField::some(wire::ServerHello {
            ephemeral: Some(ephemeral.to_vec()),
            r#static: fixed,
            payload: Some(payload),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}

#[cfg(test)]
mod tests;
