DROP INDEX tenant_users_updated;
CREATE INDEX tenant_users_updated ON tenant_users (tenant_id, updated_ms);
DROP TRIGGER tenant_users_came ON tenant_users;
DROP TRIGGER tenant_users_went ON tenant_users;
DROP TRIGGER tenant_users_moved ON tenant_users;
DROP FUNCTION tenant_users_counted();
DROP FUNCTION tenant_users_moved();
DROP TABLE tenant_totals;
