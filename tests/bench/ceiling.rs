//! What the simulated network can send to a device that does nothing but acknowledge. Both share one process and the machine,
//! as the network and a bridge do: a bridge's intake can come near it and never above.

use anyhow::{Context as _, Result, ensure};
use ownline_tests::program::run;
use serde_json::Value;

use crate::{figures::Figures, size::Size};

const CUSTOMERS: [u64; 3] = [1, 20, 200];

pub(crate) async fn measure(size: &Size, figures: &mut Figures) -> Result<()> {
    for _ in 0..size.rounds {
        for customers in CUSTOMERS {
            let (customers, messages) = (customers.to_string(), size.ceiling.to_string());
            let ended = run("examples/ceiling", &[&customers, &messages], "").await?;
            ensure!(ended.code == Some(0), "the measure of the simulated network: {}{}", ended.stdout, ended.stderr);
            let report: Value = serde_json::from_str(ended.stdout.trim()).context(ended.stdout.clone())?;
            let figure = |name: &str| report[name].as_f64().with_context(|| format!("{name} in {report}"));
            figures.add(format!("sent and acknowledged, customers: {customers}"), "messages/s", figure("per_second")?);
            figures.add("  until half of them were acknowledged", "ms", figure("p50_ms")?);
        }
    }
    Ok(())
}
