ALTER TABLE auth_accounts DROP COLUMN generation;
