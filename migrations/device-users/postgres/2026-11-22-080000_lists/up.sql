-- Names as they are searched, without regard to case. Folding is not the database's to do: NULL in
-- the rows of before, which the next start fills.
ALTER TABLE device_users ADD COLUMN name_folded TEXT;
ALTER TABLE device_groups ADD COLUMN name_folded TEXT;
CREATE INDEX device_users_unfolded ON device_users (user_id) WHERE name_folded IS NULL;

-- Lists begin with the newest.
CREATE INDEX device_users_newest ON device_users (created_ms DESC, user_id DESC);
CREATE INDEX device_groups_newest ON device_groups (created_ms DESC, group_id DESC);
