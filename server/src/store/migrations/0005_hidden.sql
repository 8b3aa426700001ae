-- What belongs to chats that their owners took back whole: kept to be found again, shown to nobody.
ALTER TABLE contact ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
