-- `rules_version` rises with every change of the tenant's attributes, area codes, password policy
-- and weak passwords; a user judged by another version is not inserted. A tenant may have a host
-- of its own, where only its tokens are taken.
CREATE TABLE tenant_tenants (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    rules_version BIGINT NOT NULL,
    host TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX tenant_tenants_host ON tenant_tenants (host);

-- The user attribute definition: built-in attributes and extensions alike. `allowed_json` is a
-- JSON list of texts, empty for any.
CREATE TABLE tenant_attributes (
    tenant_id TEXT NOT NULL REFERENCES tenant_tenants (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    builtin BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    required BOOLEAN NOT NULL,
    is_unique BOOLEAN NOT NULL,
    display_zh TEXT NOT NULL,
    display_en TEXT NOT NULL,
    min_chars INTEGER,
    max_chars INTEGER,
    pattern TEXT,
    allowed_json TEXT NOT NULL,
    PRIMARY KEY (tenant_id, key)
);

-- The enabled international area codes, each with the pattern of its national numbers.
CREATE TABLE tenant_area_codes (
    tenant_id TEXT NOT NULL REFERENCES tenant_tenants (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    position INTEGER NOT NULL,
    region TEXT NOT NULL,
    number_pattern TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, code)
);

-- `max_run` is empty where any run is allowed.
CREATE TABLE tenant_password_policies (
    tenant_id TEXT PRIMARY KEY NOT NULL REFERENCES tenant_tenants (id) ON DELETE CASCADE,
    preset TEXT NOT NULL,
    min_chars INTEGER NOT NULL,
    max_chars INTEGER NOT NULL,
    min_classes INTEGER NOT NULL,
    max_run INTEGER,
    weak_list BOOLEAN NOT NULL,
    user_information BOOLEAN NOT NULL,
    history_depth INTEGER NOT NULL
);

-- What the tenant refuses besides the packaged list.
CREATE TABLE tenant_weak_passwords (
    tenant_id TEXT NOT NULL REFERENCES tenant_tenants (id) ON DELETE CASCADE,
    password_folded TEXT NOT NULL,
    PRIMARY KEY (tenant_id, password_folded)
);

-- `mobile` is the international form; the `…_key` columns are what is compared, cut to what an
-- index can hold. What is unique is not said here but in
-- `tenant_unique_values`, since every tenant decides it for itself.
CREATE TABLE tenant_users (
    user_id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenant_tenants (id) ON DELETE CASCADE,
    user_name TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    name TEXT,
    mobile TEXT,
    email TEXT,
    email_key TEXT,
    gender TEXT,
    birthday TEXT,
    nick_name TEXT,
    mailing_address TEXT,
    zip_code TEXT,
    first_name TEXT,
    middle_name TEXT,
    last_name TEXT,
    industry TEXT,
    external_id TEXT,
    external_id_key TEXT,
    password_hash TEXT,
    must_modify_password BOOLEAN NOT NULL,
    password_set_ms BIGINT,
    disabled BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX tenant_users_user_name ON tenant_users (tenant_id, user_name_key);
CREATE INDEX tenant_users_mobile ON tenant_users (tenant_id, mobile);
CREATE INDEX tenant_users_email ON tenant_users (tenant_id, email_key);
CREATE INDEX tenant_users_external_id ON tenant_users (tenant_id, external_id_key);
CREATE INDEX tenant_users_updated ON tenant_users (tenant_id, updated_ms);

-- Up to a megabyte each, so apart.
CREATE TABLE tenant_user_pictures (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES tenant_users (user_id) ON DELETE CASCADE,
    picture TEXT NOT NULL
);

CREATE TABLE tenant_user_extensions (
    user_id TEXT NOT NULL REFERENCES tenant_users (user_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
);

-- The values that no two users of a tenant share, of built-in attributes and extensions alike.
-- The primary key has the last word on duplicates.
CREATE TABLE tenant_unique_values (
    tenant_id TEXT NOT NULL REFERENCES tenant_tenants (id) ON DELETE CASCADE,
    attribute TEXT NOT NULL,
    value_key TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES tenant_users (user_id) ON DELETE CASCADE,
    PRIMARY KEY (tenant_id, attribute, value_key)
);
CREATE INDEX tenant_unique_values_user ON tenant_unique_values (user_id);

-- Hashes of a user's passwords, numbered from the first.
CREATE TABLE tenant_password_history (
    user_id TEXT NOT NULL REFERENCES tenant_users (user_id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    password_hash TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, number)
);
