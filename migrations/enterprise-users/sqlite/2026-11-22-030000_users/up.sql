-- `nick_name` is compared as it stands, `email_folded` without regard to case. Ids are never
-- reused and stay below 2^31.
CREATE TABLE enterprise_users (
    user_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    enterprise_id TEXT NOT NULL,
    nick_name TEXT NOT NULL,
    email TEXT,
    email_folded TEXT,
    phone TEXT,
    is_active BOOLEAN NOT NULL,
    origion TEXT,
    client_ip TEXT,
    password_hash TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX enterprise_users_nick_name ON enterprise_users (enterprise_id, nick_name);
CREATE UNIQUE INDEX enterprise_users_email ON enterprise_users (email_folded);
CREATE UNIQUE INDEX enterprise_users_phone ON enterprise_users (phone);

CREATE TABLE enterprise_administrators (
    user_id INTEGER PRIMARY KEY NOT NULL REFERENCES enterprise_users (user_id) ON DELETE CASCADE,
    created_ms BIGINT NOT NULL
);

-- Access keys, by their SHA-256.
CREATE TABLE enterprise_access_keys (
    key_hash TEXT PRIMARY KEY NOT NULL,
    user_id INTEGER NOT NULL REFERENCES enterprise_users (user_id) ON DELETE CASCADE,
    note TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT
);
CREATE UNIQUE INDEX enterprise_access_keys_note ON enterprise_access_keys (user_id, note);
