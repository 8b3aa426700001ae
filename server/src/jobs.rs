//! What is done from time to time. Each job is idempotent and takes no input: running one twice, or late, does no harm.

use std::time::Duration;

use ownline_model::{ids::TenantId, time::UtcMillis};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    app::App,
    desk::{self, Refusal, delivery},
    store::{accounts, journal, media},
};

const EXPIRE_EVERY: Duration = Duration::from_secs(15);
const PURGE_EVERY: Duration = Duration::from_hours(1);
/// Rows in one transaction: short, so that nobody waits for housekeeping.
const ROWS: u64 = 500;
/// Replicas away for longer start with a snapshot; outboxes older than this are not repeated.
const KEEP_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// Runs until the server ends.
pub(crate) async fn run(app: App, tenant: TenantId) {
    let mut expire_due = interval(EXPIRE_EVERY);
    let mut purge_due = interval(PURGE_EVERY);
    expire_due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    purge_due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (name, done) = tokio::select! {
            () = app.stopping() => return,
            _ = expire_due.tick() => ("expire", often(&app, tenant).await),
            _ = purge_due.tick() => ("purge", seldom(&app, tenant).await),
        };
        if let Err(error) = done {
            tracing::error!(job = name, %error, "a job failed; it runs again");
        }
    }
}

async fn often(app: &App, tenant: TenantId) -> Result<(), Refusal> {
    expire(app, tenant).await?;
    remove_files(app, tenant).await
}

async fn seldom(app: &App, tenant: TenantId) -> Result<(), Refusal> {
    purge(app, tenant).await?;
    sweep_files(app, tenant).await
}

/// Removes the files that nothing refers to any more.
pub(crate) async fn remove_files(app: &App, tenant: TenantId) -> Result<(), Refusal> {
    loop {
        let gone = media::gone(&app.store().reader(tenant), ROWS).await?;
        let mut removed = Vec::with_capacity(gone.len());
        for file in gone {
            match app.files().remove(&file).await {
                Ok(()) => removed.push(file),
                Err(error) => tracing::warn!(%error, "a file could not be removed; it is tried again"),
            }
        }
        if removed.is_empty() {
            return Ok(());
        }
        app.store()
            .write(tenant, app.now(), move |tx| {
                Box::pin(async move { Ok::<_, Refusal>(media::forget(tx, &removed).await?) })
            })
            .await?;
    }
}

/// Removes files of work that was never finished: the server ended in the middle of it.
async fn sweep_files(app: &App, tenant: TenantId) -> Result<(), Refusal> {
    let names = match app.files().settled().await {
        Ok(names) => names,
        Err(error) => {
            tracing::warn!(%error, "the folder of files could not be read");
            return Ok(());
        }
    };
    for names in names.chunks(200) {
        let known = media::known(&app.store().reader(tenant), names).await?;
        for name in names.iter().filter(|name| !known.contains(*name)) {
            tracing::info!("an unfinished file is removed");
            if let Err(error) = app.files().remove(name).await {
                tracing::warn!(%error, "an unfinished file could not be removed");
            }
        }
    }
    Ok(())
}

/// Replies that no machine fetched within their day fail, with words that say so.
pub(crate) async fn expire(app: &App, tenant: TenantId) -> Result<(), Refusal> {
    loop {
        let now = app.now();
        let due = crate::store::messages::expired(&app.store().reader(tenant), now, 1).await?;
        if due.is_empty() {
            return Ok(());
        }
        app.store().write(tenant, now, |tx| Box::pin(delivery::expire(tx, ROWS))).await?;
    }
}

pub(crate) async fn purge(app: &App, tenant: TenantId) -> Result<(), Refusal> {
    let now = app.now();
    let before: UtcMillis = now.plus_millis(-KEEP_MS);
    app.store()
        .write(tenant, now, move |tx| Box::pin(async move { Ok::<_, Refusal>(accounts::purge(tx, before).await?) }))
        .await?;
    app.store().write(tenant, now, |tx| Box::pin(desk::media::release_unused(tx))).await?;
    loop {
        let gone = app
            .store()
            .write(tenant, now, move |tx| {
                Box::pin(async move { Ok::<_, Refusal>(journal::purge(tx, before, ROWS).await?) })
            })
            .await?;
        if gone < ROWS {
            return Ok(());
        }
    }
}
