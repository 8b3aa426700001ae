//! One API, two hosts: what the screen may rely on is the same on the bridge and on the server.

use anyhow::{Context as _, Result};
use ownline_tests::program::run;
use serde_json::Value;

/// The desk's operations, as both hosts must offer them.
const SHARED: [&str; 20] = [
    "list_conversations",
    "conversation_counts",
    "get_conversation",
    "list_messages",
    "send_message",
    "mark_read",
    "retry_message",
    "list_tickets",
    "get_ticket",
    "assign_ticket",
    "reply_ticket",
    "resolve_ticket",
    "close_ticket",
    "reopen_ticket",
    "list_contacts",
    "get_contact",
    "patch_contact",
    "list_agents",
    "list_channels",
    "get_profile",
];

async fn document(program: &str) -> Result<Value> {
    let ended = run(program, &["openapi"], "").await?;
    serde_json::from_str(&ended.stdout).with_context(|| format!("{program}: {}", ended.stderr))
}

/// Path, method, parameters, body and good answers of an operation; words may differ.
fn shape(document: &Value, operation: &str) -> Option<Value> {
    let paths = document["paths"].as_object()?;
    for (path, methods) in paths {
        for (method, found) in methods.as_object()? {
            if found["operationId"] == operation {
                let mut parameters = found["parameters"].as_array().cloned().unwrap_or_default();
                for parameter in &mut parameters {
                    if let Some(parameter) = parameter.as_object_mut() {
                        parameter.remove("description");
                    }
                }
                parameters.sort_by_key(|parameter| parameter["name"].to_string());
                let answers: Vec<Value> = found["responses"]
                    .as_object()?
                    .iter()
                    .filter(|(status, _)| status.starts_with('2'))
                    .map(|(status, answer)| serde_json::json!([status, answer["content"]]))
                    .collect();
                return Some(serde_json::json!([path, method, parameters, found["requestBody"]["content"], answers]));
            }
        }
    }
    None
}

#[tokio::test]
async fn the_desk_has_the_same_routes_on_both_hosts() -> Result<()> {
    let (bridge, server) = tokio::try_join!(document("ownline-bridge"), document("ownline-server"))?;
    for operation in SHARED {
        let on_server = shape(&server, operation).with_context(|| format!("{operation} on the server"))?;
        let on_bridge = shape(&bridge, operation).with_context(|| format!("{operation} on the bridge"))?;
        assert_eq!(on_bridge, on_server, "{operation}");
    }
    let (ours, theirs) = (&bridge["components"]["schemas"], &server["components"]["schemas"]);
    for (name, schema) in ours.as_object().context("schemas")? {
        if !theirs[name].is_null() {
            assert_eq!(schema, &theirs[name], "schema {name}");
        }
    }
    Ok(())
}
