-- Files of messages. The bytes lie in `media/`, under a random name.
CREATE TABLE media (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    file TEXT NOT NULL UNIQUE,
    author_id BLOB NOT NULL,
    -- Null: handed over, and not taken by a message yet.
    message_id BLOB,
    kind TEXT NOT NULL,
    attachment TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX media_by_message ON media (tenant_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX media_unused ON media (tenant_id, created_at) WHERE message_id IS NULL;
CREATE INDEX media_unused_by_author ON media (tenant_id, author_id) WHERE message_id IS NULL;

-- Names of files that nothing refers to any more. The row goes when the file is gone.
CREATE TABLE media_gone (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    file TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
