-- Attempts are reserved before a password is checked; one whose gateway died ends by itself.
-- `account` is the SHA-256 of an account's kind and name. `known`: the attempt came from an address
-- from which the account had signed in before, and counts against the allowance of that pair alone.
CREATE TABLE auth_reservations (
    id TEXT PRIMARY KEY NOT NULL,
    realm TEXT NOT NULL,
    account TEXT,
    address TEXT,
    known BOOLEAN NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX auth_reservations_account ON auth_reservations (realm, account);
CREATE INDEX auth_reservations_address ON auth_reservations (address);
CREATE INDEX auth_reservations_expiry ON auth_reservations (expires_ms);

-- How long an account is slowed down follows from its failures and the last one's time, so that a
-- clock that was wrong locks it for no longer than the rule says. Rows of kind `pair` stand for an
-- account at one address.
ALTER TABLE auth_throttle DROP COLUMN blocked_until_ms;
ALTER TABLE auth_throttle ADD COLUMN last_failure_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE auth_throttle ADD COLUMN spent_until_ms BIGINT NOT NULL DEFAULT 0;
