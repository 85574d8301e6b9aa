DROP TRIGGER device_users_came ON device_users;
DROP TRIGGER device_users_went ON device_users;
DROP FUNCTION device_users_counted();
DROP TABLE device_totals;
