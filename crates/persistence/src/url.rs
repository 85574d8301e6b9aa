use std::path::{Path, PathBuf};
use std::str::FromStr;

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
            "postgres" | "postgresql" => Ok(Self::Postgres(text.to_owned())),
            other => Err(DatabaseUrlError::Scheme(other.to_owned())),
        }
    }
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
    fn a_shown_url_holds_no_password() {
        let url: DatabaseUrl = "postgres://me:hunter2@db:5432/roster?password=x".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://db:5432/roster");
    }
}
