//! What the phone hands over at linking, and whether an agent can work meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use ownline_model::{
    bridge::{HistoryState, NumberUse},
    conversation::ConversationItem,
    message::Message,
    page::Page,
};
use ownline_tests::{AgentApp, Stage};
use serde_json::{Value, json};

use crate::{disk, figures::Figures, memory, restart, size::Size};

const NUMBER: &str = "5511988887300";
/// Nobody clicks faster than this.
const BETWEEN_CLICKS: Duration = Duration::from_millis(150);
/// Without a step forward for so long, it has stopped.
const STEP_WITHIN: Duration = Duration::from_mins(2);
/// The import is cut into so many parts, so that one sees whether it slows down as it grows.
const PARTS: u64 = 20;
const CLICKS_AFTERWARDS: usize = 30;
/// Over a file of more than a gigabyte; after a kill it is looked through beside the work.
const RESTARTS: usize = 3;

pub(crate) async fn measure(stage: &Stage, size: &Size, figures: &mut Figures) -> Result<()> {
    let messages = size.contacts * size.messages_per_contact;
    let phone = stage.network.phone(NUMBER, "Past").await?;
    let past = json!({
        "conversations": size.contacts, "messages_per_conversation": size.messages_per_contact, "seed": 7,
    });
    let _: Value = stage.network.api.post(&format!("/phones/{NUMBER}/history"), &past).await?;
    let mut app = stage.agent("Past").await?;
    let code = app.asks_for_code(NumberUse::Work).await?;
    let start = Instant::now();
    phone.scan(&code).await?;
    restart::online(&app, start).await?;
    imported(&app, messages, start, figures).await?;
    figures.add("history import, all of it", "s", start.elapsed().as_secs_f64());
    figures.add("  messages", "messages/s", messages as f64 / start.elapsed().as_secs_f64());
    let peak = app.program.memory_in_full()?.highest;
    figures.mebibytes("  highest memory of the bridge", "MiB peak RSS", peak);
    figures.mebibytes("  on the disk by then", "MiB", disk::occupied(&app.data)?);
    for _ in 0..CLICKS_AFTERWARDS {
        clicks(&app, "afterwards", figures).await?;
    }
    figures.mebibytes("memory at rest, after the import", "MiB PSS", memory::at_rest(&app).await?.share);
    restart::measure(&mut app, RESTARTS.min(size.restarts), figures).await
}

/// Clicks around until everything is here.
async fn imported(app: &AgentApp, messages: u64, start: Instant, figures: &mut Figures) -> Result<()> {
    let mut since = (start, 0_u64);
    let mut moved = (Instant::now(), 0_u64);
    loop {
        let Some(progress) = app.status().await?.history else { bail!("no history is handed over") };
        if progress.messages >= since.1 + messages.div_ceil(PARTS) {
            let part = (progress.messages - since.1) as f64 / since.0.elapsed().as_secs_f64();
            figures.add("history import, part by part", "messages/s", part);
            figures.mebibytes("  memory meanwhile", "MiB PSS", app.program.memory()?);
            since = (Instant::now(), progress.messages);
        }
        if progress.messages > moved.1 {
            moved = (Instant::now(), progress.messages);
        }
        if progress.messages >= messages && progress.state == HistoryState::Done {
            ensure!(
                (progress.messages, progress.failed) == (messages, 0),
                "{messages} messages were handed over: {progress:?}"
            );
            return Ok(());
        }
        ensure!(moved.0.elapsed() < STEP_WITHIN, "the import has stopped: {progress:?}");
        clicks(app, "meanwhile", figures).await?;
    }
}

/// What an agent does all day: looks at the list, looks for somebody, opens a chat.
async fn clicks(app: &AgentApp, when: &str, figures: &mut Figures) -> Result<()> {
    let start = Instant::now();
    let list: Page<ConversationItem> = app.api.get("/api/conversations?limit=50").await?;
    figures.milliseconds(format!("list, {when}"), start.elapsed());
    tokio::time::sleep(BETWEEN_CLICKS).await;
    let start = Instant::now();
    let _: Page<ConversationItem> = app.api.get("/api/conversations?limit=50&q=greta%20diallo").await?;
    figures.milliseconds(format!("search by name, {when}"), start.elapsed());
    tokio::time::sleep(BETWEEN_CLICKS).await;
    if let Some(item) = list.items.last() {
        let start = Instant::now();
        let _: Page<Message> = app.api.get(&format!("/api/conversations/{}/messages", item.conversation.id)).await?;
        figures.milliseconds(format!("open a chat, {when}"), start.elapsed());
        tokio::time::sleep(BETWEEN_CLICKS).await;
    }
    Ok(())
}
