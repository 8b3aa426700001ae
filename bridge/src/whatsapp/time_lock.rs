//! The time-lock on new chats: for how long, asked of WhatsApp after it refused one.

use std::{sync::Arc, time::Duration};

use ownline_model::time::UtcMillis;
use whatsapp_rust::{Client, MexError};

use crate::store::Store;

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Without an answer the rules' own guess stands.
pub(super) async fn ask(client: Arc<Client>, store: Store) {
    let asked = client.mex();
    match tokio::time::timeout(ANSWER_WITHIN, asked.fetch_reachout_timelock()).await {
        Ok(Ok(lock)) if lock.is_active == Some(true) => {
            if let Some(until) = end(lock.time_enforcement_ends.as_deref())
                && let Err(error) = store.new_chats_frozen(Some(until)).await
            {
                tracing::error!(%error, "how long WhatsApp takes no new chats could not be noted");
            }
        }
        Ok(Ok(_)) => {}
        Ok(Err(MexError::Request(error))) => tracing::debug!(%error, "WhatsApp does not say how long"),
        Ok(Err(error)) => tracing::warn!(%error, "WhatsApp says how long in words that nobody understands"),
        Err(_) => tracing::debug!("WhatsApp does not say how long"),
    }
}

/// Seconds since 1970.
fn end(text: Option<&str>) -> Option<UtcMillis> {
    let seconds: i64 = text?.parse().ok()?;
    seconds.checked_mul(1_000).filter(|millis| *millis > 0).map(UtcMillis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_read() {
        assert_eq!(end(Some("1770000000")), Some(UtcMillis(1_770_000_000_000)));
        for nothing in [None, Some(""), Some("soon"), Some("-1"), Some("9223372036854775807")] {
            assert_eq!(end(nothing), None, "{nothing:?}");
        }
    }
}
