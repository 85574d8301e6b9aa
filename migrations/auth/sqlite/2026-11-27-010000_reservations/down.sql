ALTER TABLE auth_throttle DROP COLUMN spent_until_ms;
ALTER TABLE auth_throttle DROP COLUMN last_failure_ms;
ALTER TABLE auth_throttle ADD COLUMN blocked_until_ms BIGINT NOT NULL DEFAULT 0;
DROP TABLE auth_reservations;
