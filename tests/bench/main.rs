//! Measures of the whole, on real programs: `make bench`. Prints medians; asserts nothing about time.

mod figures;
mod ingest;
mod screen;

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use figures::Figures;
use ownline_model::bridge::NumberUse;
use ownline_tests::{Stage, until};
use serde_json::{Value, json};

const ROUNDS: usize = 5;
const LONE_MESSAGES: usize = 100;
const LOAD_MESSAGES: u64 = 5_000;

#[tokio::main]
async fn main() -> Result<()> {
    let stage = Stage::set().await?;
    let mut figures = Figures::new();
    scan_to_online(&stage, &mut figures).await?;
    customer_to_screen(&stage, &mut figures).await?;
    durable_intake(&stage, &mut figures).await?;
    ingest::measure(&stage, &mut figures).await?;
    figures.print();
    Ok(())
}

/// From the phone's approval to a session that can send.
async fn scan_to_online(stage: &Stage, figures: &mut Figures) -> Result<()> {
    for round in 0..ROUNDS {
        let phone = stage.network.phone(&format!("55119888870{round:02}"), "Scan").await?;
        let app = stage.agent(&format!("Scan {round}")).await?;
        let code = app.asks_for_code(NumberUse::Work).await?;
        let start = Instant::now();
        phone.scan(&code).await?;
        app.is_online().await?;
        figures.add("scan to online", "ms", start.elapsed().as_secs_f64() * 1000.0);
        app.is_in_sync().await?;
        figures.add("bridge memory at rest, linked", "MiB PSS", app.program.memory()? as f64 / 1_048_576.0);
    }
    Ok(())
}

/// From the customer's send to the event that paints it on a colleague's screen: simulator, the owner's bridge, the
/// server, the colleague's bridge and its socket, all on this machine.
async fn customer_to_screen(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let (_ana, phone) = stage.linked_agent("Ana", "5511988887100").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345100", "Joana").await?;
    let mut screen = screen::Screen::open(&bruno).await?;
    for number in 0..LONE_MESSAGES {
        let text = format!("lone message {number}");
        let start = Instant::now();
        joana.writes(&phone, &text).await?;
        screen.shows(&text).await?;
        figures.add("customer's send to colleague's screen", "ms", start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(())
}

/// Texts from twenty customers, each acknowledged to WhatsApp only after the bridge's commit.
async fn durable_intake(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let (app, phone) = stage.linked_agent("Load", "5511988887200").await?;
    for _ in 0..3 {
        let body = json!({ "to": phone.number, "customers": 20, "messages": LOAD_MESSAGES });
        let start = Instant::now();
        let answer: Value = stage.network.api.post("/load", &body).await?;
        let elapsed = start.elapsed().as_secs_f64();
        let delivered = answer["delivered"].as_u64().with_context(|| format!("delivered in {answer}"))?;
        ensure!(delivered >= LOAD_MESSAGES, "lost messages: {answer}");
        figures.add("durable intake of the bridge", "messages/s", delivered as f64 / elapsed);
        until("the outbox to drain", async || app.status().await, |status| status.outbox == 0).await?;
        figures.add("bridge memory after the load", "MiB PSS", app.program.memory()? as f64 / 1_048_576.0);
    }
    Ok(())
}
