//! The replica's schema. Append-only: a released step is never edited, a change is a new step.
//!
//! Each row of the desk carries its whole model value in `body` (JSON) and, beside it, only the columns that a query
//! filters, orders or joins by. One function per table writes both.

use rusqlite::Connection;

use super::Result;

const STEPS: &[&str] = &[
    // 1: the desk, the outbox, small values
    r"
    CREATE TABLE value (
        key   TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE agent (
        id      BLOB PRIMARY KEY,
        version INTEGER NOT NULL,
        name    TEXT NOT NULL,
        body    TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE channel (
        id       BLOB PRIMARY KEY,
        version  INTEGER NOT NULL,
        number   TEXT NOT NULL,
        owner_id BLOB NOT NULL,
        body     TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE contact (
        id       BLOB PRIMARY KEY,
        version  INTEGER NOT NULL,
        name_key TEXT NOT NULL,
        search   TEXT NOT NULL,
        phone    TEXT,
        lid      TEXT,
        body     TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX contact_phone ON contact (phone) WHERE phone IS NOT NULL;
    CREATE UNIQUE INDEX contact_lid ON contact (lid) WHERE lid IS NOT NULL;
    CREATE INDEX contact_name ON contact (name_key, id);

    CREATE TABLE conversation (
        id               BLOB PRIMARY KEY,
        version          INTEGER NOT NULL,
        contact_id       BLOB NOT NULL,
        channel_id       BLOB NOT NULL,
        state            TEXT NOT NULL,
        assignee_id      BLOB,
        ticket_id        BLOB,
        unread           INTEGER NOT NULL,
        last_activity_at INTEGER NOT NULL,
        body             TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX conversation_pair ON conversation (channel_id, contact_id);
    CREATE INDEX conversation_contact ON conversation (contact_id);
    CREATE INDEX conversation_activity ON conversation (last_activity_at, id);

    CREATE TABLE message (
        rowid           INTEGER PRIMARY KEY,
        id              BLOB NOT NULL UNIQUE,
        conversation_id BLOB NOT NULL,
        channel_id      BLOB NOT NULL,
        wa_id           TEXT NOT NULL,
        direction       TEXT NOT NULL,
        status          TEXT NOT NULL,
        position        INTEGER NOT NULL,
        expires_at      INTEGER,
        attempts        INTEGER NOT NULL DEFAULT 0,
        last_attempt_at INTEGER,
        requeue_asked   INTEGER NOT NULL DEFAULT 0,
        body            TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX message_wa ON message (conversation_id, wa_id, direction);
    CREATE INDEX message_place ON message (conversation_id, position, id);
    CREATE INDEX message_sent ON message (channel_id, wa_id);
    CREATE INDEX message_queued ON message (channel_id) WHERE status = 'queued';
    CREATE INDEX message_unseen ON message (conversation_id, position) WHERE direction = 'inbound' AND status = 'delivered';
    CREATE INDEX message_requeue ON message (requeue_asked) WHERE requeue_asked = 1;

    CREATE TABLE ticket (
        id              BLOB PRIMARY KEY,
        version         INTEGER NOT NULL,
        conversation_id BLOB NOT NULL,
        state           TEXT NOT NULL,
        assignee_id     BLOB,
        created_at      INTEGER NOT NULL,
        body            TEXT NOT NULL,
        -- What the server last said, while `body` shows what was asked for.
        settled         TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ticket_newest ON ticket (created_at, id);
    CREATE INDEX ticket_conversation ON ticket (conversation_id);

    CREATE TABLE outbox (
        seq             INTEGER PRIMARY KEY AUTOINCREMENT,
        id              BLOB NOT NULL UNIQUE,
        kind            TEXT NOT NULL,
        channel_id      BLOB,
        conversation_id BLOB,
        subject_id      BLOB,
        -- Waits until the server accepts this machine's number.
        held            INTEGER NOT NULL DEFAULT 0,
        -- The code with which the server refused it; kept for the record, not pushed again.
        refused         TEXT,
        op              TEXT NOT NULL
    ) STRICT;
    CREATE INDEX outbox_conversation ON outbox (conversation_id, kind) WHERE conversation_id IS NOT NULL;
    CREATE INDEX outbox_subject ON outbox (subject_id, kind) WHERE subject_id IS NOT NULL;
    CREATE INDEX outbox_due ON outbox (seq) WHERE held = 0 AND refused IS NULL;

    -- Provisional ids that gave way to the server's, so that an open screen still finds its chat.
    CREATE TABLE alias (
        old BLOB PRIMARY KEY,
        new BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    ",
    // files: how to fetch those of customers, which file of this machine a message takes along
    r"
    CREATE TABLE remote_file (
        message_id    BLOB PRIMARY KEY,
        media         TEXT NOT NULL,
        direct_path   TEXT NOT NULL,
        url           TEXT,
        media_key     BLOB NOT NULL,
        sha256        BLOB,
        enc_sha256    BLOB NOT NULL,
        size          INTEGER NOT NULL,
        key_timestamp INTEGER
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE message ADD COLUMN media_id BLOB;
    CREATE INDEX message_media ON message (media_id) WHERE media_id IS NOT NULL;
    ",
    // history: pieces as the phone handed them over, until they are imported
    r"
    CREATE TABLE history_chunk (
        id   INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        -- The lowest is worked on first.
        sort INTEGER NOT NULL,
        -- Chats of it that are imported.
        done INTEGER NOT NULL DEFAULT 0,
        data BLOB NOT NULL
    ) STRICT;
    CREATE INDEX history_chunk_next ON history_chunk (sort, id);

    ALTER TABLE conversation ADD COLUMN older_on_phone INTEGER NOT NULL DEFAULT 0;
    ",
    // files of this machine, and the work on them
    r"
    -- Sealed in `media/` under a random name.
    CREATE TABLE local_file (
        id         BLOB PRIMARY KEY,
        kind       TEXT NOT NULL,
        attachment TEXT NOT NULL,
        name       TEXT NOT NULL,
        size       INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX local_file_age ON local_file (created_at);

    -- The file of this message is being fetched, from WhatsApp where `remote_file` says how, else from the server.
    CREATE TABLE file_fetch (
        seq        INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id BLOB NOT NULL UNIQUE,
        -- A person waits for it.
        asked      INTEGER NOT NULL DEFAULT 0,
        -- What has come so far, still as encrypted as it came.
        part       TEXT
    ) STRICT;

    -- What WhatsApp has of a file of this machine. The key is kept before the first byte leaves, so that every attempt
    -- sends the same bytes.
    CREATE TABLE file_upload (
        media_id      BLOB PRIMARY KEY,
        media_key     BLOB NOT NULL,
        direct_path   TEXT,
        url           TEXT,
        sha256        BLOB,
        enc_sha256    BLOB,
        size          INTEGER,
        key_timestamp INTEGER,
        sidecar       BLOB
    ) STRICT, WITHOUT ROWID;

    -- The team's server is still to get the file of this message.
    CREATE TABLE file_share (
        seq        INTEGER PRIMARY KEY AUTOINCREMENT,
        message_id BLOB NOT NULL UNIQUE
    ) STRICT;
    ",
    // sending safety: what left lately, and who asked not to be written to
    r"
    CREATE TABLE sent (
        message_id      BLOB PRIMARY KEY,
        conversation_id BLOB NOT NULL,
        at              INTEGER NOT NULL,
        sent_as         TEXT NOT NULL,
        -- Of its words; absent where they are too short to tell.
        fingerprint     BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sent_at ON sent (at);
    CREATE INDEX sent_alike ON sent (fingerprint, at) WHERE fingerprint IS NOT NULL;
    CREATE INDEX sent_chat ON sent (conversation_id);

    CREATE TABLE opt_out (
        contact_id BLOB PRIMARY KEY,
        word       TEXT NOT NULL,
        at         INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX contact_opted_out ON contact (id) WHERE json_extract(body, '$.opted_out_at') IS NOT NULL;
    ",
    // what becomes of messages
    r"
    -- The newest change of each aspect (and person).
    CREATE TABLE amended (
        message_id BLOB NOT NULL,
        aspect     TEXT NOT NULL,
        who        TEXT NOT NULL,
        at         INTEGER NOT NULL,
        made_at    INTEGER NOT NULL,
        wa_id      TEXT NOT NULL,
        body       TEXT,
        PRIMARY KEY (message_id, aspect, who)
    ) STRICT, WITHOUT ROWID;

    -- Changes of messages that are not here yet.
    CREATE TABLE waiting_change (
        seq    INTEGER PRIMARY KEY AUTOINCREMENT,
        target TEXT NOT NULL,
        wa_id  TEXT NOT NULL,
        fact   TEXT NOT NULL,
        UNIQUE (target, wa_id)
    ) STRICT;

    CREATE TABLE poll_secret (
        message_id BLOB PRIMARY KEY,
        secret     BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The server was told of it, or told of it: only then may it hear what becomes of it.
    ALTER TABLE message ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
    UPDATE message SET told = 1;
    ",
    // chats whose earlier messages are on their way to the team
    r"
    CREATE TABLE sharing (
        conversation_id BLOB NOT NULL UNIQUE,
        -- The last place that was queued.
        after           INTEGER NOT NULL
    ) STRICT;
    ",
    // changes of messages on their way to WhatsApp
    r"
    CREATE TABLE action (
        seq             INTEGER PRIMARY KEY AUTOINCREMENT,
        id              BLOB NOT NULL UNIQUE,
        wa_id           TEXT NOT NULL UNIQUE,
        conversation_id BLOB NOT NULL,
        message_id      BLOB NOT NULL,
        body            TEXT NOT NULL,
        attempts        INTEGER NOT NULL DEFAULT 0,
        last_attempt_at INTEGER,
        expires_at      INTEGER
    ) STRICT;
    CREATE INDEX action_chat ON action (conversation_id, seq);
    CREATE INDEX action_message ON action (message_id, seq);
    ",
    // read receipts that customers are owed
    r"
    CREATE TABLE owed_tick (
        conversation_id BLOB NOT NULL,
        wa_id           TEXT NOT NULL,
        owed_at         INTEGER NOT NULL,
        PRIMARY KEY (conversation_id, wa_id)
    ) STRICT, WITHOUT ROWID;
    ",
    // history: which parts have come, so that lost ones can be asked for again
    r"
    CREATE TABLE history_part (
        kind  TEXT NOT NULL,
        part  INTEGER NOT NULL,
        came  INTEGER NOT NULL,
        asked INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (kind, part)
    ) STRICT, WITHOUT ROWID;
    ",
    // what the owner keeps about chats and people on the phone
    r"
    CREATE TABLE phone_chat (
        -- The own number.
        number      TEXT NOT NULL,
        -- The other one's number with its plus, or hidden id.
        who         TEXT NOT NULL,
        archived    INTEGER NOT NULL DEFAULT 0,
        pinned      INTEGER NOT NULL DEFAULT 0,
        muted_until INTEGER,
        name        TEXT,
        PRIMARY KEY (number, who)
    ) STRICT, WITHOUT ROWID;
    ",
    // what was said in a private chat is not told
    "ALTER TABLE opt_out ADD COLUMN told INTEGER NOT NULL DEFAULT 1;",
    // customers' profile pictures, of those whom somebody has looked at
    r"
    CREATE TABLE picture (
        contact_id BLOB PRIMARY KEY,
        -- WhatsApp's name of it, and the file in `media/`. Absent: there is none to be seen.
        picture_id TEXT,
        name       TEXT,
        -- From when on WhatsApp is asked again, once somebody looks.
        due_at     INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ",
    // what has been taken in, message or not, and messages without their words
    r"
    CREATE TABLE heard (
        seq    INTEGER PRIMARY KEY,
        -- Chat, sender and id at WhatsApp, hashed.
        stanza BLOB NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE owed (
        seq        INTEGER PRIMARY KEY,
        channel_id BLOB NOT NULL,
        -- As in `heard`.
        stanza     BLOB NOT NULL UNIQUE,
        since      INTEGER NOT NULL,
        body       TEXT NOT NULL
    ) STRICT;
    ",
    // groups: what is known of them, who writes in them, and who of them has what we wrote
    r"
    CREATE TABLE wa_group (
        -- The own number.
        number TEXT NOT NULL,
        id     TEXT NOT NULL,
        -- Absent: nothing is known yet.
        body   TEXT,
        -- WhatsApp is to be asked.
        stale  INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (number, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX wa_group_stale ON wa_group (number) WHERE stale = 1;

    -- Digits of number and hidden id. `is_now`: turned out to be another one of them.
    CREATE TABLE group_person (
        id     TEXT PRIMARY KEY,
        phone  TEXT,
        lid    TEXT,
        name   TEXT,
        is_now TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX group_person_phone ON group_person (phone) WHERE phone IS NOT NULL;
    CREATE UNIQUE INDEX group_person_lid ON group_person (lid) WHERE lid IS NOT NULL;

    CREATE TABLE group_sent (
        message_id BLOB PRIMARY KEY,
        people     TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE group_tick (
        message_id BLOB NOT NULL,
        who        TEXT NOT NULL,
        rank       INTEGER NOT NULL,
        PRIMARY KEY (message_id, who)
    ) STRICT, WITHOUT ROWID;
    ",
    // Contacts that became one, and which messages each chat had.
    "
    CREATE TABLE merge (
        id         BLOB PRIMARY KEY,
        contact_id BLOB NOT NULL,
        merged_id  BLOB NOT NULL,
        at         INTEGER NOT NULL,
        undone     INTEGER NOT NULL,
        body       TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX merge_contact ON merge (contact_id);
    CREATE INDEX merge_merged ON merge (merged_id);
    CREATE TABLE merge_message (
        merge_id        BLOB NOT NULL,
        message_id      BLOB NOT NULL,
        conversation_id BLOB NOT NULL,
        PRIMARY KEY (merge_id, message_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX merge_message_id ON merge_message (message_id);
    ",
    // what people call themselves in public, as the phone tells it
    "ALTER TABLE phone_chat ADD COLUMN username TEXT;",
    // devices of customers that could not read a message of ours
    r"
    CREATE TABLE repeat_asked (
        seq        INTEGER PRIMARY KEY,
        channel_id BLOB NOT NULL,
        wa_id      TEXT NOT NULL,
        device     TEXT NOT NULL,
        since      INTEGER NOT NULL,
        UNIQUE (channel_id, wa_id, device)
    ) STRICT;
    ",
    // the few chats that are pinned, found without asking all of them
    "CREATE INDEX phone_chat_pinned ON phone_chat (number, who) WHERE pinned = 1;",
    // the chats with something unread, counted without asking all of them
    "CREATE INDEX conversation_unread ON conversation (unread) WHERE unread > 0;",
    // what waits until the server accepts the number, counted like what waits for nothing but its turn
    "CREATE INDEX outbox_held ON outbox (seq) WHERE held = 1 AND refused IS NULL;",
];

/// Brings a database to the newest schema, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    let done: usize =
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?.unsigned_abs() as usize;
    for (index, step) in STEPS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", (index + 1) as i64)?;
        transaction.commit()?;
    }
    Ok(())
}
