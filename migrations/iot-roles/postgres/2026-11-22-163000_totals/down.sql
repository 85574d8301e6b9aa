DROP TRIGGER iot_users_came ON iot_users;
DROP TRIGGER iot_users_went ON iot_users;
DROP FUNCTION iot_users_counted();
DROP TABLE iot_totals;
