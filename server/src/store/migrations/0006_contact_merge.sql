-- Two contacts that turned out to be one person, with what it takes to part them again.
CREATE TABLE contact_merge (
    tenant_id BLOB NOT NULL REFERENCES tenant (id),
    id BLOB NOT NULL,
    -- The one that stayed, and the one that went into it.
    contact_id BLOB NOT NULL,
    merged_id BLOB NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    undone_at INTEGER,
    -- Both as they were, and what was moved, as JSON.
    merged TEXT NOT NULL,
    before TEXT NOT NULL,
    moved TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX contact_merge_by_contact ON contact_merge (tenant_id, contact_id, at);
CREATE INDEX contact_merge_by_merged ON contact_merge (tenant_id, merged_id);
