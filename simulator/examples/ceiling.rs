//! How much bulk the network can send to a linked device that only acknowledges: `ceiling CUSTOMERS MESSAGES` prints the report
//! of the load as JSON. It decrypts nothing and stores nothing, so that what is measured is the network.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::Write as _;

use ownline_simulator::world::Load;
use support::raw::{Keys, Raw, text};
use support::{AGENT, Stage};
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let wanted = std::env::args().skip(1).map(|argument| argument.parse()).collect::<Result<Vec<u32>, _>>()?;
    let &[customers, messages] = wanted.as_slice() else { anyhow::bail!("ceiling CUSTOMERS MESSAGES") };
    let stage = Stage::set().await;
    stage.phone(AGENT).await;
    let keys = Keys::new();
    let device = Raw::link(&stage, &keys, AGENT).await;
    let mut raw = Raw::log_in(&stage, &keys, AGENT, device).await;
    raw.activate().await;
    // One-time keys for every customer's first message, and the phone's.
    raw.upload(&keys, 1, customers + 1).await;
    let acknowledging = tokio::spawn(acknowledge(raw));
    // Sessions are made by a message each, before the clock runs.
    let load =
        |messages| Load { to: AGENT.to_owned(), customers, messages, rate: None, media_percent: 0.0, timeout_ms: None };
    stage.world.load(load(customers)).await?;
    let report = stage.world.load(load(messages.max(customers))).await?;
    anyhow::ensure!(report.delivered == report.messages, "{report:?}");
    acknowledging.abort();
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    stage.world.close().await;
    Ok(())
}

async fn acknowledge(mut raw: Raw) {
    for node in std::mem::take(&mut raw.aside) {
        confirm(&mut raw, &node).await;
    }
    while let Some(node) = raw.next().await {
        confirm(&mut raw, &node).await;
    }
}

async fn confirm(raw: &mut Raw, node: &Node) {
    let (from, id) = (text(node, "from"), text(node, "id"));
    let answer = match &*node.tag {
        "message" if text(node, "category") == "peer" => {
            NodeBuilder::new("receipt").attr("to", from).attr("id", id).attr("type", "peer_msg")
        }
        "message" => NodeBuilder::new("receipt").attr("to", from).attr("id", id),
        "notification" => NodeBuilder::new("ack")
            .attr("class", "notification")
            .attr("to", from)
            .attr("id", id)
            .attr("type", text(node, "type")),
        _ => return,
    };
    raw.send(&answer.build()).await;
}
