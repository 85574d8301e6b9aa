DROP TRIGGER tenant_users_came ON tenant_users;
DROP TRIGGER tenant_users_went ON tenant_users;
DROP TRIGGER tenant_users_moved ON tenant_users;
DROP FUNCTION tenant_users_counted();
DROP FUNCTION tenant_users_moved();
DROP TABLE tenant_totals;
