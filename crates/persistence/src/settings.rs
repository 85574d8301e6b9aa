//! What can be set of a store.

use std::time::Duration;

/// How large the pool is, and how long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DbSettings {
    /// Connections at the most.
    pub pool_size: u32,
    /// How long a request waits for a free connection before it is answered "busy".
    pub patience: Duration,
    /// How long a statement takes that is logged for it, without its values.
    pub slow_query: Duration,
    /// How long a credential that was looked up is believed ([`crate::Beliefs`]).
    pub believe: Duration,
    /// What holds for PostgreSQL alone.
    pub postgres: PostgresSettings,
}

/// Time limits of connections to PostgreSQL. What the database URL says of the same wins; 0 switches a
/// limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresSettings {
    /// How long connecting to one host may take (`connect_timeout`): whole seconds, at least 2.
    pub connect_timeout: Duration,
    /// Idle time after which TCP asks whether the other end is there (`keepalives_idle`), in whole seconds.
    pub keepalives_idle: Duration,
    /// Time between such questions (`keepalives_interval`), in whole seconds.
    pub keepalives_interval: Duration,
    /// Unanswered questions after which the connection is closed (`keepalives_count`).
    pub keepalives_count: u32,
    /// How long sent data may stay unacknowledged before the connection is closed (`tcp_user_timeout`).
    pub tcp_user_timeout: Duration,
    /// How long one statement may take before the server cancels it (`statement_timeout`).
    pub statement_timeout: Duration,
    /// How long a transaction may wait for its next statement before the server ends its session
    /// (`idle_in_transaction_session_timeout`).
    pub idle_transaction_timeout: Duration,
    /// How long the server may answer nothing, a trivial statement included, before every connection to
    /// it is given up.
    pub silence: Duration,
    /// Whether statements stay prepared. `false` behind a pooler in transaction mode: then nothing is set
    /// for a session either, and the time limits of statements hold within transactions alone.
    pub prepared_statements: bool,
}

impl Default for DbSettings {
    fn default() -> Self {
        Self {
            pool_size: 10,
            patience: Duration::from_secs(5),
            slow_query: Duration::from_millis(500),
            believe: Duration::from_secs(1),
            postgres: PostgresSettings::default(),
        }
    }
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            keepalives_idle: Duration::from_secs(5),
            keepalives_interval: Duration::from_secs(2),
            keepalives_count: 3,
            tcp_user_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(55),
            idle_transaction_timeout: Duration::from_secs(10),
            silence: Duration::from_secs(5),
            prepared_statements: true,
        }
    }
}

#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "they are PostgreSQL's"))]
impl PostgresSettings {
    /// `url` with the limits that it does not name itself. Of several hosts the one that takes writes is
    /// wanted, unless the URL says otherwise.
    pub(crate) fn complete(&self, url: &str) -> String {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        let hosts = value("host").unwrap_or_else(|| {
            let authority = place.split_once("://").map_or("", |(_, rest)| rest);
            authority.split('/').next().unwrap_or_default().rsplit('@').next().unwrap_or_default()
        });
        let mut all = vec![
            ("connect_timeout", self.connect_timeout.as_secs().to_string()),
            ("keepalives_idle", self.keepalives_idle.as_secs().to_string()),
            ("keepalives_interval", self.keepalives_interval.as_secs().to_string()),
            ("keepalives_count", self.keepalives_count.to_string()),
            ("tcp_user_timeout", self.tcp_user_timeout.as_millis().to_string()),
            ("application_name", "roster".to_owned()),
        ];
        if hosts.contains([',']) || hosts.to_ascii_lowercase().contains("%2c") {
            all.push(("target_session_attrs", "read-write".to_owned()));
        }
        let missing = all.iter().filter(|(key, _)| value(key).is_none());
        let added = missing.map(|(key, value)| format!("{key}={value}"));
        let pairs: Vec<String> =
            Some(query.to_owned()).into_iter().filter(|query| !query.is_empty()).chain(added).collect();
        format!("{place}?{}", pairs.join("&"))
    }

    /// The limits that the server keeps, as `name = milliseconds`, but for those that `url` sets in its
    /// `options`.
    fn server_limits(&self, url: &str) -> Vec<String> {
        let limits = [
            ("statement_timeout", self.statement_timeout),
            ("idle_in_transaction_session_timeout", self.idle_transaction_timeout),
        ];
        let missing = limits.into_iter().filter(|(name, _)| !url.contains(name));
        missing.map(|(name, limit)| format!("{name} = {}", limit.as_millis())).collect()
    }

    /// What a new session begins with: nothing where sessions are shared.
    pub(crate) fn at_connect(&self, url: &str) -> String {
        if !self.prepared_statements {
            return String::new();
        }
        self.server_limits(url).iter().map(|limit| format!("SET {limit}; ")).collect()
    }

    /// How a transaction begins that writes: with its limits, where the session has none.
    pub(crate) fn begin_write(&self, url: &str) -> String {
        let mut begin = BEGIN_WRITE.to_owned();
        if !self.prepared_statements {
            begin.extend(self.server_limits(url).iter().map(|limit| format!("; SET LOCAL {limit}")));
        }
        begin
    }
}

/// The isolation is named: a server, database or role may have another by default.
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// What a transaction begins with that may last, and wait for a client between its statements, as
/// `pg_dump` does. `transaction_timeout` is there from PostgreSQL 17 on.
pub(crate) const NO_LIMITS: &str = "; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = 0; \
    SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gets_the_limits_that_it_does_not_name() {
        let settings = PostgresSettings::default();
        let limits = "connect_timeout=3&keepalives_idle=5&keepalives_interval=2&keepalives_count=3\
                      &tcp_user_timeout=10000&application_name=roster";
        assert_eq!(settings.complete("postgres://u@h/n"), format!("postgres://u@h/n?{limits}"));
        let rest = limits.split_once('&').unwrap().1;
        assert_eq!(
            settings.complete("postgres://u@h/n?connect_timeout=9"),
            format!("postgres://u@h/n?connect_timeout=9&{rest}")
        );
    }

    #[test]
    fn of_several_hosts_the_one_is_wanted_that_takes_writes() {
        let settings = PostgresSettings::default();
        for several in ["postgres://a,b/n", "postgres://u@/n?host=a,b", "postgres://u@/n?host=a%2Cb"] {
            assert!(settings.complete(several).ends_with("&target_session_attrs=read-write"), "{several}");
        }
        for other in ["postgres://a/n", "postgres://a,b/n?target_session_attrs=any", "postgres://a/n,b"] {
            assert!(!settings.complete(other).contains("read-write"), "{other}");
        }
    }

    #[test]
    fn a_session_that_is_shared_is_left_as_it_is() {
        let own = PostgresSettings::default();
        let shared = PostgresSettings { prepared_statements: false, ..own };
        let url = "postgres://h/n";
        assert_eq!(
            own.at_connect(url),
            "SET statement_timeout = 55000; SET idle_in_transaction_session_timeout = 10000; "
        );
        assert_eq!(own.begin_write(url), "BEGIN ISOLATION LEVEL READ COMMITTED");
        assert_eq!(shared.at_connect(url), "");
        assert_eq!(
            shared.begin_write(url),
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 55000; \
             SET LOCAL idle_in_transaction_session_timeout = 10000"
        );
        let said = "postgres://h/n?options=-c%20statement_timeout%3D1000";
        assert_eq!(own.at_connect(said), "SET idle_in_transaction_session_timeout = 10000; ");
    }
}
