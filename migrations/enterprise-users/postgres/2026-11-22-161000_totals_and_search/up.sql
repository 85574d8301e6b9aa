-- How many users there are: counting them takes the longer, the more there are. Triggers keep it, in the
-- transaction of the change itself, so a backup leaves it out and a restore counts anew. The number is
-- the sum of `n`: every statement adds a row of its own, since one that all change would make each wait
-- for the other's commit, and now and then one gathers those that nobody else is at.
-- `what` is an enterprise, or '' for all of them together.
CREATE TABLE enterprise_totals (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what TEXT NOT NULL,
    n BIGINT NOT NULL
);
CREATE INDEX enterprise_totals_what ON enterprise_totals (what);

CREATE FUNCTION enterprise_users_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign CONSTANT BIGINT := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
    due TEXT[];
BEGIN
    WITH added AS (
        INSERT INTO enterprise_totals (what, n)
        SELECT '', sign * count(*) FROM changed HAVING count(*) > 0
        UNION ALL SELECT enterprise_id, sign * count(*) FROM changed GROUP BY enterprise_id
        RETURNING id, what
    )
    -- One of 64 statements, spread so that no order of writers keeps hitting the same.
    SELECT array_agg(what) INTO due FROM added HAVING bool_or(id % 65536 * 40503 % 65536 < 1024);
    IF due IS NOT NULL THEN
        WITH free AS (
            SELECT id FROM enterprise_totals WHERE what = ANY (due) FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM enterprise_totals WHERE id IN (SELECT id FROM free) RETURNING what, n
        )
        INSERT INTO enterprise_totals (what, n) SELECT what, sum(n) FROM gone GROUP BY what;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION enterprise_users_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO enterprise_totals (what, n) VALUES (OLD.enterprise_id, -1), (NEW.enterprise_id, 1);
    RETURN NULL;
END
$$;

-- Whoever writes meanwhile waits, and is counted by his own statement.
LOCK TABLE enterprise_users IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO enterprise_totals (what, n) SELECT '', count(*) FROM enterprise_users;
INSERT INTO enterprise_totals (what, n) SELECT enterprise_id, count(*) FROM enterprise_users GROUP BY enterprise_id;
CREATE TRIGGER enterprise_users_came AFTER INSERT ON enterprise_users
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION enterprise_users_counted();
CREATE TRIGGER enterprise_users_went AFTER DELETE ON enterprise_users
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION enterprise_users_counted();
CREATE TRIGGER enterprise_users_moved AFTER UPDATE OF enterprise_id ON enterprise_users
    FOR EACH ROW WHEN (OLD.enterprise_id <> NEW.enterprise_id) EXECUTE FUNCTION enterprise_users_moved();

-- Searches walk through the table here, several workers at once.
