DROP INDEX tenant_users_walk;
DROP INDEX tenant_user_extensions_value;
CREATE TABLE tenant_user_extensions_old (
    user_id TEXT NOT NULL REFERENCES tenant_users (user_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
);
INSERT INTO tenant_user_extensions_old (user_id, key, kind, value)
    SELECT user_id, key, kind, value FROM tenant_user_extensions;
DROP TABLE tenant_user_extensions;
ALTER TABLE tenant_user_extensions_old RENAME TO tenant_user_extensions;
