-- What a search compares: folded in Rust, so that no query relies on a collation. Rows from before
-- hold NULL until `DieselStore::fill_folded` has passed; a row written since never does.
ALTER TABLE enterprise_users ADD COLUMN nick_name_folded TEXT;
ALTER TABLE enterprise_users ADD COLUMN phone_folded TEXT;

-- The page of one enterprise; that of all walks the primary key.
CREATE INDEX enterprise_users_page ON enterprise_users (enterprise_id, user_id);

-- What is still to be completed: nothing, soon.
CREATE INDEX enterprise_users_unfolded ON enterprise_users (user_id) WHERE nick_name_folded IS NULL;
