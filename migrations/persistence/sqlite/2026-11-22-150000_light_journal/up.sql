-- Every write touches the journal, so that each of its indexes is a page more of every commit. It keeps the
-- one by id, in which the rows themselves stand now: ids grow with time. Nobody has asked by subject, and
-- the sealer brings the index that it needs.
CREATE TABLE store_journal_light (
    id TEXT PRIMARY KEY NOT NULL,
    seq BIGINT,
    at_ms BIGINT NOT NULL,
    dialect TEXT NOT NULL,
    realm TEXT NOT NULL,
    subject TEXT NOT NULL,
    verb TEXT NOT NULL,
    fields TEXT NOT NULL,
    principal TEXT NOT NULL,
    address TEXT,
    request_id TEXT
) WITHOUT ROWID;
INSERT INTO store_journal_light
SELECT id, seq, at_ms, dialect, realm, subject, verb, fields, principal, address, request_id
FROM store_journal ORDER BY id;

CREATE TABLE store_journal_values_light (
    entry_id TEXT PRIMARY KEY NOT NULL REFERENCES store_journal_light (id) ON DELETE CASCADE,
    before_json TEXT,
    after_json TEXT
) WITHOUT ROWID;
INSERT INTO store_journal_values_light
SELECT entry_id, before_json, after_json FROM store_journal_values ORDER BY entry_id;

DROP TABLE store_journal_values;
DROP TABLE store_journal;
ALTER TABLE store_journal_light RENAME TO store_journal;
ALTER TABLE store_journal_values_light RENAME TO store_journal_values;
CREATE UNIQUE INDEX store_journal_seq ON store_journal (seq) WHERE seq IS NOT NULL;
