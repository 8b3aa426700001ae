//! The key of everything that this machine stores: 256 random bits, kept in the operating system's keyring, in a file that
//! only its owner may read, or behind a passphrase. Never plain text, and never a new key for a store that has one.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{config::KeySource, files};

/// A raw 256-bit SQLCipher key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DatabaseKey([u8; 32]);

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseKey(…)")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "this machine has no keyring that Ownline could keep its key in ({0}). \
         Choose another place: --key-file FILE, or --passphrase-stdin"
    )]
    NoKeyring(String),
    #[error("the key of this store is not in the keyring any more. The store was not touched")]
    NotInKeyring,
    #[error("this is not the key of the store. The store was not touched")]
    WrongKey,
    #[error("this is not the passphrase of the store. The store was not touched")]
    WrongPassphrase,
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    #[error("the store was made with {made_with}; start with that again. The store was not touched")]
    OtherPlace { made_with: &'static str },
    #[error("the key file {path}: {cause}")]
    File { path: PathBuf, cause: std::io::Error },
    #[error("{path} is not a key file")]
    NotAKeyFile { path: PathBuf },
    #[error("the data folder: {0}")]
    Io(#[from] std::io::Error),
    #[error("the passphrase's lock: {0}")]
    Lock(rusqlite::Error),
    #[error("the note about the key is unreadable: {0}")]
    Note(serde_json::Error),
}

/// What lies beside the store: which key it wants, and how to recognise it. Nothing secret.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The name of the entry in the keyring.
    id: Uuid,
    kept_in: Place,
    /// HMAC under the key of a fixed text.
    check: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Keyring,
    File,
    Passphrase,
}

impl Place {
    const fn words(self) -> &'static str {
        match self {
            Self::Keyring => "the keyring",
            Self::File => "--key-file",
            Self::Passphrase => "--passphrase-stdin",
        }
    }
}

const NOTE: &str = "store.json";
/// An SQLCipher database whose only content is the key; the passphrase opens it.
const LOCK: &str = "key.lock";
const SERVICE: &str = "ownline";

impl DatabaseKey {
    fn fresh() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes);
        Self(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The statement that opens a database with this key.
    pub fn pragma(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(self.0));
        Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", digits.as_str()))
    }

    /// What the keys of files beside the database are made of.
    pub(crate) fn for_files(&self) -> Prk {
        Salt::new(HKDF_SHA256, b"ownline files").extract(&self.0)
    }

    fn check(&self) -> String {
        match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mut mac) => {
                mac.update(b"ownline store key");
                hex::encode(mac.finalize().into_bytes())
            }
            // HMAC takes keys of any length.
            Err(_) => String::new(),
        }
    }
}

/// The key of the store in `data`: found, or made when the store is new. May block on the keyring and on key derivation.
pub fn obtain(data: &Path, source: &KeySource) -> Result<DatabaseKey, KeyError> {
    match read_note(data)? {
        Some(note) => find(data, source, &note),
        None => make(data, source),
    }
}

