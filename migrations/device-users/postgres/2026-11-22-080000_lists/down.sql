DROP INDEX device_groups_newest;
DROP INDEX device_users_newest;
DROP INDEX device_users_unfolded;
ALTER TABLE device_groups DROP COLUMN name_folded;
ALTER TABLE device_users DROP COLUMN name_folded;
