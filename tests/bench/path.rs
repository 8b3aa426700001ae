//! What people wait for.

use std::time::Instant;

use anyhow::Result;
use ownline_model::bridge::NumberUse;
use ownline_tests::Stage;

use crate::{disk, figures::Figures, memory, restart, screen::Screen, size::Size};

const WARM_UP: usize = 10;

/// From the phone's approval to a session that can send, on a machine that has never been linked; then, once the bridge
/// has nothing more to do, what it occupies. It is the only bridge that runs: nobody shares its pages.
pub(crate) async fn scan_to_online(stage: &Stage, size: &Size, figures: &mut Figures) -> Result<()> {
    for round in 0..size.rounds {
        let phone = stage.network.phone(&format!("55119888870{round:02}"), "Scan").await?;
        let app = stage.agent(&format!("Scan {round}")).await?;
        let code = app.asks_for_code(NumberUse::Work).await?;
        let start = Instant::now();
        phone.scan(&code).await?;
        restart::online(&app, start).await?;
        figures.milliseconds("scan to online", start.elapsed());
        app.is_in_sync().await?;
        let memory = memory::at_rest(&app).await?;
        figures.mebibytes("bridge memory at rest, linked", "MiB PSS", memory.share);
        figures.mebibytes("bridge memory at rest, linked", "MiB RSS", memory.resident);
    }
    Ok(())
}

/// From the customer's send to the event that paints it on a colleague's screen: simulator, the owner's bridge, the
/// server, the colleague's bridge and its socket, all on this machine. Three of them commit one after the other.
pub(crate) async fn customer_to_screen(stage: &Stage, size: &Size, figures: &mut Figures) -> Result<()> {
    let (_ana, phone) = stage.linked_agent("Ana", "5511988887100").await?;
    let bruno = stage.agent("Bruno").await?;
    let joana = stage.network.customer("5511912345100", "Joana").await?;
    let mut screen = Screen::open(&bruno).await?;
    for number in 0..WARM_UP + size.lone_messages {
        let text = format!("lone message {number}");
        let start = Instant::now();
        joana.writes(&phone, &text).await?;
        let written = start.elapsed();
        screen.shows(&text).await?;
        if number >= WARM_UP {
            figures.milliseconds("customer's send to colleague's screen", start.elapsed());
            figures.milliseconds("  of it, until the network had taken it", written);
        }
    }
    disk::measure(&stage.folder(), figures)
}
