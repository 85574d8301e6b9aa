-- How many users there are: counting them takes the longer, the more there are. Triggers keep it, in the
-- transaction of the change itself, so a backup leaves it out and a restore counts anew.
-- `what` is an enterprise, or '' for all of them together.
CREATE TABLE enterprise_totals (
    what TEXT PRIMARY KEY NOT NULL,
    n BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO enterprise_totals (what, n) SELECT '', count(*) FROM enterprise_users;
INSERT INTO enterprise_totals (what, n) SELECT enterprise_id, count(*) FROM enterprise_users GROUP BY enterprise_id;
CREATE TRIGGER enterprise_users_came AFTER INSERT ON enterprise_users BEGIN
    INSERT INTO enterprise_totals (what, n) VALUES ('', 1), (NEW.enterprise_id, 1)
    ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER enterprise_users_went AFTER DELETE ON enterprise_users BEGIN
    UPDATE enterprise_totals SET n = n - 1 WHERE what IN ('', OLD.enterprise_id);
END;
CREATE TRIGGER enterprise_users_moved AFTER UPDATE OF enterprise_id ON enterprise_users BEGIN
    UPDATE enterprise_totals SET n = n - 1 WHERE what = OLD.enterprise_id;
    INSERT INTO enterprise_totals (what, n) VALUES (NEW.enterprise_id, 1)
    ON CONFLICT (what) DO UPDATE SET n = n + 1;
END;

-- A search for a part walks through everybody: what it compares stands as one text here, and the texts
-- close together. Between the three is a character that no search holds.
CREATE INDEX enterprise_users_search ON enterprise_users (user_id, (
    ifnull(nick_name_folded, '') || char(0) || ifnull(email_folded, '') || char(0) || ifnull(phone_folded, '')
));
DROP INDEX enterprise_users_page;
CREATE INDEX enterprise_users_page ON enterprise_users (enterprise_id, user_id, (
    ifnull(nick_name_folded, '') || char(0) || ifnull(email_folded, '') || char(0) || ifnull(phone_folded, '')
));
