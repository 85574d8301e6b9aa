DROP INDEX tenant_users_updated;
CREATE INDEX tenant_users_updated ON tenant_users (tenant_id, updated_ms);
DROP TRIGGER tenant_users_came;
DROP TRIGGER tenant_users_went;
DROP TRIGGER tenant_users_moved;
DROP TABLE tenant_totals;
