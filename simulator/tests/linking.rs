//! Linking without a camera: by a code that is typed on the phone.

mod support;

use ownline_simulator::world::{LinkRequestView, WorldError};
use support::raw::{Keys, Manner, Raw, child, content, leaf, text};
use support::{AGENT, CUSTOMER, Device, OTHER_AGENT, Stage, eventually};
use wacore_binary::builder::NodeBuilder;
use whatsapp_rust::pair_code::PairCodeOptions;
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
