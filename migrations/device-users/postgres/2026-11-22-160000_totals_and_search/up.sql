-- How many users there are: counting them takes the longer, the more there are. Triggers keep it, in the
-- transaction of the change itself, so a backup leaves it out and a restore counts anew. The number is
-- the sum of `n`: every statement adds a row of its own, since one that all change would make each wait
-- for the other's commit, and now and then one gathers those that nobody else is at.
-- `what` is 'users'.
CREATE TABLE device_totals (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what TEXT NOT NULL,
    n BIGINT NOT NULL
);
CREATE INDEX device_totals_what ON device_totals (what);

CREATE FUNCTION device_users_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign CONSTANT BIGINT := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
    due TEXT[];
BEGIN
    WITH added AS (
        INSERT INTO device_totals (what, n)
        SELECT 'users', sign * count(*) FROM changed HAVING count(*) > 0
        RETURNING id, what
    )
    -- One of 64 statements, spread so that no order of writers keeps hitting the same.
    SELECT array_agg(what) INTO due FROM added HAVING bool_or(id % 65536 * 40503 % 65536 < 1024);
    IF due IS NOT NULL THEN
        WITH free AS (
            SELECT id FROM device_totals WHERE what = ANY (due) FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM device_totals WHERE id IN (SELECT id FROM free) RETURNING what, n
        )
        INSERT INTO device_totals (what, n) SELECT what, sum(n) FROM gone GROUP BY what;
    END IF;
    RETURN NULL;
END
$$;

-- Whoever writes meanwhile waits, and is counted by his own statement.
LOCK TABLE device_users IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO device_totals (what, n) SELECT 'users', count(*) FROM device_users;
CREATE TRIGGER device_users_came AFTER INSERT ON device_users
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION device_users_counted();
CREATE TRIGGER device_users_went AFTER DELETE ON device_users
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION device_users_counted();

-- Searches walk through the table here, several workers at once.
