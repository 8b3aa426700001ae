//! The outbox, first in, first out. A row dies only after the server has answered it, and repeating a push is harmless, so
//! a cut in the middle costs nothing but the repetition.

use ownline_model::{
    PROTOCOL,
    problem::Problem,
    sync::{Change, ChangeResult, Outcome, Push, PushAnswer, Truth},
};
use reqwest::Method;

use crate::{
    account::{Account, RemoteError},
    failpoint,
    store::Store,
    time::now,
};

/// Changes in one push.
const BATCH: usize = 200;
/// Bytes of JSON in one push, well below what a server takes.
const BATCH_BYTES: usize = 512 * 1024;

pub(super) async fn everything(store: &Store, account: &Account) -> Result<(), RemoteError> {
    let device_id = store.device_id().await?;
    let mut most = BATCH;
    loop {
        let more = store.share_earlier().await?;
        let mut changes = within_budget(store.outbox(most as u32).await?);
        if changes.is_empty() {
            if more {
                continue;
            }
            return Ok(());
        }
        let sent = changes.len();
        let push = Push { protocol: PROTOCOL, device_id, changes: std::mem::take(&mut changes) };
        failpoint::here("pushing");
        let body = serde_json::to_vec(&push).map_err(crate::store::StoreError::from)?;
        match account.call::<PushAnswer>(Method::POST, "/api/sync/push", Some(body)).await {
            Ok(answer) => {
                failpoint::here("pushed");
                store.set_clock_skew(now().since(answer.server_time));
                if answer.results.is_empty() {
                    return Err(RemoteError::Unreachable("the server answered no change".to_owned()));
                }
                store.apply_results(answer.results).await?;
                most = BATCH;
            }
            // One change spoils the batch: find it by sending one at a time, and set it aside alone.
            Err(RemoteError::Refused(problem)) if spoils(&problem) && sent > 1 => most = 1,
            Err(RemoteError::Refused(problem)) if spoils(&problem) => {
                let result = ChangeResult {
                    id: push.changes[0].id,
                    outcome: Outcome::Rejected {
                        code: problem.code,
                        detail: problem.detail.clone().unwrap_or_default(),
                    },
                    truth: Truth::default(),
                };
                store.apply_results(vec![result]).await?;
                most = BATCH;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether the server cannot read what was sent, so that sending it again cannot help.
fn spoils(problem: &Problem) -> bool {
    matches!(problem.status, 400 | 413 | 422)
}

/// The longest run from the front that fits a request; at least one.
fn within_budget(changes: Vec<Change>) -> Vec<Change> {
    let mut bytes = 0;
    changes
        .into_iter()
        .enumerate()
        .take_while(|(index, change)| {
            bytes += serde_json::to_vec(change).map_or(0, |json| json.len());
            *index == 0 || bytes <= BATCH_BYTES
        })
        .map(|(_, change)| change)
        .collect()
}
