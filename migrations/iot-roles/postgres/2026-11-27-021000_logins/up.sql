-- A session is one login: the tokens that it gave, and all that came of them by refreshing and by choosing
-- a domain, which are the rows of `iot_sessions` (one for each token). `access_expires_ms` and
-- `refresh_expires_ms` tell of its newest tokens, `expires_ms` is the later of both, `last_ms` when it ends
-- whatever happens. `device` is what the client called itself.
CREATE TABLE iot_logins (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES iot_users (id) ON DELETE CASCADE,
    address TEXT,
    device TEXT,
    domain TEXT,
    created_ms BIGINT NOT NULL,
    access_expires_ms BIGINT NOT NULL,
    refresh_expires_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL
);
CREATE INDEX iot_logins_user ON iot_logins (user_id);
CREATE INDEX iot_logins_expires ON iot_logins (expires_ms);

-- Pairs of before, which are known by their time, become sessions of thirty days.
INSERT INTO iot_logins
    (id, user_id, domain, created_ms, access_expires_ms, refresh_expires_ms, expires_ms, last_ms)
SELECT min(id), user_id, domain, created_ms,
    max(CASE WHEN kind = 'access' THEN expires_ms ELSE 0 END),
    max(CASE WHEN kind = 'refresh' THEN expires_ms ELSE 0 END),
    max(expires_ms), created_ms + 2592000000
FROM iot_sessions GROUP BY user_id, created_ms, domain;

-- A refresh token that was used knows when, and the ids of the pair that came of it.
ALTER TABLE iot_sessions ADD COLUMN login_id TEXT REFERENCES iot_logins (id) ON DELETE CASCADE;
ALTER TABLE iot_sessions ADD COLUMN used_ms BIGINT;
ALTER TABLE iot_sessions ADD COLUMN next_access TEXT;
ALTER TABLE iot_sessions ADD COLUMN next_refresh TEXT;
CREATE INDEX iot_sessions_login ON iot_sessions (login_id);
UPDATE iot_sessions SET login_id = (
    SELECT min(twin.id) FROM iot_sessions AS twin
    WHERE twin.user_id = iot_sessions.user_id AND twin.created_ms = iot_sessions.created_ms
    AND (twin.domain = iot_sessions.domain OR (twin.domain IS NULL AND iot_sessions.domain IS NULL))
);
