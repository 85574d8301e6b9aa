DROP TABLE auth_known_addresses;
DROP TABLE auth_throttle;
DROP TABLE auth_signing_keys;
DROP TABLE auth_tokens;
DROP TABLE auth_accounts;
