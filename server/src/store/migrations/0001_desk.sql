-- Every row bears its tenant, first in every key. Ids are 16-byte UUIDs, moments UTC milliseconds, enumerations the words
-- of the JSON, lists JSON.

CREATE TABLE tenant (
    id BLOB NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    journal_seq INTEGER NOT NULL DEFAULT 0,
    -- Entries up to this one have been purged: an older cursor starts again with a snapshot.
    journal_floor INTEGER NOT NULL DEFAULT 0,
    ticket_number INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE agent (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    -- The address in lower case. One person per address on the whole server: sign-in knows no tenant yet.
    email_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    active INTEGER NOT NULL,
    password_hash TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX agent_by_name ON agent (tenant_id, name, id);

CREATE TABLE enrolment (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    code_hash BLOB NOT NULL PRIMARY KEY,
    agent_id BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    -- A newer code has taken this one's place.
    replaced_at INTEGER
) STRICT;
CREATE INDEX enrolment_by_agent ON enrolment (tenant_id, agent_id);

-- A sign-in: the family of refresh tokens that follow from one another.
CREATE TABLE session (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL PRIMARY KEY,
    agent_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX session_by_agent ON session (tenant_id, agent_id);
CREATE INDEX session_by_revocation ON session (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE refresh_token (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    token_hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX refresh_token_by_expiry ON refresh_token (expires_at);
CREATE INDEX refresh_token_by_session ON refresh_token (session_id);

CREATE TABLE channel (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    lends INTEGER NOT NULL,
    session TEXT NOT NULL,
    owner_online INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX channel_by_number ON channel (tenant_id, number);
CREATE INDEX channel_by_owner ON channel (tenant_id, owner_id);
CREATE INDEX channel_by_name ON channel (tenant_id, name, id);

CREATE TABLE contact (
    -- Stable, for the search index.
    search_key INTEGER PRIMARY KEY,
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case, to sort by.
    name_key TEXT NOT NULL,
    -- The name that the team gave.
    given_name TEXT,
    push_name TEXT,
    phone TEXT,
    lid TEXT,
    email TEXT,
    tags TEXT NOT NULL,
    notes TEXT NOT NULL,
    blocked INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_interaction_at INTEGER,
    -- The contact that this one turned out to be.
    merged_into BLOB
) STRICT;
CREATE UNIQUE INDEX contact_by_id ON contact (tenant_id, id);
CREATE UNIQUE INDEX contact_by_phone ON contact (tenant_id, phone);
CREATE UNIQUE INDEX contact_by_lid ON contact (tenant_id, lid);
CREATE INDEX contact_by_name ON contact (tenant_id, name_key, id) WHERE merged_into IS NULL;

CREATE VIRTUAL TABLE contact_search USING fts5 (words, content='', contentless_delete=1, tokenize='trigram');
CREATE TRIGGER contact_search_insert AFTER INSERT ON contact BEGIN
    INSERT INTO contact_search (rowid, words)
    VALUES (new.search_key, new.name || ' ' || coalesce(new.push_name, '') || ' ' || coalesce(new.phone, '') || ' ' || coalesce(new.email, ''));
END;
CREATE TRIGGER contact_search_update AFTER UPDATE OF name, push_name, phone, email ON contact BEGIN
    DELETE FROM contact_search WHERE rowid = old.search_key;
    INSERT INTO contact_search (rowid, words)
    VALUES (new.search_key, new.name || ' ' || coalesce(new.push_name, '') || ' ' || coalesce(new.phone, '') || ' ' || coalesce(new.email, ''));
END;

CREATE TABLE conversation (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    contact_id BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    state TEXT NOT NULL,
    closed INTEGER NOT NULL,
    priority TEXT NOT NULL,
    scope TEXT NOT NULL,
    tags TEXT NOT NULL,
    assignee_id BLOB,
    ticket_id BLOB,
    -- Has an open ticket that nobody has taken.
    unassigned INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    last_message_id BLOB,
    last_message TEXT,
    last_position INTEGER NOT NULL,
    read_position INTEGER NOT NULL,
    last_activity_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- The conversation that this one turned out to be.
    merged_into BLOB,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX conversation_by_contact ON conversation (tenant_id, contact_id, channel_id) WHERE merged_into IS NULL;
CREATE INDEX conversation_all ON conversation (tenant_id, last_activity_at, id) WHERE closed = 0 AND merged_into IS NULL;
CREATE INDEX conversation_closed ON conversation (tenant_id, last_activity_at, id) WHERE closed = 1 AND merged_into IS NULL;
CREATE INDEX conversation_waiting ON conversation (tenant_id, last_activity_at, id) WHERE state = 'waiting' AND merged_into IS NULL;
CREATE INDEX conversation_unassigned ON conversation (tenant_id, last_activity_at, id) WHERE unassigned = 1 AND merged_into IS NULL;
CREATE INDEX conversation_mine ON conversation (tenant_id, assignee_id, last_activity_at, id) WHERE assignee_id IS NOT NULL AND closed = 0 AND merged_into IS NULL;

CREATE TABLE message (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    ticket_id BLOB,
    wa_id TEXT NOT NULL,
    direction TEXT NOT NULL,
    origin TEXT NOT NULL,
    author_id BLOB,
    kind TEXT NOT NULL,
    text TEXT,
    status TEXT NOT NULL,
    failure TEXT,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX message_by_position ON message (tenant_id, conversation_id, position);
CREATE UNIQUE INDEX message_by_wa_id ON message (tenant_id, conversation_id, direction, wa_id);
CREATE INDEX message_expiring ON message (tenant_id, expires_at) WHERE status = 'queued' AND expires_at IS NOT NULL;

CREATE TABLE ticket (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    conversation_id BLOB NOT NULL,
    contact_id BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    priority TEXT NOT NULL,
    category TEXT,
    assignee_id BLOB,
    resolution_note TEXT,
    created_at INTEGER NOT NULL,
    assigned_at INTEGER,
    first_reply_at INTEGER,
    resolved_at INTEGER,
    closed_at INTEGER,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX ticket_by_number ON ticket (tenant_id, number);
CREATE INDEX ticket_by_state ON ticket (tenant_id, state, number);
CREATE INDEX ticket_by_assignee ON ticket (tenant_id, assignee_id, number);
CREATE INDEX ticket_by_assignee_and_state ON ticket (tenant_id, assignee_id, state, number);
CREATE INDEX ticket_by_conversation ON ticket (tenant_id, conversation_id);

-- Requests that were granted, so that a repeated push does not do them twice.
CREATE TABLE applied_change (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX applied_change_by_age ON applied_change (at);

CREATE TABLE journal (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;

-- Maintained in the transaction of the change they count: a list's numbers never cost a scan.
CREATE TABLE counter (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    name TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
