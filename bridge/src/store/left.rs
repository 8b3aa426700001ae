//! How the file was left: a mark beside it says that the program ended in order, and what the file looked like then. A file
//! that is as it was left need not be looked through at the next start.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

use crate::files;

/// How the file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// As an orderly end left it.
    InOrder,
    /// Somebody wrote to it since, or put another one in its place.
    Changed,
    /// The program was killed, or is older than the mark.
    Unmarked,
}

/// What of a file changes with whatever is written to it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Looks {
    size: u64,
    modified_ns: u128,
}

impl Looks {
    /// `None` where the write-ahead log still holds something that is not in the file.
    fn of(file: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(with_ending(file, "-wal")) {
            Ok(log) if log.len() > 0 => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let metadata = fs::metadata(file)?;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
        Ok(Some(Self { size: metadata.len(), modified_ns: modified.as_nanos() }))
    }
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

fn mark_of(file: &Path) -> PathBuf {
    with_ending(file, ".in-order")
}

/// Marks the file, which nobody has open any more.
pub(super) fn mark(file: &Path) -> io::Result<()> {
    match Looks::of(file)? {
        Some(looks) => files::write_private(&mark_of(file), &serde_json::to_vec(&looks)?),
        None => Ok(()),
    }
}

/// How the file was left. The mark is gone when this returns, for good: what ends without order from here on leaves none.
pub(super) fn take(file: &Path) -> io::Result<Left> {
    let mark = mark_of(file);
    let noted = match fs::read(&mark) {
        Ok(noted) => noted,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Left::Unmarked),
        Err(error) => return Err(error),
    };
    fs::remove_file(&mark)?;
    // A power cut must not bring the mark back.
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    let noted: Option<Looks> = serde_json::from_slice(&noted).ok();
    let looks = if file.exists() { Looks::of(file)? } else { None };
    Ok(if noted.is_some() && noted == looks { Left::InOrder } else { Left::Changed })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_mark_is_good_once_and_for_the_same_file_only() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("file");
        fs::write(&file, "content").expect("written");
        assert_eq!(take(&file).expect("read"), Left::Unmarked);
        mark(&file).expect("marked");
        assert_eq!(take(&file).expect("read"), Left::InOrder);
        assert_eq!(take(&file).expect("read"), Left::Unmarked, "the next end is to be marked again");

        mark(&file).expect("marked");
        let modified = fs::metadata(&file).and_then(|metadata| metadata.modified()).expect("a time");
        let writing = fs::File::options().write(true).open(&file).expect("open");
        writing.set_modified(modified + Duration::from_micros(1)).expect("touched");
        assert_eq!(take(&file).expect("read"), Left::Changed);

        mark(&file).expect("marked");
        fs::remove_file(&file).expect("removed");
        assert_eq!(take(&file).expect("read"), Left::Changed);
    }

    #[test]
    fn a_file_whose_log_is_not_folded_in_is_not_in_order() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("file");
        fs::write(&file, "content").expect("written");
        fs::write(folder.path().join("file-wal"), "more").expect("written");
        mark(&file).expect("no mark");
        assert_eq!(take(&file).expect("read"), Left::Unmarked);
    }
}
