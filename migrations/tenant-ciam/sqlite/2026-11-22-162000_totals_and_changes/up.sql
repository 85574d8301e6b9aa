-- How many users there are: counting them takes the longer, the more there are. Triggers keep it, in the
-- transaction of the change itself, so a backup leaves it out and a restore counts anew.
-- `what` is a tenant.
CREATE TABLE tenant_totals (
    what TEXT PRIMARY KEY NOT NULL,
    n BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO tenant_totals (what, n) SELECT tenant_id, count(*) FROM tenant_users GROUP BY tenant_id;
CREATE TRIGGER tenant_users_came AFTER INSERT ON tenant_users BEGIN
    INSERT INTO tenant_totals (what, n) VALUES (NEW.tenant_id, 1)
    ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER tenant_users_went AFTER DELETE ON tenant_users BEGIN
    UPDATE tenant_totals SET n = n - 1 WHERE what = OLD.tenant_id;
END;
CREATE TRIGGER tenant_users_moved AFTER UPDATE OF tenant_id ON tenant_users BEGIN
    UPDATE tenant_totals SET n = n - 1 WHERE what = OLD.tenant_id;
    INSERT INTO tenant_totals (what, n) VALUES (NEW.tenant_id, 1)
    ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;

-- Whoever asks for those that changed gets the oldest first: here they are sorted before a row is read.
DROP INDEX tenant_users_updated;
CREATE INDEX tenant_users_updated ON tenant_users (tenant_id, updated_ms, created_ms, user_id);
