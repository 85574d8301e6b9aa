DROP INDEX device_users_search;
DROP TRIGGER device_users_came;
DROP TRIGGER device_users_went;
DROP TABLE device_totals;
