//! A device that is not linked yet: it answers our iqs, pings, and may ask to be linked by a code or prove a passkey.

use std::sync::Arc;

use wacore_binary::{Node, NodeRef};

use super::pairing::Offer;
use super::{Network, iq, link_code, passkey};

/// Serves one stanza.
pub(super) async fn handle(network: &Network, offer: &Arc<Offer>, node: &NodeRef<'_>) {
    if &*node.tag != "iq" {
        return;
    }
    let mut attrs = node.attrs();
    let id = attrs.optional_string("id").unwrap_or_default();
    match attrs.optional_string("type").as_deref() {
        Some("result") => {
            let identity = node
                .get_optional_child("pair-device-sign")
                .and_then(|sign| sign.get_optional_child("device-identity"))
                .and_then(NodeRef::content_bytes);
            if let Some(identity) = identity {
                offer.answered(&id, Ok(identity.to_vec()));
            }
        }
        Some("error") => {
            let error = node.get_optional_child("error");
            let text = error.and_then(|error| error.attrs().optional_string("text").map(std::borrow::Cow::into_owned));
            let code = error.and_then(|error| error.attrs().optional_string("code").map(std::borrow::Cow::into_owned));
            let reason = format!("{} {}", code.unwrap_or_default(), text.unwrap_or_default());
            offer.answered(&id, Err(reason.trim().to_owned()));
        }
        _ => {
            offer.link.send(answer(network, offer, node)).await;
        }
    }
}

fn answer(network: &Network, offer: &Arc<Offer>, question: &NodeRef<'_>) -> Node {
    if let Some(part) = question.get_optional_child("link_code_companion_reg") {
        return link_code::answer(network, offer, question, part);
    }
    passkey::answer(network, offer, question).unwrap_or_else(|| iq::result(question).build())
}
