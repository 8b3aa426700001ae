//! The handshakes against another implementation of the client's side.

use wacore_noise::{IkHandshakeState, IkServerHelloOutcome, NoiseCipher, XxFallbackHandshakeState, XxHandshakeState};
use waproto::buffa::Message as _;

use super::*;
use crate::network::certificate::Authority;
use crate::network::frame::HEADER;

fn payload(username: u64) -> Vec<u8> {
    ClientPayload { username: Some(username), device: Some(3), ..Default::default() }.encode_to_vec()
}

fn established(answer: Answer) -> (Vec<u8>, Established) {
    match answer {
        Answer::Done(reply, established) => (reply, established),
        Answer::Continue(..) => panic!("the server wants another message"),
    }
}

fn pending(answer: Answer) -> (Vec<u8>, AwaitingFinish) {
    match answer {
        Answer::Continue(reply, pending) => (reply, pending),
        Answer::Done(..) => panic!("the server is done already"),
    }
}

/// Both directions, twice, so that the counters are seen to move.
fn talk(mut server: Ciphers, write: &NoiseCipher, read: &NoiseCipher) {
    for counter in 0..2 {
        let mut sent = write.encrypt_with_counter(counter, b"to the server").expect("encrypted");
        server.receive.decrypt(&mut sent).expect("decrypted");
        assert_eq!(sent, b"to the server");
        let mut back = b"to the client".to_vec();
        server.send.encrypt(&mut back).expect("encrypted");
        read.decrypt_in_place_with_counter(counter, &mut back).expect("decrypted");
        assert_eq!(back, b"to the client");
    }
}

#[test]
fn strangers_meet_by_xx() {
    let authority = Authority::generate();
    let chain = authority.chain();
    let server = Identity { key: &authority.server, certificate: &chain };
    let client_key = crypto::key_pair();
    let mut client = XxHandshakeState::new(client_key.clone(), payload(49), &HEADER).expect("a client");
    let hello = client.build_client_hello().expect("a hello");
    let (reply, pending) = pending(answer_hello(&hello, &HEADER, &server).expect("an answer"));
    let finish = client.read_server_hello_and_build_client_finish(&reply).expect("the chain is accepted");
    let done = pending.finish(&finish).expect("established");
    assert_eq!(done.client, crypto::bare(&client_key.public_key));
    assert_eq!((done.payload.username, done.payload.device), (Some(49), Some(3)));
    let outcome = client.finish().expect("keys");
    talk(done.ciphers, &outcome.write_cipher, &outcome.read_cipher);
}

#[test]
fn a_friend_comes_back_by_ik() {
    let authority = Authority::generate();
    let chain = authority.chain();
    let server = Identity { key: &authority.server, certificate: &chain };
    let client_key = crypto::key_pair();
    let known = crypto::bare(&authority.server.public_key);
    let mut client = IkHandshakeState::new(client_key.clone(), known, payload(49), &HEADER).expect("a client");
    let hello = client.build_client_hello().expect("a hello");
    let (reply, done) = established(answer_hello(&hello, &HEADER, &server).expect("an answer"));
    assert_eq!(done.client, crypto::bare(&client_key.public_key));
    assert_eq!(done.payload.username, Some(49));
    let IkServerHelloOutcome::Continue(outcome) = client.read_server_hello(&reply).expect("read") else {
        panic!("the client had to fall back");
    };
    talk(done.ciphers, &outcome.write_cipher, &outcome.read_cipher);
}

#[test]
fn one_who_remembers_another_key_falls_back() {
    let (authority, before) = (Authority::generate(), Authority::generate());
    let chain = authority.chain();
    let server = Identity { key: &authority.server, certificate: &chain };
    let old = crypto::bare(&before.server.public_key);
    let mut client = IkHandshakeState::new(crypto::key_pair(), old, payload(49), &HEADER).expect("a client");
    let hello = client.build_client_hello().expect("a hello");
    let (reply, pending) = pending(answer_hello(&hello, &HEADER, &server).expect("an answer"));
    let IkServerHelloOutcome::Fallback(inputs) = client.read_server_hello(&reply).expect("read") else {
        panic!("the client should have noticed");
    };
    let mut client = XxFallbackHandshakeState::from_ik_failure(*inputs, &HEADER).expect("a fallback");
    let finish = client.build_client_finish().expect("a finish");
    let done = pending.finish(&finish).expect("established");
    assert_eq!(done.payload.username, Some(49));
    let outcome = client.finish().expect("keys");
    talk(done.ciphers, &outcome.write_cipher, &outcome.read_cipher);
}

#[test]
fn another_prologue_is_another_conversation() {
    let authority = Authority::generate();
    let chain = authority.chain();
    let server = Identity { key: &authority.server, certificate: &chain };
    let mut client = XxHandshakeState::new(crypto::key_pair(), payload(49), b"WA\x06\x02").expect("a client");
    let hello = client.build_client_hello().expect("a hello");
    let (reply, _) = pending(answer_hello(&hello, &HEADER, &server).expect("an answer"));
    assert!(client.read_server_hello_and_build_client_finish(&reply).is_err());
    assert!(answer_hello(b"nonsense", &HEADER, &server).is_err());
}
