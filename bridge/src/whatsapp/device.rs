//! The keys of this linked device, in the library's own store: a file of its own, encrypted like ours, and on the disk before
//! WhatsApp hears that something was received (`synchronous=FULL`).

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use diesel::RunQueryDsl as _;
use ownline_model::phone::PhoneNumber;
use whatsapp_rust::{
    store::{commands::DeviceCommand, persistence_manager::PersistenceManager},
    wacore::store::DevicePropsOverride,
    waproto::whatsapp::device_props::PlatformType,
};
use whatsapp_rust_sqlite_storage::{SqliteStore, SqliteStoreConfig, Synchronous};

use super::{endpoint::Version, identity, keys::WatchedKeys, missed::Missed};
use crate::store::{Store, WhatsAppDb, inbound::LinkedAccount};

/// How the phone lists this device.
const DEVICE_NAME: &str = "Ownline";

#[derive(Debug, thiserror::Error)]
pub(super) enum DeviceError {
    /// The file is no database under this key. It is never overwritten.
    #[error("the file with the WhatsApp keys is damaged")]
    Damaged,
    #[error("the WhatsApp keys: {0}")]
    Unreadable(String),
}

/// The file, whether it exists or not.
#[derive(Debug, Clone)]
pub(super) struct DeviceFile {
    db: WhatsAppDb,
    store: Store,
}

/// The opened device.
pub(super) struct Device {
    manager: Arc<PersistenceManager>,
    missed: Missed,
}

impl DeviceFile {
    pub(super) fn new(store: Store) -> Self {
        Self { db: store.whatsapp_db(), store }
    }

    pub(super) fn exists(&self) -> bool {
        self.db.path.exists()
    }

    /// Opens the file, which is made where there is none.
    pub(super) async fn open(&self) -> Result<Device, DeviceError> {
        let db = self.db.clone();
        tokio::task::spawn_blocking(move || check(&db)).await.map_err(|error| unreadable(&error))??;
        let path = self.db.path.to_str().ok_or_else(|| DeviceError::Unreadable("its path is not Unicode".into()))?;
        let backend = SqliteStore::with_config(path, self.config()).await.map_err(|error| unreadable(&error))?;
        private(&self.db.path).map_err(|error| unreadable(&error))?;
        let missed = Missed::new(self.store.clone());
        let keys = Arc::new(WatchedKeys::new(backend, missed.clone()));
        let manager = PersistenceManager::new(keys).await.map_err(|error| unreadable(&error))?;
        Ok(Device { manager: Arc::new(manager), missed })
    }

    /// The key comes first on each connection, and each commit is on the disk before it counts.
    fn config(&self) -> SqliteStoreConfig {
        let key = self.db.pragma_key();
        let config = SqliteStoreConfig { synchronous: Synchronous::Full, ..Default::default() };
        config.with_connection_init(move |connection| {
            diesel::sql_query(key.as_str()).execute(connection)?;
            diesel::sql_query("SELECT count(*) FROM sqlite_master;").execute(connection)?;
            Ok(())
        })
    }

