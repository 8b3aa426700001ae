//! Tables of the state file, in the order of their migrations.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

const MIGRATIONS: &[&str] = &[
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
     -- One account per telephone number; `data` is JSON.
     CREATE TABLE accounts (number INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
     -- What the network knows of a device; `data` is JSON.
     CREATE TABLE devices (
         number INTEGER NOT NULL, device INTEGER NOT NULL, data BLOB NOT NULL,
         PRIMARY KEY (number, device)
     ) STRICT, WITHOUT ROWID;
     -- One-time prekeys the network holds.
     CREATE TABLE prekeys (
         number INTEGER NOT NULL, device INTEGER NOT NULL, id INTEGER NOT NULL, key BLOB NOT NULL,
         PRIMARY KEY (number, device, id)
     ) STRICT, WITHOUT ROWID;
     -- Stanzas that a device has not confirmed.
     CREATE TABLE queue (
         number INTEGER NOT NULL, device INTEGER NOT NULL, seq INTEGER NOT NULL, node BLOB NOT NULL,
         PRIMARY KEY (number, device, seq)
     ) STRICT, WITHOUT ROWID;
     -- Application state patches, per account and collection.
     CREATE TABLE patches (
         number INTEGER NOT NULL, collection TEXT NOT NULL, version INTEGER NOT NULL, patch BLOB NOT NULL,
         PRIMARY KEY (number, collection, version)
     ) STRICT, WITHOUT ROWID;
     -- A simulated person's secrets; `data` is JSON.
     CREATE TABLE people (number INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
     CREATE TABLE person_prekeys (
         number INTEGER NOT NULL, id INTEGER NOT NULL, private BLOB NOT NULL,
         PRIMARY KEY (number, id)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE sessions (
         number INTEGER NOT NULL, peer INTEGER NOT NULL, device INTEGER NOT NULL, record BLOB NOT NULL,
         PRIMARY KEY (number, peer, device)
     ) STRICT, WITHOUT ROWID;
     -- Transcripts. `body` is the decrypted protobuf Message; `direction` 0 sent, 1 received.
     CREATE TABLE messages (
         seq INTEGER PRIMARY KEY, owner INTEGER NOT NULL, peer INTEGER NOT NULL, id TEXT NOT NULL,
         direction INTEGER NOT NULL, author INTEGER NOT NULL, author_device INTEGER NOT NULL,
         at INTEGER NOT NULL, status INTEGER NOT NULL, status_at INTEGER NOT NULL, body BLOB NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX messages_by_id ON messages (owner, id, author);
     CREATE INDEX messages_by_chat ON messages (owner, peer, seq);",
    "-- Files of the media hosts by the hash of their encrypted bytes; `data` is JSON.
     CREATE TABLE media (token BLOB PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID;
     -- What came of fetching the file of a message; `data` is JSON.
     CREATE TABLE fetched (
         owner INTEGER NOT NULL, id TEXT NOT NULL, author INTEGER NOT NULL, data BLOB NOT NULL,
         PRIMARY KEY (owner, id, author)
     ) STRICT, WITHOUT ROWID;",
    "-- What a phone knows from before a device was linked; `data` is JSON.
     CREATE TABLE histories (number INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",
    "-- Groups; `data` is JSON.
     CREATE TABLE groups (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
     -- Keys for groups that a person has: its own, and those of others' devices. `lid` is the hidden id of whose it is.
     CREATE TABLE sender_keys (
         number INTEGER NOT NULL, grp INTEGER NOT NULL, lid INTEGER NOT NULL, device INTEGER NOT NULL, record BLOB NOT NULL,
         PRIMARY KEY (number, grp, lid, device)
     ) STRICT, WITHOUT ROWID;
     -- The devices that have a person's own key for a group; `data` is JSON.
     CREATE TABLE key_holders (
         number INTEGER NOT NULL, grp INTEGER NOT NULL, data BLOB NOT NULL,
         PRIMARY KEY (number, grp)
     ) STRICT, WITHOUT ROWID;
     -- How far a message in a group is with each of its readers.
     CREATE TABLE readers (
         owner INTEGER NOT NULL, id TEXT NOT NULL, reader INTEGER NOT NULL, status INTEGER NOT NULL, at INTEGER NOT NULL,
         PRIMARY KEY (owner, id, reader)
     ) STRICT, WITHOUT ROWID;",
];

/// The writer's connection, migrated, and locked against a second simulator.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(path, OpenFlags::default())?;
    connection.busy_timeout(std::time::Duration::from_millis(200))?;
    // The commit survives the end of the process; a power failure may cost the last moments, which a simulator can bear.
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000;")?;
    migrate(&mut connection)?;
    Ok(connection)
}

pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(version).unwrap_or(0);
    if done > MIGRATIONS.len() {
        return Err(StoreError::TooNew(version));
    }
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
