-- One row for every change, written in the change's own transaction. `seq` stays empty until the
-- sealer numbers committed rows in commit order.
CREATE TABLE store_journal (
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
CREATE INDEX store_journal_subject ON store_journal (dialect, realm, subject, at_ms);
CREATE INDEX store_journal_unsealed ON store_journal (at_ms) WHERE seq IS NULL;

-- Personal values stand apart, so that erasure and retention can empty them.
CREATE TABLE store_journal_values (
    entry_id TEXT PRIMARY KEY NOT NULL REFERENCES store_journal (id) ON DELETE CASCADE,
    before_json TEXT,
    after_json TEXT
);

-- Facts about the store itself, such as how it was begun.
CREATE TABLE store_marks (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
