-- How many users there are: counting them takes the longer, the more there are. Triggers keep it, in the
-- transaction of the change itself, so a backup leaves it out and a restore counts anew.
-- `what` is 'users'.
CREATE TABLE device_totals (
    what TEXT PRIMARY KEY NOT NULL,
    n BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO device_totals (what, n) SELECT 'users', count(*) FROM device_users;
CREATE TRIGGER device_users_came AFTER INSERT ON device_users BEGIN
    UPDATE device_totals SET n = n + 1 WHERE what = 'users';
END;
CREATE TRIGGER device_users_went AFTER DELETE ON device_users BEGIN
    UPDATE device_totals SET n = n - 1 WHERE what = 'users';
END;

-- A search for a part of a name walks through all names: they stand close together here.
CREATE INDEX device_users_search ON device_users (user_id, name_folded);
