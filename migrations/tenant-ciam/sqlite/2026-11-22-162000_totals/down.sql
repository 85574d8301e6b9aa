DROP TRIGGER tenant_users_came;
DROP TRIGGER tenant_users_went;
DROP TRIGGER tenant_users_moved;
DROP TABLE tenant_totals;
