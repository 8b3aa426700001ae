//! Linking without a camera: by a code that is typed on the phone.

mod support;

use ownline_simulator::world::{LinkRequestView, PasskeyStage, WorldError};
use support::raw::{Keys, Manner, Raw, child, content, leaf, text};
use support::{AGENT, CUSTOMER, Device, OTHER_AGENT, Stage, eventually};
use wacore_binary::builder::NodeBuilder;
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::passkey::Assertion;
use whatsapp_rust::wacore::types::events::Event;

/// Waits until the device shows codes, and asks for one to type.
async fn asks(device: &mut Device, number: &str) -> String {
    device.qr().await;
    let options = PairCodeOptions { phone_number: number.to_owned(), ..PairCodeOptions::default() };
    device.client.pair_with_code(options).await.expect("a code")
}

async fn shown(stage: &Stage, number: &str) -> LinkRequestView {
    eventually("the phone's notification", async || stage.world.phone(number).await.expect("the phone").link_request)
        .await
}

/// A code that is surely another.
fn other(code: &str) -> String {
    let last = if code.ends_with('2') { '3' } else { '2' };
    format!("{}{last}", &code[..7])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_links_by_a_code_that_is_typed_on_the_phone() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.customer(CUSTOMER).await;
    assert_eq!(stage.world.enter_code(AGENT, "ABCD1234").await, Err(WorldError::NoLinkRequest));
    let mut device = stage.unlinked().await;
    let code = asks(&mut device, AGENT).await;
    let request = shown(&stage, AGENT).await;
    assert!(request.notify && request.platform.ends_with(')'), "{request:?}");
    assert_eq!(request.expires_at - request.asked_at, 180_000);

    assert_eq!(stage.world.enter_code(AGENT, "ABC").await, Err(WorldError::BadCode));
    assert_eq!(stage.world.enter_code(AGENT, &other(&code)).await, Err(WorldError::WrongCode));
    assert_eq!(shown(&stage, AGENT).await.attempts_left, 2);
    let linked = stage.world.enter_code(AGENT, &format!("{}-{}", &code[..4], &code[4..])).await.expect("linked");
    assert_eq!(linked.jid, format!("{AGENT}:1@s.whatsapp.net"));
    device.connected().await;
    assert_eq!(stage.world.phone(AGENT).await.expect("the phone").link_request, None);
    stage.says(CUSTOMER, AGENT, "Linked without a camera?").await;
    assert_eq!(device.texts(1).await, ["Linked without a camera?"]);
    assert_eq!(stage.world.enter_code(AGENT, &code).await, Err(WorldError::UsedQr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_typed_wrong_three_times_is_spent() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    let mut device = stage.unlinked().await;
    let code = asks(&mut device, AGENT).await;
    for left in [2, 1] {
        assert_eq!(stage.world.enter_code(AGENT, &other(&code)).await, Err(WorldError::WrongCode));
        assert_eq!(shown(&stage, AGENT).await.attempts_left, left);
    }
    assert_eq!(stage.world.enter_code(AGENT, &other(&code)).await, Err(WorldError::WrongCode));
    assert_eq!(stage.world.enter_code(AGENT, &code).await, Err(WorldError::ExpiredCode));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_makes_no_sense_is_refused() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    let mut device = stage.unlinked().await;
    device.qr().await;
    let options = PairCodeOptions { phone_number: OTHER_AGENT.to_owned(), ..PairCodeOptions::default() };
    device.client.pair_with_code(options).await.expect_err("nobody has this number");
    device.next("the refusal", |event| matches!(event, Event::PairingCodeError(_)).then_some(())).await;

    let keys = Keys::new();
    let (mut raw, _) = Raw::unlinked(&stage, &keys, Manner::default()).await;
    let noise = ownline_simulator::crypto::bare(&keys.noise.public_key);
    let hello = |wrapped: &[u8], noise: &[u8], display: &[u8]| {
        NodeBuilder::new("link_code_companion_reg")
            .attr("jid", format!("{AGENT}@s.whatsapp.net"))
            .attr("stage", "companion_hello")
            .attr("should_show_push_notification", "false")
            .children([
                leaf("link_code_pairing_wrapped_companion_ephemeral_pub", wrapped),
                leaf("companion_server_auth_key_pub", noise),
                leaf("companion_platform_id", b"1"),
                leaf("companion_platform_display", display),
                leaf("link_code_pairing_nonce", &[0]),
            ])
            .build()
    };
    let good: (&[u8], &[u8], &[u8]) = (&[0; 80], &noise, b"Chrome (Linux)");
    for (wrapped, noise, display) in
        [(&[0; 79][..], good.1, good.2), (good.0, &[1; 32], good.2), (good.0, good.1, b"My program")]
    {
        let answer = raw.ask("md", "set", [hello(wrapped, noise, display)]).await;
        assert_eq!((text(&answer, "type"), text(child(&answer, &["error"]), "code")), ("error".into(), "400".into()));
    }
    assert_eq!(stage.world.phone(AGENT).await.expect("the phone").link_request, None);
    let answer = raw.ask("md", "set", [hello(good.0, good.1, good.2)]).await;
    let reference = content(child(&answer, &["link_code_companion_reg", "link_code_pairing_ref"]));
    assert!(!reference.is_empty());
    assert!(!shown(&stage, AGENT).await.notify);

    // The phone's hello carries what it must; a device that goes silent and leaves is not waited for.
    let (typed, ()) = tokio::join!(stage.world.enter_code(AGENT, "ABCD1234"), async {
        let hello = raw.until(|node| node.tag == "notification").await;
        assert_eq!(
            (text(&hello, "type"), text(&hello, "from")),
            ("link_code_companion_reg".into(), "s.whatsapp.net".into())
        );
        let part = child(&hello, &["link_code_companion_reg"]);
        assert_eq!(text(part, "stage"), "primary_hello");
        assert_eq!(content(child(part, &["link_code_pairing_ref"])), reference);
        assert_eq!(content(child(part, &["link_code_pairing_wrapped_primary_ephemeral_pub"])).len(), 80);
        assert_eq!(content(child(part, &["primary_identity_pub"])).len(), 32);
        raw.close().await;
    });
    assert_eq!(typed, Err(WorldError::ExpiredCode));
}

/// A phone whose account has a passkey, and a client that scanned its way to the gate.
async fn at_the_gate(stage: &Stage) -> (Device, String, String) {
    stage.phone(AGENT).await;
    stage.world.require_passkey(AGENT, true).await.expect("a passkey");
    let mut device = stage.unlinked().await;
    let code = device.qr().await;
    assert_eq!(stage.world.scan(AGENT, &code).await, Err(WorldError::PasskeyRequired));
    let request = passkey_asked(&mut device).await;
    (device, code, request)
}

async fn passkey_asked(device: &mut Device) -> String {
    device
        .next("the question for a passkey", |event| match event {
            Event::PairPasskeyRequest(request) => Some(request.request_options_json.clone()),
            _ => None,
        })
        .await
}

async fn compared(device: &mut Device) -> String {
    device
        .next("the code to compare", |event| match event {
            Event::PairPasskeyConfirmation(confirmation) => Some(confirmation.code.clone()),
            _ => None,
        })
        .await
}

fn assertion(json: &serde_json::Value) -> Assertion {
    let id = json["rawId"].as_str().expect("an id");
    let credential_id = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id).expect("bytes");
    Assertion { assertion_json: json.to_string().into_bytes(), credential_id }
}

async fn stage_of(stage: &Stage) -> Option<PasskeyStage> {
    stage.world.phone(AGENT).await.expect("the phone").passkey.map(|passkey| passkey.stage)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_passkey_links_a_device_that_proves_it() {
    let stage = Stage::set().await;
    stage.customer(CUSTOMER).await;
    let (mut device, code, request) = at_the_gate(&stage).await;
    let request: serde_json::Value = serde_json::from_str(&request).expect("json");
    assert_eq!((&request["rpId"], &request["userVerification"]), (&"whatsapp.com".into(), &"required".into()));
    assert_eq!(stage_of(&stage).await, Some(PasskeyStage::Asked));

    // The passkey of another account, and one for another question, open nothing.
    stage.phone(OTHER_AGENT).await;
    stage.world.require_passkey(OTHER_AGENT, true).await.expect("a passkey");
    let foreign = stage.world.assert_passkey(&request, Some(OTHER_AGENT)).await.expect("an assertion");
    device.client.send_passkey_response(assertion(&foreign)).await.expect_err("refused");
    assert_eq!(stage_of(&stage).await, Some(PasskeyStage::Refused));
    let nothing = serde_json::json!({ "challenge": "AAAA" });
    assert_eq!(stage.world.assert_passkey(&nothing, None).await, Err(WorldError::NoPasskey));

    // The phone begins anew, and this time the person holds the right one.
    assert_eq!(stage.world.scan(AGENT, &code).await, Err(WorldError::PasskeyRequired));
    let request = serde_json::from_str(&passkey_asked(&mut device).await).expect("json");
    let right = stage.world.assert_passkey(&request, None).await.expect("an assertion");
    device.client.send_passkey_response(assertion(&right)).await.expect("taken");
    let code = compared(&mut device).await;
    let shown = eventually("the same code on the phone", async || {
        stage.world.phone(AGENT).await.expect("the phone").passkey.and_then(|passkey| passkey.code)
    })
    .await;
    assert_eq!(shown, code);
    device.client.send_passkey_confirmation().await.expect("confirmed");
    device.connected().await;
    eventually("the end of the gate", async || (stage_of(&stage).await == Some(PasskeyStage::Linked)).then_some(()))
        .await;
    stage.says(CUSTOMER, AGENT, "Behind the gate?").await;
    assert_eq!(device.texts(1).await, ["Behind the gate?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_typed_leads_to_the_same_gate() {
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    stage.world.require_passkey(AGENT, true).await.expect("a passkey");
    let mut device = stage.unlinked().await;
    let code = asks(&mut device, AGENT).await;
    assert_eq!(stage.world.enter_code(AGENT, &code).await, Err(WorldError::PasskeyRequired));
    let request = serde_json::from_str(&passkey_asked(&mut device).await).expect("json");
    let right = stage.world.assert_passkey(&request, None).await.expect("an assertion");
    device.client.send_passkey_response(assertion(&right)).await.expect("taken");
    compared(&mut device).await;
    device.client.send_passkey_confirmation().await.expect("confirmed");
    device.connected().await;

    // A device that goes away ends its attempt, and without the gate linking is as ever.
    let mut device = stage.unlinked().await;
    let code = device.qr().await;
    assert_eq!(stage.world.scan(AGENT, &code).await, Err(WorldError::PasskeyRequired));
    passkey_asked(&mut device).await;
    device.stop().await;
    eventually("the end of the attempt", async || (stage_of(&stage).await == Some(PasskeyStage::Ended)).then_some(()))
        .await;
    stage.world.require_passkey(AGENT, false).await.expect("no passkey");
    stage.linked(AGENT).await;
}
