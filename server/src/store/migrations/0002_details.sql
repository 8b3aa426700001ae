-- What a message carries besides its text, as one JSON value; null: nothing.
ALTER TABLE message ADD COLUMN details TEXT;

ALTER TABLE contact ADD COLUMN username TEXT;
ALTER TABLE contact ADD COLUMN kind TEXT NOT NULL DEFAULT 'person';
-- When the customer asked not to be written to, and with which word.
ALTER TABLE contact ADD COLUMN opted_out_at INTEGER;
ALTER TABLE contact ADD COLUMN opted_out_word TEXT;
CREATE INDEX contact_opted_out ON contact (tenant_id, opted_out_at, id) WHERE opted_out_at IS NOT NULL AND merged_into IS NULL;

DROP TRIGGER contact_search_insert;
DROP TRIGGER contact_search_update;
CREATE TRIGGER contact_search_insert AFTER INSERT ON contact BEGIN
    INSERT INTO contact_search (rowid, words)
    VALUES (new.search_key, new.name || ' ' || coalesce(new.push_name, '') || ' ' || coalesce(new.username, '') || ' ' || coalesce(new.phone, '') || ' ' || coalesce(new.email, ''));
END;
CREATE TRIGGER contact_search_update AFTER UPDATE OF name, push_name, username, phone, email ON contact BEGIN
    DELETE FROM contact_search WHERE rowid = old.search_key;
    INSERT INTO contact_search (rowid, words)
    VALUES (new.search_key, new.name || ' ' || coalesce(new.push_name, '') || ' ' || coalesce(new.username, '') || ' ' || coalesce(new.phone, '') || ' ' || coalesce(new.email, ''));
END;
