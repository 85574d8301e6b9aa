//! The connections to the store: how many, and how long things may take.

use std::time::Duration;

use roster_persistence::{DbSettings, PostgresSettings};
use serde::{Deserialize, Serialize};

/// The connections to the store. All but the first four settings are for PostgreSQL; what the database
/// URL says of the same wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// Connections at the most.
    pub pool_size: u32,
    /// How long a request waits for one before it is answered 503, in seconds.
    pub patience_seconds: u64,
    /// How long a statement takes that is logged for it, in milliseconds.
    pub slow_query_ms: u64,
    /// How long a credential that was looked up is believed, in milliseconds; 0 asks each time. What
    /// this gateway takes back it refuses at once whatever this says; another one after this time.
    pub believe_ms: u64,
    /// How long connecting to one host may take, in seconds, at least 2; 0 for any time.
    pub connect_timeout_seconds: u64,
    /// Idle time after which TCP asks whether the server is there, in seconds.
    pub keepalives_idle_seconds: u64,
    /// Time between such questions, in seconds.
    pub keepalives_interval_seconds: u64,
    /// Unanswered questions after which a connection is closed.
    pub keepalives_count: u32,
    /// How long sent data may stay unacknowledged before a connection is closed, in seconds; 0 for as
    /// long as the system says.
    pub tcp_user_timeout_seconds: u64,
    /// How long one statement may take, in seconds; 0 for any time. Less than a request may take.
    pub statement_timeout_seconds: u64,
    /// How long a transaction may wait for its next statement, in seconds; 0 for any time.
    pub idle_transaction_timeout_seconds: u64,
    /// How long the server may answer nothing before all connections to it are given up, in seconds.
    pub silence_seconds: u64,
    /// Whether statements stay prepared; `false` behind a pooler in transaction mode.
    pub prepared_statements: bool,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        let DbSettings { pool_size, patience, slow_query, believe, postgres } = DbSettings::default();
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            pool_size,
            patience_seconds: patience.as_secs(),
            slow_query_ms: ms(slow_query),
            believe_ms: ms(believe),
            connect_timeout_seconds: postgres.connect_timeout.as_secs(),
            keepalives_idle_seconds: postgres.keepalives_idle.as_secs(),
            keepalives_interval_seconds: postgres.keepalives_interval.as_secs(),
            keepalives_count: postgres.keepalives_count,
            tcp_user_timeout_seconds: postgres.tcp_user_timeout.as_secs(),
            statement_timeout_seconds: postgres.statement_timeout.as_secs(),
            idle_transaction_timeout_seconds: postgres.idle_transaction_timeout.as_secs(),
            silence_seconds: postgres.silence.as_secs(),
            prepared_statements: postgres.prepared_statements,
        }
    }
}

impl From<DatabaseConfig> for DbSettings {
    fn from(config: DatabaseConfig) -> Self {
        Self {
            pool_size: config.pool_size,
            patience: Duration::from_secs(config.patience_seconds),
            slow_query: Duration::from_millis(config.slow_query_ms),
            believe: Duration::from_millis(config.believe_ms),
            postgres: PostgresSettings {
                connect_timeout: Duration::from_secs(config.connect_timeout_seconds),
                keepalives_idle: Duration::from_secs(config.keepalives_idle_seconds),
                keepalives_interval: Duration::from_secs(config.keepalives_interval_seconds),
                keepalives_count: config.keepalives_count,
                tcp_user_timeout: Duration::from_secs(config.tcp_user_timeout_seconds),
                statement_timeout: Duration::from_secs(config.statement_timeout_seconds),
                idle_transaction_timeout: Duration::from_secs(config.idle_transaction_timeout_seconds),
                silence: Duration::from_secs(config.silence_seconds.max(1)),
                prepared_statements: config.prepared_statements,
            },
        }
    }
}
