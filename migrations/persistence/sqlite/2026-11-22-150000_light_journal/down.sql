CREATE TABLE store_journal_full (
    id TEXT PRIMARY KEY NOT NULL,
    seq BIGINT UNIQUE,
    at_ms BIGINT NOT NULL,
    dialect TEXT NOT NULL,
    realm TEXT NOT NULL,
    subject TEXT NOT NULL,
    verb TEXT NOT NULL,
    fields TEXT NOT NULL,
    principal TEXT NOT NULL,
    address TEXT,
    request_id TEXT
);
INSERT INTO store_journal_full
SELECT id, seq, at_ms, dialect, realm, subject, verb, fields, principal, address, request_id
FROM store_journal;

CREATE TABLE store_journal_values_full (
    entry_id TEXT PRIMARY KEY NOT NULL REFERENCES store_journal_full (id) ON DELETE CASCADE,
    before_json TEXT,
    after_json TEXT
);
INSERT INTO store_journal_values_full
SELECT entry_id, before_json, after_json FROM store_journal_values;

DROP TABLE store_journal_values;
DROP TABLE store_journal;
ALTER TABLE store_journal_full RENAME TO store_journal;
ALTER TABLE store_journal_values_full RENAME TO store_journal_values;
CREATE INDEX store_journal_subject ON store_journal (dialect, realm, subject, at_ms);
CREATE INDEX store_journal_unsealed ON store_journal (at_ms) WHERE seq IS NULL;
