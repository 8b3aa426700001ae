//! Opening the encrypted file.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::{Result, migrations};
use crate::keys::DatabaseKey;

/// Prepared statements kept per connection.
const STATEMENTS: usize = 128;
/// What the writer keeps of the file in memory, in KiB. Each page that it has to read again is read, checked and decrypted.
const WRITER_CACHE_KIB: i32 = 8 * 1024;
/// Pages of the write-ahead log, 16 MiB, before they are copied into the file. The pages that each message changes are copied
/// once for many messages.
const LOG_PAGES: i32 = 4_000;

/// How long one connection waits for another.
pub(super) const BUSY_FOR: Duration = Duration::from_secs(10);

/// The one connection that writes. Acknowledgements depend on its commits, hence `synchronous=FULL`.
pub(super) fn open_writer(path: &Path, key: &DatabaseKey) -> Result<Connection> {
    let mut connection = Connection::open(path)?;
    prepare(&connection, key)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    migrations::migrate(&mut connection)?;
    Ok(connection)
}

pub(super) fn open_reader(path: &Path, key: &DatabaseKey) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection, key)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn prepare(connection: &Connection, key: &DatabaseKey) -> Result<()> {
    connection.execute_batch(&key.pragma())?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY_FOR)?;
    // Temporary tables and sorting stay in memory: nothing readable reaches the disk.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "secure_delete", "FAST")?;
    // The first read is where a wrong key or a damaged header shows.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

/// Whether an error says that the file itself is broken, rather than that the disk is full or busy.
pub(super) fn is_damage(error: &super::StoreError) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error, super::StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _))
        if matches!(failure.code, DatabaseCorrupt | NotADatabase))
}
