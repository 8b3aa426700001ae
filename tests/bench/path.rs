//! What people wait for.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ownline_model::{bridge::NumberUse, session::SessionStateName};
use ownline_tests::{AgentApp, Stage};

use crate::{disk, figures::Figures, screen::Screen};

const ROUNDS: usize = 5;
const WARM_UP: usize = 10;
const LONE_MESSAGES: usize = 200;
const ASK_EVERY: Duration = Duration::from_millis(5);
const ONLINE_WITHIN: Duration = Duration::from_secs(45);
const SETTLES_WITHIN: Duration = Duration::from_secs(20);

/// From the phone's approval to a session that can send, on a machine that has never been linked; then, once the bridge
/// has nothing more to do, what it occupies. It is the only bridge that runs: nobody shares its pages.
pub(crate) async fn scan_to_online(stage: &Stage, figures: &mut Figures) -> Result<()> {
    for round in 0..ROUNDS {
        let phone = stage.network.phone(&format!("55119888870{round:02}"), "Scan").await?;
        let app = stage.agent(&format!("Scan {round}")).await?;
        let code = app.asks_for_code(NumberUse::Work).await?;
        let start = Instant::now();
        phone.scan(&code).await?;
        while app.status().await?.session.name() != SessionStateName::Online {
            ensure!(start.elapsed() < ONLINE_WITHIN, "the session does not come online");
            tokio::time::sleep(ASK_EVERY).await;
        }
        figures.add("scan to online", "ms", start.elapsed().as_secs_f64() * 1000.0);
        app.is_in_sync().await?;
        figures.add("bridge memory at rest, linked", "MiB PSS", at_rest(&app).await?);
    }
    Ok(())
}

/// The memory once it has not moved by more than one in a hundred for five seconds.
async fn at_rest(app: &AgentApp) -> Result<f64> {
    let start = Instant::now();
    let mut settled = app.program.memory()?;
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_secs(5) && start.elapsed() < SETTLES_WITHIN {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = app.program.memory()?;
        if now.abs_diff(settled) > settled / 100 {
            (settled, since) = (now, Instant::now());
        }
    }
    Ok(app.program.memory()? as f64 / 1_048_576.0)
}

/// From the customer's send to the event that paints it on a colleague's screen: simulator, the owner's bridge, the
/// server, the colleague's bridge and its socket, all on this machine. Three of them commit one after the other.
pub(crate) async fn customer_to_screen(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let (_ana, phone) = stage.linked_agent("Ana", "5511988887100").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345100", "Joana").await?;
    let mut screen = Screen::open(&bruno).await?;
    for number in 0..WARM_UP + LONE_MESSAGES {
        let text = format!("lone message {number}");
        let start = Instant::now();
        joana.writes(&phone, &text).await?;
        let written = start.elapsed();
        screen.shows(&text).await?;
        if number >= WARM_UP {
            figures.add("customer's send to colleague's screen", "ms", start.elapsed().as_secs_f64() * 1000.0);
            figures.add("  of it, until the network had taken it", "ms", written.as_secs_f64() * 1000.0);
        }
    }
    disk::measure(&stage.folder(), figures)
}
