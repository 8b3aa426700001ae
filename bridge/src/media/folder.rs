//! `media/` in the data folder: sealed files under random names. A file counts once a row of the store names it; what no row
//! names goes with the next [`tidy`](MediaFolder::tidy).

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ring::hkdf::Prk;

use super::seal::{Sealed, Sealer};
use crate::files;

const FOLDER: &str = "media";

/// Cheap to clone; all clones are one folder.
#[derive(Clone)]
pub(crate) struct MediaFolder(Arc<Inner>);

struct Inner {
    path: PathBuf,
    master: Prk,
    /// Names that somebody works on and no row may name yet.
    held: Mutex<HashSet<String>>,
}

impl std::fmt::Debug for MediaFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MediaFolder({})", self.0.path.display())
    }
}

/// A file that somebody works on: [`MediaFolder::tidy`] leaves it alone meanwhile. A new one goes when this is dropped, unless
/// a row names it by then and [`keep`](Self::keep) says so.
#[derive(Debug)]
pub(crate) struct Held {
    folder: MediaFolder,
    pub(crate) name: String,
    passing: bool,
}

impl Held {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path_of(&self.name)
    }

    /// A row names the file now.
    pub(crate) fn keep(mut self) {
        self.passing = false;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.passing {
            self.folder.remove(&self.name);
        }
        self.folder.held().remove(&self.name);
    }
}

/// A sealed file in the making.
pub(crate) struct NewFile {
    sealer: Sealer<File>,
    held: Held,
}

impl NewFile {
    /// Seals the end and waits until the disk has it. Answers with the name and the bytes that went in.
    pub(crate) fn finish(self) -> io::Result<(Held, u64)> {
        let (file, size) = self.sealer.finish()?;
        file.sync_all()?;
        Ok((self.held, size))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sealer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sealer.flush()
    }
}

impl MediaFolder {
    pub(crate) fn open(data: &Path, master: Prk) -> io::Result<Self> {
        let path = data.join(FOLDER);
        files::private_folder(&path)?;
        Ok(Self(Arc::new(Inner { path, master, held: Mutex::default() })))
    }

    /// The store's file was set aside: what its rows named goes with it, under the same ending.
    pub(crate) fn set_aside(data: &Path, ending: &str) -> io::Result<()> {
        let path = data.join(FOLDER);
        if path.exists() { fs::rename(&path, data.join(format!("{FOLDER}.{ending}"))) } else { Ok(()) }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.0.path.join(name)
    }

    fn hold(&self, name: String, passing: bool) -> Held {
        self.held().insert(name.clone());
        Held { folder: self.clone(), name, passing }
    }

    /// A name that is free.
    pub(crate) fn fresh(&self) -> Held {
        let mut random = [0_u8; 16];
        rand::fill(&mut random);
        self.hold(hex::encode(random), true)
    }

    /// A file that is sealed as it is written.
    pub(crate) fn create(&self) -> io::Result<NewFile> {
        let held = self.fresh();
        let file = files::create_private(&held.path())?;
        Ok(NewFile { sealer: Sealer::new(&self.0.master, file)?, held })
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<Sealed> {
        Sealed::open(&self.0.master, files::open_private(&self.path_of(name))?)
    }

    /// A file that is encrypted already, to be written on from its end: made when there is none.
    pub(crate) fn append(&self, name: &str) -> io::Result<(Held, File)> {
        let held = self.hold(name.to_owned(), false);
        files::make_private(&held.path())?;
        let file = OpenOptions::new().read(true).append(true).open(held.path())?;
        Ok((held, file))
    }

    pub(crate) fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.path_of(name))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a file could not be removed");
        }
    }

    /// What lies in the folder. To be asked before the rows are read: see [`tidy`](Self::tidy).
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0.path)? {
            names.extend(entry?.file_name().into_string());
        }
        let held = self.held();
        names.retain(|name| !held.contains(name));
        Ok(names)
    }

    /// Removes those of `found` (what [`names`](Self::names) answered) that no row names. A file that was given up between the
    /// two questions is named by a row by now, so nothing is lost whatever happens meanwhile.
    pub(crate) fn tidy(&self, found: &[String], named: &HashSet<String>) -> usize {
        let orphans = found.iter().filter(|name| !named.contains(*name));
        orphans.map(|name| self.remove(name)).count()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use ring::hkdf::{HKDF_SHA256, Salt};

    use super::*;

    fn folder() -> (tempfile::TempDir, MediaFolder) {
        let data = tempfile::tempdir().expect("folder");
        let folder = MediaFolder::open(data.path(), Salt::new(HKDF_SHA256, b"").extract(b"key")).expect("media");
        (data, folder)
    }

    fn written(folder: &MediaFolder, bytes: &[u8]) -> Held {
        let mut file = folder.create().expect("file");
        file.write_all(bytes).expect("written");
        file.finish().expect("finished").0
    }

    #[test]
    fn files_are_private_and_read_back() {
        let (data, folder) = folder();
        let held = written(&folder, b"words");
        let mut words = Vec::new();
        folder.read(&held.name).expect("opens").read_to_end(&mut words).expect("reads");
        assert_eq!(words, b"words");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
            assert_eq!((mode(&data.path().join("media")), mode(&held.path())), (0o700, 0o600));
        }
    }

    #[test]
    fn only_what_nobody_works_on_and_no_row_names_goes() {
        let (_data, folder) = folder();
        let working = written(&folder, b"held");
        let kept = |bytes: &[u8]| {
            let held = written(&folder, bytes);
            let name = held.name.clone();
            held.keep();
            name
        };
        let (named, orphan) = (kept(b"named"), kept(b"orphan"));
        let found = folder.names().expect("names");
        assert_eq!(folder.tidy(&found, &HashSet::from([named.clone()])), 1);
        assert!(folder.read(&working.name).is_ok() && folder.read(&named).is_ok());
        assert!(folder.read(&orphan).is_err());
        let given_up = working.name.clone();
        drop(working);
        assert!(folder.read(&given_up).is_err(), "what is given up goes at once");
    }
}
