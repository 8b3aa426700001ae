//! What a bridge takes in from WhatsApp, each message acknowledged only after the bridge's commit.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use ownline_tests::{AgentApp, Phone, Stage, until};
use serde_json::{Value, json};

use crate::{disk, figures::Figures, memory, restart, size::Size};

const CUSTOMERS: u64 = 20;
const WARM_UP: u64 = 400;
const PICTURES_PERCENT: u64 = 5;
const FETCHED_WITHIN: Duration = Duration::from_mins(2);

pub(crate) async fn measure(stage: &mut Stage, size: &Size, figures: &mut Figures) -> Result<()> {
    let (mut app, phone) = stage.linked_agent("Load", "5511988887200").await?;
    note_memory(&app, "memory at rest, linked and empty", figures).await?;
    // Sessions, chats and contacts are made once, before the clock runs.
    load(stage, &app, &phone, WARM_UP, 0).await?;
    drained(&app).await?;
    for _ in 0..size.rounds {
        // The desk's own work, on the same cores, is another measure: here it is away, and what it is owed waits.
        stage.desk.program.stop().await?;
        load(stage, &app, &phone, size.texts, 0).await?.note(figures, "texts");
        pictures(stage, &app, &phone, size.with_pictures, figures).await?;
        let owed = app.status().await?.outbox;
        ensure!(owed >= size.texts + size.with_pictures, "only {owed} messages wait for the desk");
        stage.desk.program.start_again().await?;
        let start = Instant::now();
        drained(&app).await?;
        figures.add("  told to the server afterwards", "changes/s", owed as f64 / start.elapsed().as_secs_f64());
        load(stage, &app, &phone, size.texts_with_sync, 0).await?.note(figures, "texts, beside server and sync");
        drained(&app).await?;
        disk::measure(&stage.folder(), figures)?;
    }
    note_memory(&app, "memory at rest, after all these messages", figures).await?;
    figures.mebibytes("  on the disk by then", "MiB", disk::occupied(&app.data)?);
    restart::measure(&mut app, size.restarts, figures).await?;
    note_memory(&app, "memory at rest, started anew", figures).await
}

async fn note_memory(app: &AgentApp, name: &str, figures: &mut Figures) -> Result<()> {
    let memory = memory::at_rest(app).await?;
    figures.mebibytes(name, "MiB PSS", memory.share);
    figures.mebibytes(name, "MiB RSS", memory.resident);
    Ok(())
}

/// Waits as long as the outbox gets shorter.
async fn drained(app: &AgentApp) -> Result<()> {
    let mut owed = u64::MAX;
    while owed > 0 {
        let less =
            until("the outbox to get shorter", async || app.status().await, |status| status.outbox < owed).await?;
        owed = less.outbox;
    }
    Ok(())
}

/// One in twenty is a picture, which the bridge fetches from the media host, opens, checks and seals while it takes in the
/// rest.
async fn pictures(stage: &Stage, app: &AgentApp, phone: &Phone, messages: u64, figures: &mut Figures) -> Result<()> {
    let folder = app.data.join("media");
    let before = files(&folder)?;
    let start = Instant::now();
    load(stage, app, phone, messages, PICTURES_PERCENT).await?.note(figures, "5 % pictures");
    let wanted = before + messages / CUSTOMERS * PICTURES_PERCENT / 100 * CUSTOMERS;
    while files(&folder)? < wanted {
        ensure!(start.elapsed() < FETCHED_WITHIN, "{} of {wanted} files after {FETCHED_WITHIN:?}", files(&folder)?);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let fetched = files(&folder)? - before;
    figures.add("  pictures fetched and sealed", "files/s", fetched as f64 / start.elapsed().as_secs_f64());
    Ok(())
}

fn files(folder: &Path) -> Result<u64> {
    Ok(if folder.exists() { folder.read_dir()?.count() as u64 } else { 0 })
}

struct Taken {
    messages: u64,
    per_second: f64,
    bridge: Duration,
    simulator: Duration,
}

impl Taken {
    fn note(self, figures: &mut Figures, what: &str) {
        figures.add(format!("bridge intake, {what}"), "messages/s", self.per_second);
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / self.messages as f64;
        figures.add(format!("  bridge's CPU, {what}"), "µs/message", each(self.bridge));
        figures.add(format!("  simulator's CPU, {what}"), "µs/message", each(self.simulator));
    }
}

async fn load(stage: &Stage, app: &AgentApp, phone: &Phone, messages: u64, pictures: u64) -> Result<Taken> {
    let body =
        json!({ "to": phone.number, "customers": CUSTOMERS, "messages": messages, "media_percent": pictures as f64 });
    let before = (app.program.cpu()?, stage.network.program.cpu()?);
    let answer: Value = stage.network.api.post("/load", &body).await?;
    let after = (app.program.cpu()?, stage.network.program.cpu()?);
    let delivered = answer["delivered"].as_u64().with_context(|| format!("delivered in {answer}"))?;
    ensure!(delivered == messages, "{messages} messages were sent: {answer}");
    Ok(Taken {
        messages,
        // From the first send to the last receipt.
        per_second: answer["per_second"].as_f64().context("per_second")?,
        bridge: after.0.saturating_sub(before.0),
        simulator: after.1.saturating_sub(before.1),
    })
}
