DROP INDEX iot_users_role;
