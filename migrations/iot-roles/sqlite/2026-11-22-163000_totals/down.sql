DROP TRIGGER iot_users_came;
DROP TRIGGER iot_users_went;
DROP TABLE iot_totals;
