//! What this machine's disk asks for one commit: the yardstick for everything that waits for one.

use std::{fs::File, io::Write as _, path::Path, time::Instant};

use anyhow::Result;

use crate::figures::Figures;

/// About what a small transaction appends to a write-ahead log.
const COMMIT: [u8; 16 * 1024] = [7; 16 * 1024];
const COMMITS: usize = 40;

pub(crate) fn measure(folder: &Path, figures: &mut Figures) -> Result<()> {
    let mut file = File::create(folder.join("yardstick"))?;
    for _ in 0..COMMITS {
        let start = Instant::now();
        file.write_all(&COMMIT)?;
        file.sync_data()?;
        figures.add("yardstick: 16 KiB to the disk", "ms", start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(())
}
