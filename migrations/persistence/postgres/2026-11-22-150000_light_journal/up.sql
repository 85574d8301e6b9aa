-- Every write touches the journal, so that each of its indexes is a page more of every commit. It keeps the
-- one by id. Nobody has asked by subject, and the sealer brings the index that it needs.
DROP INDEX store_journal_subject;
DROP INDEX store_journal_unsealed;
ALTER TABLE store_journal DROP CONSTRAINT store_journal_seq_key;
CREATE UNIQUE INDEX store_journal_seq ON store_journal (seq) WHERE seq IS NOT NULL;
