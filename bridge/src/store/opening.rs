//! Opening the file: as it was left, set aside where it is damaged, never overwritten.

use std::path::{Path, PathBuf};

use ownline_model::problem::{Problem, ProblemCode};
use rusqlite::Connection;

use super::{
    FILE, Result, StoreError, db,
    left::{self, Left},
    soundness::{self, Soundness},
};
use crate::{files, keys::DatabaseKey, media::folder::MediaFolder, time::now};

/// How much of the file is looked at before it is worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// All of it only where it is not the file that was left.
    AsLeft,
    /// All of it.
    Through,
}

pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) soundness: Soundness,
    /// What to tell the agent.
    pub(super) notice: Option<Problem>,
}

pub(super) fn open(path: &Path, key: &DatabaseKey, look: Look) -> Result<Opened> {
    let left = left::take(path)?;
    files::make_private(path)?;
    let is_new = std::fs::metadata(path)?.len() == 0;
    let through = !is_new && (look == Look::Through || left == Left::Changed);
    match open_as(path, key, through) {
        Ok(connection) => {
            let proven = is_new || through || left == Left::InOrder;
            let soundness = if proven { Soundness::Sound } else { Soundness::Unproven };
            Ok(Opened { connection, soundness, notice: None })
        }
        Err(error) if path.exists() && (db::is_damage(&error) || is_damaged(path, key, &error)) => {
            let aside = set_aside(path)?;
            tracing::error!(%error, aside = %aside.display(), code = "store_damaged", "the store file is damaged and was set aside");
            let notice = Problem::new(ProblemCode::StoreDamaged).with_detail(format!(
                "It is kept as {}. What the team shares comes back from the server; private chats are only in that file.",
                aside.display()
            ));
            files::make_private(path)?;
            let connection = db::open_writer(path, key)?;
            Ok(Opened { connection, soundness: Soundness::Sound, notice: Some(notice) })
        }
        Err(error) => Err(error),
    }
}

fn open_as(path: &Path, key: &DatabaseKey, through: bool) -> Result<Connection> {
    let connection = db::open_writer(path, key)?;
    if through {
        soundness::look_through(&connection)?;
    }
    Ok(connection)
}

/// Whether an error that names nothing comes from a damaged page, met while the file was brought to the newest schema.
fn is_damaged(path: &Path, key: &DatabaseKey, error: &StoreError) -> bool {
    soundness::is_unnamed(error)
        && db::open_reader(path, key)
            .and_then(|connection| soundness::look_through(&connection))
            .is_err_and(|error| db::is_damage(&error) || soundness::is_unnamed(&error))
}

/// Renames the file and what belongs to it.
fn set_aside(path: &Path) -> Result<PathBuf> {
    let suffix = format!("damaged-{}", now().0);
    let aside = path.with_file_name(format!("{FILE}.{suffix}"));
    std::fs::rename(path, &aside)?;
    if let Some(data) = path.parent() {
        MediaFolder::set_aside(data, &suffix)?;
    }
    for companion in ["-wal", "-shm"] {
        let companion_path = path.with_file_name(format!("{FILE}{companion}"));
        if companion_path.exists() {
            std::fs::rename(&companion_path, path.with_file_name(format!("{FILE}.{suffix}{companion}")))?;
        }
    }
    Ok(aside)
}
