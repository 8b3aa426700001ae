//! From starting a linked bridge to a session that can send.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ownline_model::session::SessionStateName;
use ownline_tests::AgentApp;

use crate::figures::Figures;

const ASK_EVERY: Duration = Duration::from_millis(5);
const ONLINE_WITHIN: Duration = Duration::from_mins(2);

/// Ended politely and by pulling the plug, in turn.
pub(crate) async fn measure(app: &mut AgentApp, times: usize, figures: &mut Figures) -> Result<()> {
    for _ in 0..times {
        app.program.stop().await?;
        online_again(app, "restart to online, after a stop", figures).await?;
        app.program.kill().await?;
        online_again(app, "restart to online, after a kill", figures).await?;
    }
    Ok(())
}

async fn online_again(app: &mut AgentApp, name: &'static str, figures: &mut Figures) -> Result<()> {
    let start = Instant::now();
    app.start_again().await?;
    let answers = start.elapsed();
    online(app, start).await?;
    figures.milliseconds(name, start.elapsed());
    figures.milliseconds("  of it, until its screen could open", answers);
    Ok(())
}

pub(crate) async fn online(app: &AgentApp, start: Instant) -> Result<()> {
    while app.status().await?.session.name() != SessionStateName::Online {
        ensure!(start.elapsed() < ONLINE_WITHIN, "the session does not come online");
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(())
}
