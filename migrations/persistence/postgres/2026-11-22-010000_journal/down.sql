DROP TABLE store_marks;
DROP TABLE store_journal_values;
DROP TABLE store_journal;
