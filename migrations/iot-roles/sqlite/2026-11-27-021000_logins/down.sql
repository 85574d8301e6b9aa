DROP INDEX iot_sessions_login;
ALTER TABLE iot_sessions DROP COLUMN next_refresh;
ALTER TABLE iot_sessions DROP COLUMN next_access;
ALTER TABLE iot_sessions DROP COLUMN used_ms;
ALTER TABLE iot_sessions DROP COLUMN login_id;
DROP TABLE iot_logins;
