//! Pages of the server's snapshot and journal. The cursor moves in the same transaction as what it stands for.

use ownline_model::{limits::SYNC_BATCH_MAX, problem::ProblemCode, sync::PullAnswer};
use reqwest::{Method, Url};

use crate::{
    account::{Account, RemoteError},
    failpoint,
    store::Store,
    time::now,
};

pub(super) async fn everything(store: &Store, account: &Account) -> Result<(), RemoteError> {
    loop {
        let cursor = store.cursor().await?;
        match account.call::<PullAnswer>(Method::GET, &path(cursor.as_deref()), None).await {
            Ok(page) => {
                store.set_clock_skew(now().since(page.server_time));
                let last = !page.more;
                if !page.entries.is_empty() || cursor.as_ref() != Some(&page.cursor) || last {
                    failpoint::here("pulled");
                    store.apply_pull(page.entries, page.cursor, last).await?;
                }
                if last {
                    return Ok(());
                }
            }
            Err(RemoteError::Refused(problem)) if problem.code == ProblemCode::InvalidRequest && cursor.is_some() => {
                tracing::warn!("the server does not know the cursor any more; asking for everything");
                store.forget_cursor().await?;
            }
            Err(error) => return Err(error),
        }
    }
}

fn path(cursor: Option<&str>) -> String {
    let mut path = format!("/api/sync/pull?limit={SYNC_BATCH_MAX}");
    // Only a URL knows which characters have to be escaped.
    if let Some(cursor) = cursor
        && let Ok(url) = Url::parse_with_params("http://localhost/", [("cursor", cursor)])
        && let Some(query) = url.query()
    {
        path.push('&');
        path.push_str(query);
    }
    path
}
