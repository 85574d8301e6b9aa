DROP INDEX enterprise_users_unfolded;
DROP INDEX enterprise_users_page;
ALTER TABLE enterprise_users DROP COLUMN phone_folded;
ALTER TABLE enterprise_users DROP COLUMN nick_name_folded;
