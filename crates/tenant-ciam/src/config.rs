use std::num::NonZeroU32;
use std::time::Duration;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The dialect's settings. What a tenant asks of its users is no setting but data of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the dialect is served.
    pub enabled: bool,
    /// How long an access token lives, in seconds; at least 1.
    pub token_lifetime_seconds: NonZeroU32,
    /// The time zone of the stamp in a `user_id` and of all times that are shown and asked for, as an
    /// IANA name.
    pub time_zone: Tz,
}

impl Default for Config {
    fn default() -> Self {
        let half_an_hour = NonZeroU32::MIN.saturating_add(1799);
        Self { enabled: true, token_lifetime_seconds: half_an_hour, time_zone: Tz::UTC }
    }
}

impl Config {
    /// How long an access token lives.
    pub fn token_lifetime(&self) -> Duration {
        Duration::from_secs(self.token_lifetime_seconds.get().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_typing_errors() {
        let config: Config = serde_json::from_str("{}").unwrap();
        assert_eq!(config, Config::default());
        let config: Config = serde_json::from_str(r#"{"time_zone":"Asia/Shanghai"}"#).unwrap();
        assert_eq!(config.time_zone, Tz::Asia__Shanghai);
        assert!(serde_json::from_str::<Config>(r#"{"time_zone":"Mars"}"#).is_err());
        assert!(serde_json::from_str::<Config>(r#"{"token_life":1}"#).is_err());
        assert!(serde_json::from_str::<Config>(r#"{"token_lifetime_seconds":0}"#).is_err());
        assert_eq!(config.token_lifetime(), Duration::from_secs(1800));
    }
}
