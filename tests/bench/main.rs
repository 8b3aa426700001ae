//! Measures of the whole, on real programs: `make bench`. Prints medians; asserts nothing about time.

mod disk;
mod figures;
mod ingest;
mod intake;
mod path;
mod screen;

use anyhow::Result;
use figures::Figures;
use ownline_tests::Stage;

/// Names of measures (`path`, `intake`, `ingest`) narrow it down; without any, all are taken.
#[tokio::main]
async fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut stage = Stage::set().await?;
    let mut figures = Figures::new();
    if wants("path") {
        path::scan_to_online(&stage, &mut figures).await?;
        path::customer_to_screen(&stage, &mut figures).await?;
    }
    if wants("intake") {
        intake::measure(&mut stage, &mut figures).await?;
    }
    if wants("ingest") {
        ingest::measure(&stage, &mut figures).await?;
    }
    figures.print();
    Ok(())
}
