-- `sign_ins` and `last_sign_in_ms` tell when his password was last found right. `revision` rises with
-- every change of his attributes or password, so that a password judged by former ones is not set.
ALTER TABLE tenant_users ADD COLUMN sign_ins BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tenant_users ADD COLUMN last_sign_in_ms BIGINT;
ALTER TABLE tenant_users ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- Look-ups end at the oldest of several, and pages begin at the oldest, without sorting.
DROP INDEX tenant_users_user_name;
DROP INDEX tenant_users_mobile;
DROP INDEX tenant_users_email;
DROP INDEX tenant_users_external_id;
CREATE INDEX tenant_users_user_name ON tenant_users (tenant_id, user_name_key, created_ms, user_id);
CREATE INDEX tenant_users_mobile ON tenant_users (tenant_id, mobile, created_ms, user_id);
CREATE INDEX tenant_users_email ON tenant_users (tenant_id, email_key, created_ms, user_id);
CREATE INDEX tenant_users_external_id ON tenant_users (tenant_id, external_id_key, created_ms, user_id);
CREATE INDEX tenant_users_age ON tenant_users (tenant_id, created_ms, user_id);
