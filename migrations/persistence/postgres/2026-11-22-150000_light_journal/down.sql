DROP INDEX store_journal_seq;
ALTER TABLE store_journal ADD CONSTRAINT store_journal_seq_key UNIQUE (seq);
CREATE INDEX store_journal_subject ON store_journal (dialect, realm, subject, at_ms);
CREATE INDEX store_journal_unsealed ON store_journal (at_ms) WHERE seq IS NULL;
