-- Accounts that sign in but are no users of a dialect: device accounts, CIAM clients, operators.
-- `secret_hash` is a PHC string for passwords and `sha256:<hex>` for random secrets.
CREATE TABLE auth_accounts (
    realm TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT,
    secret_hash TEXT NOT NULL,
    secret_set_ms BIGINT NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (realm, name)
);

-- Opaque tokens, by their SHA-256.
CREATE TABLE auth_tokens (
    token_hash TEXT PRIMARY KEY NOT NULL,
    realm TEXT NOT NULL,
    subject TEXT NOT NULL,
    scope TEXT,
    issued_ms BIGINT NOT NULL,
    expires_ms BIGINT
);
CREATE INDEX auth_tokens_subject ON auth_tokens (realm, subject);
CREATE INDEX auth_tokens_expiry ON auth_tokens (expires_ms);

-- The keys that sign JSON web tokens, shared by all gateways of the store.
CREATE TABLE auth_signing_keys (
    kid TEXT PRIMARY KEY NOT NULL,
    realm TEXT NOT NULL,
    secret BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    retired_ms BIGINT
);
CREATE INDEX auth_signing_keys_realm ON auth_signing_keys (realm, created_ms);

-- Failures in a row. `subject` is the SHA-256 of an account's name, or an address.
CREATE TABLE auth_throttle (
    realm TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures INTEGER NOT NULL,
    window_ms BIGINT NOT NULL,
    blocked_until_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (realm, kind, subject)
);
CREATE INDEX auth_throttle_expiry ON auth_throttle (expires_ms);

-- Addresses from which an account signed in, which its slowing down spares.
CREATE TABLE auth_known_addresses (
    realm TEXT NOT NULL,
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (realm, account, address)
);
CREATE INDEX auth_known_addresses_expiry ON auth_known_addresses (expires_ms);
