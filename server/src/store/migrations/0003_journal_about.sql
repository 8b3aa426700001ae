-- What an entry is about, so that what may not be told any more can be taken out of earlier entries: the conversation, or
-- the contact.
ALTER TABLE journal ADD COLUMN about BLOB;
UPDATE journal SET about = unhex(replace(coalesce(
    json_extract(event, '$.data.conversation_id'),
    CASE
        WHEN json_extract(event, '$.name') LIKE 'conversation:%' OR json_extract(event, '$.name') = 'contact:updated'
        THEN json_extract(event, '$.data.id')
    END
), '-', ''));
CREATE INDEX journal_about ON journal (tenant_id, about, seq) WHERE about IS NOT NULL;

CREATE INDEX conversation_merged ON conversation (tenant_id, merged_into) WHERE merged_into IS NOT NULL;
