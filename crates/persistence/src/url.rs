use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::tls::{TlsError, check_parameter};

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file of this machine.
    Sqlite,
    /// A server, shared by any number of gateways.
    Postgres,
}

/// Where the store is: `sqlite:PATH` or `postgres://…`. Its `Display` hides a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file; made at first use, in a folder that exists.
    Sqlite(PathBuf),
    /// A libpq connection URL.
    Postgres(String),
}

/// Why a database URL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither scheme.
    #[error("unsupported database URL scheme '{0}:'; use sqlite:PATH or postgres://USER@HOST/NAME")]
    Scheme(String),
    /// No scheme at all.
    #[error("a database URL begins with sqlite: or postgres:")]
    NoScheme,
    /// A PostgreSQL URL that libpq would misread, and then tell parts of in its message.
    #[error(
        "a PostgreSQL URL is postgres://USER:PASSWORD@HOST:PORT/NAME?KEY=VALUE; in a user and a password \
         @ is written %40, / %2F, ? %3F and % %25, and a port is a number up to 65535"
    )]
    Malformed,
    /// A parameter of a PostgreSQL URL that libpq does not know.
    #[error(
        "'{0}' is no parameter of a PostgreSQL URL; libpq's are host, connect_timeout, options, sslmode, …"
    )]
    Parameter(String),
    /// A PostgreSQL URL that demands TLS of a libpq that has none, or an unknown `sslmode`.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No path behind `sqlite:`, or one that keeps nothing.
    #[error("a SQLite URL needs the path of a file, as in sqlite:roster.sqlite")]
    NoPath,
}

impl DatabaseUrl {
    /// The kind of database.
    pub fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// The URL of the SQLite file at `path`.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self::Sqlite(path.as_ref().to_owned())
    }
}

/// What libpq takes in the query of a URL (its manual, "Parameter Key Words").
const PARAMETERS: [&str; 46] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "require_auth",
    "channel_binding",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcertmode",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "service",
    "target_session_attrs",
    "load_balance_hosts",
    "ssl",
    "min_protocol_version",
    "max_protocol_version",
    "sslkeylogfile",
];

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once(':').ok_or(DatabaseUrlError::NoScheme)?;
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" {
                    return Err(DatabaseUrlError::NoPath);
                }
                Ok(Self::Sqlite(path.into()))
            }
            "postgres" | "postgresql" if is_well_formed(rest) => {
                let query = rest.split_once('?').map_or("", |(_, query)| query);
                for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
                    check_parameter(name, value)?;
                    if !PARAMETERS.contains(&name) {
                        return Err(DatabaseUrlError::Parameter(name.to_owned()));
                    }
                }
                Ok(Self::Postgres(text.to_owned()))
            }
            "postgres" | "postgresql" => Err(DatabaseUrlError::Malformed),
            other => Err(DatabaseUrlError::Scheme(other.to_owned())),
        }
    }
}

/// Whether what stands behind `postgres:` has its parts where they belong, so that none of a password
/// can be taken for a host, a port or a name.
fn is_well_formed(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix("//") else { return false };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, name) = place.split_once('/').unwrap_or((place, ""));
    let (user, hosts) = authority.split_once('@').unwrap_or(("", authority));
    let is_port = |port: &str| port.is_empty() || port.parse::<u16>().is_ok();
    let is_host = |host: &str| {
        // An address of IPv6 stands in brackets and has colons of its own.
        let port = host.rsplit_once(']').map_or(host, |(_, port)| port);
        port.split_once(':').is_none_or(|(_, port)| is_port(port))
    };
    let is_encoded = |part: &str| {
        part.split('%').skip(1).all(|rest| {
            rest.len() >= 2 && rest.is_char_boundary(2) && rest[..2].bytes().all(|b| b.is_ascii_hexdigit())
        })
    };
    user.matches(':').count() <= 1
        && hosts.split(',').all(is_host)
        && ![hosts, name].iter().any(|part| part.contains('@'))
        && query.split('&').all(|pair| query.is_empty() || pair.contains('='))
        && is_encoded(rest)
        && !rest.contains(char::is_whitespace)
}

impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            // Credentials may stand before the host and in the query: show neither.
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "postgres://{place}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes() {
        assert_eq!("sqlite:a/b.sqlite".parse(), Ok(DatabaseUrl::sqlite("a/b.sqlite")));
        assert_eq!("sqlite:///var/r.sqlite".parse(), Ok(DatabaseUrl::sqlite("/var/r.sqlite")));
        assert_eq!("mysql://x".parse::<DatabaseUrl>(), Err(DatabaseUrlError::Scheme("mysql".into())));
        assert_eq!("roster.sqlite".parse::<DatabaseUrl>(), Err(DatabaseUrlError::NoScheme));
        assert_eq!("sqlite::memory:".parse::<DatabaseUrl>(), Err(DatabaseUrlError::NoPath));
    }

    #[test]
    fn a_postgres_url_has_its_parts_where_they_belong() {
        for good in [
            "postgres://h/n",
            "postgresql://u:p%40ss%25@h:5432/n?sslmode=disable&application_name=a%20b",
            "postgres://postgres@/n?host=/run/pg",
            "postgres://u@[::1]:5432,h2:5433/n",
            "postgres://",
        ] {
            assert!(good.parse::<DatabaseUrl>().is_ok(), "{good}");
        }
        for bad in [
            "postgres:u:p@h/n",
            "postgres://u:s%rit@h/n",
            "postgres://u:s@rit@h/n",
            "postgres://u:s/rit@h/n",
            "postgres://u:s?rit@h/n",
            "postgres://u:s:rit@h/n",
            "postgres://u:p@h:99999/n",
            "postgres://u:p@h:port/n",
            "postgres://u:p@h/n?x",
        ] {
            let refused = bad.parse::<DatabaseUrl>();
            assert_eq!(refused, Err(DatabaseUrlError::Malformed), "{bad}");
        }
    }

    #[test]
    fn a_shown_url_holds_no_password() {
        let url: DatabaseUrl = "postgres://me:hunter2@db:5432/roster?password=x".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db:5432/roster");
    }
}
