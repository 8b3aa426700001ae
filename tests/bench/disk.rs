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
        figures.milliseconds("yardstick: 16 KiB to the disk", start.elapsed());
    }
    Ok(())
}

/// What lies in a folder, and below it.
pub(crate) fn occupied(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in folder.read_dir()? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { occupied(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
