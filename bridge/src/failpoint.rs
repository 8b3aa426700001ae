//! Moments at which a test may end the program as a lost power line would. Compiled away without the simulated network.

/// The moments, in the order in which a message meets them, inwards and outwards; those of a message that cannot be opened,
/// and of a receipt, stand behind the inward ones. Others have no name.
#[cfg(feature = "simulated-network")]
pub const MOMENTS: &[&str] = &[
    "decrypted",
    "copied",
    "received",
    "committing",
    "committed",
    "cleared",
    "ratcheted",
    "noted",
    "recovered",
    "told",
    "pushing",
    "pushed",
    "pulled",
    "leaving",
    "left",
    "answered",
    "settled",
];

/// Ends the program here if [`arm`] has said so.
#[cfg(feature = "simulated-network")]
pub(crate) fn here(moment: &'static str) {
    debug_assert!(MOMENTS.contains(&moment), "{moment} has no name");
    let _: Option<()> = fail::eval(moment, |_| ());
}

#[cfg(not(feature = "simulated-network"))]
pub(crate) const fn here(_moment: &'static str) {}

/// Arms one moment, given as `name`, `name:times` or `name:times:ms`: the program ends, without any goodbye, when it comes
/// there for that time; after it has been held there for so long, while everything else goes on. False: there is no such
/// moment.
#[cfg(feature = "simulated-network")]
pub fn arm(order: &str) -> bool {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    let mut parts = order.splitn(3, ':');
    let name = parts.next().unwrap_or_default();
    let (times, held) = (parts.next().unwrap_or("1"), parts.next().unwrap_or("0"));
    let Some(moment) = MOMENTS.iter().find(|moment| **moment == name) else { return false };
    let (Ok(times), Ok(held)) = (times.parse::<u32>(), held.parse().map(Duration::from_millis)) else { return false };
    let left = AtomicU32::new(times);
    let strike = move || {
        if left.fetch_sub(1, Ordering::Relaxed) == 1 {
            hold(held);
            std::process::abort();
        }
    };
    fail::cfg_callback(*moment, strike).is_ok()
}

#[cfg(feature = "simulated-network")]
#[expect(clippy::disallowed_methods, reason = "the thread is held as a stuck one would be; the program ends behind it")]
fn hold(time: std::time::Duration) {
    std::thread::sleep(time);
}

#[cfg(all(test, feature = "simulated-network"))]
mod tests {
    use super::*;

    #[test]
    fn only_moments_with_a_name_can_be_armed() {
        assert!(!arm("nowhere"));
        assert!(!arm("committed:soon"));
        assert!(!arm("committed:1:long"));
        assert!(arm("committed:4000000"));
        here("committed");
    }
}
