//! What a bridge takes in from WhatsApp, each message acknowledged only after the bridge's commit.

use anyhow::{Context as _, Result, ensure};
use ownline_tests::{AgentApp, Phone, Stage, until};
use serde_json::{Value, json};

use crate::{disk, figures::Figures};

const CUSTOMERS: u64 = 20;
const MESSAGES: u64 = 5_000;
const WARM_UP: u64 = 400;
const ROUNDS: usize = 5;

pub(crate) async fn measure(stage: &mut Stage, figures: &mut Figures) -> Result<()> {
    let (app, phone) = stage.linked_agent("Load", "5511988887200").await?;
    // Sessions, chats and contacts are made once, before the clock runs.
    load(stage, &app, &phone, WARM_UP, None).await?;
    drained(&app).await?;
    for _ in 0..ROUNDS {
        // The desk's own work, on the same cores, is another measure: here it is away, and what it is owed waits.
        stage.desk.program.stop().await?;
        load(
            stage,
            &app,
            &phone,
            MESSAGES,
            Some((&mut *figures, ["bridge intake", "  bridge's CPU", "  simulator's CPU"])),
        )
        .await?;
        let owed = app.status().await?.outbox;
        ensure!(owed >= MESSAGES, "only {owed} messages wait for the desk");
        stage.desk.program.start_again().await?;
        drained(&app).await?;
        let busy =
            ["bridge intake beside server and sync", "  bridge's CPU, with sync", "  simulator's CPU, with sync"];
        load(stage, &app, &phone, MESSAGES, Some((&mut *figures, busy))).await?;
        drained(&app).await?;
        figures.add("bridge memory after the load", "MiB PSS", app.program.memory()? as f64 / 1_048_576.0);
        disk::measure(&stage.folder(), figures)?;
    }
    Ok(())
}

async fn drained(app: &AgentApp) -> Result<()> {
    until("the outbox to drain", async || app.status().await, |status| status.outbox == 0).await.map(drop)
}

async fn load(
    stage: &Stage,
    app: &AgentApp,
    phone: &Phone,
    messages: u64,
    noted: Option<(&mut Figures, [&'static str; 3])>,
) -> Result<()> {
    let body = json!({ "to": phone.number, "customers": CUSTOMERS, "messages": messages });
    let before = (app.program.cpu()?, stage.network.program.cpu()?);
    let answer: Value = stage.network.api.post("/load", &body).await?;
    let after = (app.program.cpu()?, stage.network.program.cpu()?);
    let delivered = answer["delivered"].as_u64().with_context(|| format!("delivered in {answer}"))?;
    ensure!(delivered == messages, "{messages} messages were sent: {answer}");
    if let Some((figures, [rate, own, others])) = noted {
        // From the first send to the last receipt.
        figures.add(rate, "messages/s", answer["per_second"].as_f64().context("per_second")?);
        let each = |cpu: std::time::Duration| cpu.as_secs_f64() * 1e6 / messages as f64;
        figures.add(own, "µs/message", each(after.0.saturating_sub(before.0)));
        figures.add(others, "µs/message", each(after.1.saturating_sub(before.1)));
    }
    Ok(())
}