    /// Removes the device's keys: they are worth nothing once WhatsApp has ended the link.
    pub(super) async fn forget(&self) -> io::Result<()> {
        for file in self.files() {
            match tokio::fs::remove_file(&file).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Moves a damaged file out of the way, for whoever wants to look at it.
    pub(super) async fn set_aside(&self) -> io::Result<()> {
        let mark = crate::time::now().0;
        for file in self.files() {
            let mut aside = file.clone().into_os_string();
            aside.push(format!(".damaged-{mark}"));
            match tokio::fs::rename(&file, aside).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn files(&self) -> [PathBuf; 3] {
        ["", "-wal", "-shm"].map(|ending| {
            let mut path = self.db.path.clone().into_os_string();
            path.push(ending);
            path.into()
        })
    }
}

impl Device {
    pub(super) fn manager(&self) -> Arc<PersistenceManager> {
        Arc::clone(&self.manager)
    }

    /// Messages that the keys were used up for, and that never got here.
    pub(super) fn missed(&self) -> Missed {
        self.missed.clone()
    }

    /// Whether WhatsApp knows this device, so that no scan is needed.
    pub(super) fn is_registered(&self) -> bool {
        self.manager.get_device_snapshot().pn.is_some()
    }

    pub(super) fn built_in_version(&self) -> Version {
        let device = self.manager.get_device_snapshot();
        (device.app_version_primary, device.app_version_secondary, device.app_version_tertiary)
    }

    /// Names the device for the phone's list, and gives it a name to appear under until WhatsApp tells the account's own: a
    /// device without one is slowed down at each login and sends receipts that count as absent.
    pub(super) async fn introduce(&self, name: &str) {
        let props = DevicePropsOverride::new().with_os(DEVICE_NAME).with_platform_type(PlatformType::DESKTOP);
        self.manager.process_command(DeviceCommand::SetDeviceProps(props)).await;
        if self.manager.get_device_snapshot().push_name.is_empty() {
            self.manager.process_command(DeviceCommand::SetPushName(name.to_owned())).await;
        }
    }

    /// The account that the device belongs to.
    pub(super) fn account(&self) -> Option<LinkedAccount> {
        let device = self.manager.get_device_snapshot();
        let own = identity::person_of(device.pn.as_ref()?, device.lid.as_ref());
        let phone: PhoneNumber = own.phone?;
        let name = Some(device.push_name.trim()).filter(|name| !name.is_empty() && *name != DEVICE_NAME);
        Some(LinkedAccount {
            name: name.map_or_else(|| phone.pretty(), ownline_model::limits::clean_name),
            phone,
            lid: own.lid,
            platform: None,
        })
    }

    /// Puts the device on the disk now rather than at the library's next round.
    pub(super) async fn save(&self) -> Result<(), DeviceError> {
        self.manager.flush().await.map_err(|error| unreadable(&error))
    }
}

/// The name that customers see until WhatsApp tells the account's own: the one it had before, else the agent's.
pub(super) fn stand_in_name<'a>(linked: Option<&'a LinkedAccount>, agent: Option<&'a str>) -> &'a str {
    linked
        .filter(|account| account.name != account.phone.pretty())
        .map(|account| account.name.as_str())
        .into_iter()
        .chain(agent)
        .map(str::trim)
        .find(|name| !name.is_empty())
        .unwrap_or(DEVICE_NAME)
}

/// Tells a damaged file from one that cannot be read now, before the library's pool tries for half a minute.
fn check(db: &WhatsAppDb) -> Result<(), DeviceError> {
    if !db.path.exists() {
        return Ok(());
    }
    let connection = rusqlite::Connection::open(&db.path).map_err(|error| unreadable(&error))?;
    let opened = connection
        .execute_batch(&db.pragma_key())
        .and_then(|()| connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0)));
    match opened {
        Ok(_) => Ok(()),
        Err(error) => match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => Err(DeviceError::Damaged),
            _ => Err(unreadable(&error)),
        },
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> DeviceError {
    DeviceError::Unreadable(error.to_string())
}

/// Only the agent's own account may read the file, whatever the folder allows.
#[cfg(unix)]
fn private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn private(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::Jid;

    use super::*;
    use crate::{config::KeySource, keys, store::Store};

    fn machine() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("folder");
        let key = keys::obtain(&data, &KeySource::File(folder.path().join("key"))).expect("key");
        let store = Store::open(&data, &key).expect("store");
        (folder, store)
    }

    #[tokio::test]
    async fn a_device_outlives_the_program_unreadable_for_others() {
        let (_folder, store) = machine();
        let file = DeviceFile::new(store.clone());
        assert!(!file.exists());
        let device = file.open().await.expect("opened");
        device.introduce("Ana Agent").await;
        assert!(!device.is_registered());
        device.manager().process_command(DeviceCommand::SetId(Some(Jid::pn_device("4915112345678", 7)))).await;
        device.save().await.expect("saved");
        drop(device);
        let device = file.open().await.expect("opened again");
        assert!(device.is_registered(), "no second scan");
        let account = device.account().expect("account");
        assert_eq!((account.phone.as_str(), account.name.as_str()), ("+4915112345678", "Ana Agent"));
        for path in file.files().iter().filter(|path| path.exists()) {
            let bytes = std::fs::read(path).expect("file");
            for word in ["4915112345678", "Ana Agent", "CREATE TABLE", "SQLite format 3"] {
                let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
                assert!(!found, "{} holds {word:?}", path.display());
            }
        }
        file.forget().await.expect("forgotten");
        assert!(!file.exists());
        assert!(!file.open().await.expect("anew").is_registered());
    }

    #[tokio::test]
    async fn what_was_received_is_on_the_disk_before_whatsapp_hears_of_it() {
        let (_folder, store) = machine();
        let file = DeviceFile::new(store.clone());
        let path = store.whatsapp_db().path;
        let store = SqliteStore::with_config(path.to_str().expect("path"), file.config()).await.expect("opened");
        assert_eq!(setting(&store, "synchronous").await, "2", "FULL");
        assert_eq!(setting(&store, "journal_mode").await, "wal");
    }

    async fn setting(store: &SqliteStore, name: &'static str) -> String {
        let shared = store.shared();
        let read = shared.run(move |connection| {
            let value: Setting = diesel::sql_query(format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}"))
                .get_result(connection)
                .expect("a setting");
            Ok(value.value)
        });
        read.await.expect("read")
    }

    #[derive(diesel::QueryableByName)]
    struct Setting {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
    }

    #[tokio::test]
    async fn a_damaged_file_is_kept_aside_and_never_overwritten() {
        let (_folder, store) = machine();
        let file = DeviceFile::new(store.clone());
        let rubbish = b"this is not a database, and long enough to have a header of one hundred bytes".repeat(100);
        std::fs::write(&store.whatsapp_db().path, &rubbish).expect("written");
        assert!(matches!(file.open().await, Err(DeviceError::Damaged)));
        assert_eq!(std::fs::read(&store.whatsapp_db().path).expect("file"), rubbish, "untouched");
        file.set_aside().await.expect("set aside");
        assert!(!file.exists());
        let folder = store.whatsapp_db().path.parent().expect("folder").to_owned();
        let kept = std::fs::read_dir(folder).expect("folder").filter_map(Result::ok);
        assert_eq!(kept.filter(|entry| entry.file_name().to_string_lossy().contains(".damaged-")).count(), 1);
        file.open().await.expect("a new one");
    }

    #[test]
    fn a_number_is_no_name() {
        let phone: PhoneNumber = "+4915112345678".parse().expect("number");
        let account = |name: &str| LinkedAccount { phone: phone.clone(), lid: None, name: name.into(), platform: None };
        assert_eq!(stand_in_name(Some(&account("Ana")), Some("Bruno")), "Ana");
        assert_eq!(stand_in_name(Some(&account(&phone.pretty())), Some("Bruno")), "Bruno");
        assert_eq!(stand_in_name(None, Some(" ")), DEVICE_NAME);
        assert_eq!(stand_in_name(None, None), DEVICE_NAME);
    }
}