fn read_note(data: &Path) -> Result<Option<Note>, KeyError> {
    match fs::read(data.join(NOTE)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(KeyError::Note),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn find(data: &Path, source: &KeySource, note: &Note) -> Result<DatabaseKey, KeyError> {
    let key = match (source, note.kept_in) {
        (KeySource::Keyring, Place::Keyring) => match entry(note.id)?.get_secret() {
            Ok(secret) => DatabaseKey::from_bytes(&Zeroizing::new(secret)).ok_or(KeyError::WrongKey)?,
            Err(keyring::Error::NoEntry) => return Err(KeyError::NotInKeyring),
            Err(error) => return Err(KeyError::NoKeyring(error.to_string())),
        },
        (KeySource::File(path), Place::File) => read_key_file(path)?,
        (KeySource::Passphrase(passphrase), Place::Passphrase) => unlock(data, passphrase)?,
        (_, kept_in) => return Err(KeyError::OtherPlace { made_with: kept_in.words() }),
    };
    if bool::from(key.check().as_bytes().ct_eq(note.check.as_bytes())) { Ok(key) } else { Err(KeyError::WrongKey) }
}

fn make(data: &Path, source: &KeySource) -> Result<DatabaseKey, KeyError> {
    let id = Uuid::now_v7();
    let (key, kept_in) = match source {
        KeySource::Keyring => {
            let key = DatabaseKey::fresh();
            entry(id)?.set_secret(&key.0).map_err(|error| KeyError::NoKeyring(error.to_string()))?;
            (key, Place::Keyring)
        }
        KeySource::File(path) => (read_or_make_key_file(path)?, Place::File),
        KeySource::Passphrase(passphrase) => (make_lock(data, passphrase)?, Place::Passphrase),
    };
    let note = Note { id, kept_in, check: key.check() };
    let json = serde_json::to_vec_pretty(&note).map_err(KeyError::Note)?;
    files::write_private(&data.join(NOTE), &json)?;
    Ok(key)
}

fn entry(id: Uuid) -> Result<keyring::Entry, KeyError> {
    keyring::Entry::new(SERVICE, &format!("store {id}")).map_err(|error| match keyring::Entry::store_status() {
        Err(cause) => KeyError::NoKeyring(cause.to_string()),
        Ok(()) => KeyError::NoKeyring(error.to_string()),
    })
}

fn read_key_file(path: &Path) -> Result<DatabaseKey, KeyError> {
    let failed = |cause| KeyError::File { path: path.to_owned(), cause };
    let mut text = Zeroizing::new(String::new());
    files::open_private(path).map_err(failed)?.take(1024).read_to_string(&mut text).map_err(failed)?;
    let bytes = Zeroizing::new(hex::decode(text.trim()).unwrap_or_default());
    DatabaseKey::from_bytes(&bytes).ok_or_else(|| KeyError::NotAKeyFile { path: path.to_owned() })
}

fn read_or_make_key_file(path: &Path) -> Result<DatabaseKey, KeyError> {
    if path.exists() {
        return read_key_file(path);
    }
    let key = DatabaseKey::fresh();
    let mut line = Zeroizing::new(hex::encode(key.0));
    line.push('\n');
    let failed = |cause| KeyError::File { path: path.to_owned(), cause };
    let mut file = files::create_private(path).map_err(failed)?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(key)
}

/// `PRAGMA key` with a passphrase makes SQLCipher derive the key (PBKDF2-HMAC-SHA512, 256,000 rounds). That is done once
/// per start, for the lock; the store itself is opened with the random key inside.
fn open_lock(data: &Path, passphrase: &str) -> Result<Connection, KeyError> {
    if passphrase.is_empty() {
        return Err(KeyError::EmptyPassphrase);
    }
    let lock = Connection::open(data.join(LOCK)).map_err(KeyError::Lock)?;
    lock.pragma_update(None, "key", passphrase).map_err(KeyError::Lock)?;
    Ok(lock)
}

fn unlock(data: &Path, passphrase: &str) -> Result<DatabaseKey, KeyError> {
    let lock = open_lock(data, passphrase)?;
    match lock.query_row("SELECT key FROM lock", [], |row| row.get::<_, Vec<u8>>(0)) {
        Ok(bytes) => DatabaseKey::from_bytes(&Zeroizing::new(bytes)).ok_or(KeyError::WrongKey),
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == rusqlite::ErrorCode::NotADatabase => {
            Err(KeyError::WrongPassphrase)
        }
        Err(error) => Err(KeyError::Lock(error)),
    }
}

fn make_lock(data: &Path, passphrase: &str) -> Result<DatabaseKey, KeyError> {
    // Left over from a first start that did not get as far as the note: nothing was ever stored under it.
    let _ = fs::remove_file(data.join(LOCK));
    let lock = open_lock(data, passphrase)?;
    let key = DatabaseKey::fresh();
    lock.execute_batch("CREATE TABLE lock (key BLOB NOT NULL) STRICT").map_err(KeyError::Lock)?;
    lock.execute("INSERT INTO lock (key) VALUES (?)", [&key.0[..]]).map_err(KeyError::Lock)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> KeySource {
        KeySource::Passphrase(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn a_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().expect("folder");
        let source = KeySource::File(folder.path().join("ownline.key"));
        let first = obtain(folder.path(), &source).expect("made");
        let again = obtain(folder.path(), &source).expect("found");
        assert_eq!(first.0, again.0);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.path().join("ownline.key")).expect("file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn another_key_is_recognised_before_the_store_is_touched() {
        let folder = tempfile::tempdir().expect("folder");
        let source = KeySource::File(folder.path().join("a.key"));
        obtain(folder.path(), &source).expect("made");
        let other = KeySource::File(folder.path().join("b.key"));
        read_or_make_key_file(&folder.path().join("b.key")).expect("another key");
        assert!(matches!(obtain(folder.path(), &other), Err(KeyError::WrongKey)));
        assert!(matches!(obtain(folder.path(), &passphrase("x")), Err(KeyError::OtherPlace { .. })));
    }

    #[test]
    fn a_wrong_passphrase_is_told_apart_and_harms_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let key = obtain(folder.path(), &passphrase("correct horse")).expect("made");
        assert!(matches!(obtain(folder.path(), &passphrase("wrong")), Err(KeyError::WrongPassphrase)));
        assert!(matches!(obtain(folder.path(), &passphrase("")), Err(KeyError::EmptyPassphrase)));
        assert_eq!(obtain(folder.path(), &passphrase("correct horse")).expect("found").0, key.0);
    }
}
