DROP INDEX tenant_users_walk;
DROP INDEX tenant_user_extensions_value;
ALTER TABLE tenant_user_extensions DROP COLUMN tenant_id;
