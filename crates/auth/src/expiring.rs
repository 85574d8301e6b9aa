use std::time::Duration;

use roster_persistence::Expiring;

use crate::operators::OPERATORS;

/// The rows of this crate's tables that end by themselves, for a [`roster_persistence::Sweeper`]: tokens
/// (operators' stay until they are revoked), failures, reservations, addresses; and the keys that no token
/// needs any more, which were revoked or followed by a newer
/// one longer ago than `longest`, the life of the longest token that they sign.
pub fn expiring(longest: Duration) -> Vec<Expiring> {
    let longest = longest.as_millis();
    let needless = format!(
        "retired_ms <= $1 - {longest} OR EXISTS (SELECT 1 FROM auth_signing_keys AS newer \
         WHERE newer.realm = auth_signing_keys.realm AND newer.retired_ms IS NULL \
         AND newer.created_ms > auth_signing_keys.created_ms AND newer.created_ms <= $1 - {longest})"
    );
    vec![
        Expiring::when("auth_tokens", format!("expires_ms <= $1 AND realm <> '{}'", OPERATORS.name())),
        Expiring::by_time("auth_throttle"),
        Expiring::by_time("auth_reservations"),
        Expiring::by_time("auth_known_addresses"),
        Expiring::when("auth_signing_keys", needless),
    ]
}
