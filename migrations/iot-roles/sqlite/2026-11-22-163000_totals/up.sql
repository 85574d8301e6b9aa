-- How many users there are: counting them takes the longer, the more there are. Triggers keep it, in the
-- transaction of the change itself, so a backup leaves it out and a restore counts anew.
-- `what` is 'users'.
CREATE TABLE iot_totals (
    what TEXT PRIMARY KEY NOT NULL,
    n BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO iot_totals (what, n) SELECT 'users', count(*) FROM iot_users;
CREATE TRIGGER iot_users_came AFTER INSERT ON iot_users BEGIN
    UPDATE iot_totals SET n = n + 1 WHERE what = 'users';
END;
CREATE TRIGGER iot_users_went AFTER DELETE ON iot_users BEGIN
    UPDATE iot_totals SET n = n - 1 WHERE what = 'users';
END;
