DROP TRIGGER enterprise_users_came ON enterprise_users;
DROP TRIGGER enterprise_users_went ON enterprise_users;
DROP TRIGGER enterprise_users_moved ON enterprise_users;
DROP FUNCTION enterprise_users_counted();
DROP FUNCTION enterprise_users_moved();
DROP TABLE enterprise_totals;
