-- The name under which WhatsApp lists a business.
ALTER TABLE contact ADD COLUMN verified_name TEXT;
