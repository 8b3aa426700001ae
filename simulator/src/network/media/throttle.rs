//! Transfers that are made slow, broken or cut.

use std::time::Duration;

use tokio::time::Instant;

/// What happens to one transfer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Before the first byte, milliseconds.
    pub delay_ms: Option<u64>,
    pub bytes_per_second: Option<u64>,
    pub corrupt: bool,
    /// The transfer ends after so many bytes.
    pub cut_after: Option<u64>,
    /// It is answered with this status instead.
    pub refused: Option<u16>,
}

impl Trouble {
    pub(super) async fn wait(&self) {
        if let Some(ms) = self.delay_ms {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
    }

    pub(super) fn pace(&self) -> Pace {
        Pace { began: Instant::now(), passed: 0, per_second: self.bytes_per_second, cut_after: self.cut_after }
    }
}

/// Keeps a transfer to its speed and to its end.
pub(super) struct Pace {
    began: Instant,
    passed: u64,
    per_second: Option<u64>,
    cut_after: Option<u64>,
}

impl Pace {
    /// Lets up to `length` bytes pass when they are due. Answers how many may; fewer when the transfer is to be cut.
    pub(super) async fn pass(&mut self, length: usize) -> usize {
        let allowed = self.cut_after.map_or(u64::MAX, |cut| cut.saturating_sub(self.passed));
        let length = length.min(usize::try_from(allowed).unwrap_or(usize::MAX));
        self.passed += length as u64;
        if let Some(per_second) = self.per_second {
            let due = Duration::from_secs_f64(self.passed as f64 / per_second.max(1) as f64);
            tokio::time::sleep_until(self.began + due).await;
        }
        length
    }

    /// Small pieces make a slow transfer a steady one.
    pub(super) fn chunk(&self, most: usize) -> usize {
        self.per_second.map_or(most, |per_second| usize::try_from(per_second / 10).unwrap_or(most).clamp(1, most))
    }
}
