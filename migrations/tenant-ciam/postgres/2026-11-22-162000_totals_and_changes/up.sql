-- How many users there are: counting them takes the longer, the more there are. Triggers keep it, in the
-- transaction of the change itself, so a backup leaves it out and a restore counts anew. The number is
-- the sum of `n`: every statement adds a row of its own, since one that all change would make each wait
-- for the other's commit, and now and then one gathers those that nobody else is at.
-- `what` is a tenant.
CREATE TABLE tenant_totals (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what TEXT NOT NULL,
    n BIGINT NOT NULL
);
CREATE INDEX tenant_totals_what ON tenant_totals (what);

CREATE FUNCTION tenant_users_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign CONSTANT BIGINT := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
    due TEXT[];
BEGIN
    WITH added AS (
        INSERT INTO tenant_totals (what, n)
        SELECT tenant_id, sign * count(*) FROM changed GROUP BY tenant_id
        RETURNING id, what
    )
    -- One of 64 statements, spread so that no order of writers keeps hitting the same.
    SELECT array_agg(what) INTO due FROM added HAVING bool_or(id % 65536 * 40503 % 65536 < 1024);
    IF due IS NOT NULL THEN
        WITH free AS (
            SELECT id FROM tenant_totals WHERE what = ANY (due) FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM tenant_totals WHERE id IN (SELECT id FROM free) RETURNING what, n
        )
        INSERT INTO tenant_totals (what, n) SELECT what, sum(n) FROM gone GROUP BY what;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION tenant_users_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tenant_totals (what, n) VALUES (OLD.tenant_id, -1), (NEW.tenant_id, 1);
    RETURN NULL;
END
$$;

-- Whoever writes meanwhile waits, and is counted by his own statement.
LOCK TABLE tenant_users IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO tenant_totals (what, n) SELECT tenant_id, count(*) FROM tenant_users GROUP BY tenant_id;
CREATE TRIGGER tenant_users_came AFTER INSERT ON tenant_users
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tenant_users_counted();
CREATE TRIGGER tenant_users_went AFTER DELETE ON tenant_users
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tenant_users_counted();
CREATE TRIGGER tenant_users_moved AFTER UPDATE OF tenant_id ON tenant_users
    FOR EACH ROW WHEN (OLD.tenant_id <> NEW.tenant_id) EXECUTE FUNCTION tenant_users_moved();

-- Whoever asks for those that changed gets the oldest first: here they are sorted before a row is read.
DROP INDEX tenant_users_updated;
CREATE INDEX tenant_users_updated ON tenant_users (tenant_id, updated_ms, created_ms, user_id);
