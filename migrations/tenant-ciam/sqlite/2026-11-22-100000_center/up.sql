-- Users are found by a value of an extension attribute, those of one tenant. A value has up to
-- 4 KiB, more than an index holds elsewhere: the index is led by its beginning. Made anew, since a
-- column cannot become NOT NULL.
CREATE TABLE tenant_user_extensions_new (
    user_id TEXT NOT NULL REFERENCES tenant_users (user_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenant_tenants (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, key)
);
INSERT INTO tenant_user_extensions_new (user_id, key, kind, value, tenant_id)
    SELECT e.user_id, e.key, e.kind, e.value, u.tenant_id
    FROM tenant_user_extensions AS e JOIN tenant_users AS u ON u.user_id = e.user_id;
DROP TABLE tenant_user_extensions;
ALTER TABLE tenant_user_extensions_new RENAME TO tenant_user_extensions;
CREATE INDEX tenant_user_extensions_value
    ON tenant_user_extensions (tenant_id, key, substr(value, 1, 200), user_id);

-- A new definition is asked of a tenant's users page by page.
CREATE INDEX tenant_users_walk ON tenant_users (tenant_id, user_id);
