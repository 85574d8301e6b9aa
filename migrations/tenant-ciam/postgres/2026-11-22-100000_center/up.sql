-- Users are found by a value of an extension attribute, those of one tenant. A value has up to
-- 4 KiB, more than an index holds: the index is led by its beginning.
ALTER TABLE tenant_user_extensions ADD COLUMN tenant_id TEXT REFERENCES tenant_tenants (id) ON DELETE CASCADE;
UPDATE tenant_user_extensions AS e SET tenant_id = u.tenant_id FROM tenant_users AS u WHERE u.user_id = e.user_id;
ALTER TABLE tenant_user_extensions ALTER COLUMN tenant_id SET NOT NULL;
CREATE INDEX tenant_user_extensions_value
    ON tenant_user_extensions (tenant_id, key, substr(value, 1, 200), user_id);

-- A new definition is asked of a tenant's users page by page.
CREATE INDEX tenant_users_walk ON tenant_users (tenant_id, user_id);
