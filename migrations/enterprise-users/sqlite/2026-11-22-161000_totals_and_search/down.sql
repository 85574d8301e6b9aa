DROP INDEX enterprise_users_page;
DROP INDEX enterprise_users_search;
CREATE INDEX enterprise_users_page ON enterprise_users (enterprise_id, user_id);
DROP TRIGGER enterprise_users_came;
DROP TRIGGER enterprise_users_went;
DROP TRIGGER enterprise_users_moved;
DROP TABLE enterprise_totals;
