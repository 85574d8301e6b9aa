//! What this build's libpq can do of TLS, and which parameters of a connection demand more.

/// Whether the libpq of this build is taken to have TLS: the system's has, the bundled one has not.
pub const TLS_TO_POSTGRES: bool = cfg!(all(feature = "postgres", not(feature = "bundled-libpq")));

/// Why a parameter of a connection to PostgreSQL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// `NAME=VALUE` that demands what this build cannot do.
    #[error(
        "{0} demands TLS to PostgreSQL, and the libpq in this build has none: build Roster with the \
         system's libpq (cargo build --no-default-features --features system-libpq), or connect through a \
         Unix socket or a tunnel, with sslmode=disable or without sslmode"
    )]
    NoTls(String),
    /// A value of `sslmode` that libpq does not know.
    #[error("sslmode={0} is none; this build takes {modes}", modes = modes())]
    Unknown(String),
}

fn modes() -> &'static str {
    if TLS_TO_POSTGRES {
        "disable, allow, prefer, require, verify-ca and verify-full"
    } else {
        "disable, allow and prefer"
    }
}

/// What demands TLS beside `sslmode`: parameter, value, and the variable that libpq reads without it
/// (its manual, "Environment Variables").
const DEMANDS: [(&str, &str, &str); 6] = [
    ("ssl", "true", ""),
    ("requiressl", "1", "PGREQUIRESSL"),
    ("sslrootcert", "system", "PGSSLROOTCERT"),
    ("sslnegotiation", "direct", "PGSSLNEGOTIATION"),
    ("sslcertmode", "require", "PGSSLCERTMODE"),
    ("channel_binding", "require", "PGCHANNELBINDING"),
];

/// Checks a parameter of a PostgreSQL URL against what this build's libpq can do.
///
/// # Errors
/// [`TlsError`] for every value that would keep a connection from being made.
pub(crate) fn check_parameter(name: &str, value: &str) -> Result<(), TlsError> {
    let no_tls = || Err(TlsError::NoTls(format!("{name}={value}")));
    match value {
        "disable" | "allow" | "prefer" if name == "sslmode" => Ok(()),
        "require" | "verify-ca" | "verify-full" if name == "sslmode" && !TLS_TO_POSTGRES => no_tls(),
        "require" | "verify-ca" | "verify-full" if name == "sslmode" => Ok(()),
        other if name == "sslmode" => Err(TlsError::Unknown(other.to_owned())),
        _ if TLS_TO_POSTGRES => Ok(()),
        _ if DEMANDS.iter().any(|demand| (demand.0, demand.1) == (name, value)) => no_tls(),
        _ => Ok(()),
    }
}

/// Checks libpq's environment variables, each of which counts where `url` does not name the parameter.
///
/// # Errors
/// The name of the variable, and what is wrong with its value.
pub fn check_tls_variables(
    url: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(), (&'static str, TlsError)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let named = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    // `requiressl` and `ssl` are other spellings of `sslmode`, whose own variable wins over theirs.
    let has_mode = ["sslmode", "ssl", "requiressl"].into_iter().any(named);
    let mode = variable("PGSSLMODE").filter(|_| !has_mode);
    let is_settled = has_mode || mode.is_some();
    if let Some(mode) = mode {
        check_parameter("sslmode", &mode).map_err(|error| ("PGSSLMODE", error))?;
    }
    for (name, _, key) in DEMANDS.into_iter().filter(|demand| !demand.2.is_empty()) {
        let counts = if name == "requiressl" { !is_settled } else { !named(name) };
        if let Some(value) = variable(key).filter(|_| counts) {
            check_parameter(name, &value).map_err(|error| (key, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DatabaseUrl;

    /// Each demands TLS, once.
    const DEMANDING: [&str; 8] = [
        "sslmode=require",
        "sslmode=verify-ca",
        "sslmode=verify-full",
        "ssl=true",
        "requiressl=1",
        "sslrootcert=system",
        "sslnegotiation=direct",
        "channel_binding=require",
    ];

    fn parse(query: &str) -> Result<DatabaseUrl, String> {
        format!("postgres://h/n?application_name=x&{query}")
            .parse()
            .map_err(|e: crate::DatabaseUrlError| e.to_string())
    }

    #[test]
    #[cfg(feature = "bundled-libpq")]
    fn the_bundled_libpq_refuses_what_demands_tls_and_names_the_feature() {
        for query in DEMANDING {
            let message = parse(query).unwrap_err();
            assert!(message.starts_with(&format!("{query} demands TLS to PostgreSQL")), "{message}");
            assert!(message.contains("--no-default-features --features system-libpq"), "{message}");
        }
    }

    #[test]
    #[cfg(not(feature = "bundled-libpq"))]
    fn the_systems_libpq_takes_what_demands_tls() {
        for query in DEMANDING {
            assert!(parse(query).is_ok(), "{query}");
        }
    }

    #[test]
    fn what_demands_nothing_is_taken_by_every_build() {
        for query in [
            "sslmode=disable",
            "sslmode=allow",
            "sslmode=prefer",
            "channel_binding=prefer",
            "sslrootcert=/ca",
        ] {
            assert!(parse(query).is_ok(), "{query}");
        }
        let message = parse("sslmode=on").unwrap_err();
        assert!(message.starts_with("sslmode=on is none; this build takes disable, allow"), "{message}");
    }

    #[test]
    fn a_variable_counts_where_the_url_says_nothing() {
        let check = |url: &str, key: &str, value: &str| {
            check_tls_variables(url, |asked| (asked == key).then(|| value.to_owned())).map_err(|(key, _)| key)
        };
        for (key, value, parameter) in [
            ("PGSSLMODE", "require", "sslmode=disable"),
            ("PGREQUIRESSL", "1", "sslmode=disable"),
            ("PGSSLROOTCERT", "system", "sslrootcert=/ca"),
            ("PGCHANNELBINDING", "require", "channel_binding=disable"),
        ] {
            let refused = if TLS_TO_POSTGRES { Ok(()) } else { Err(key) };
            assert_eq!(check("postgres://h/n", key, value), refused, "{key}");
            assert_eq!(check(&format!("postgres://h/n?{parameter}"), key, value), Ok(()), "{key}");
        }
        assert_eq!(check("postgres://h/n", "PGSSLMODE", "prefer"), Ok(()));
        assert_eq!(check("postgres://h/n", "PGSSLMODE", "on"), Err("PGSSLMODE"));
        assert_eq!(check("postgres://h/n", "PGREQUIRESSL", "0"), Ok(()));
        let both = |asked: &str| match asked {
            "PGSSLMODE" => Some("prefer".to_owned()),
            "PGREQUIRESSL" => Some("1".to_owned()),
            _ => None,
        };
        assert_eq!(check_tls_variables("postgres://h/n", both), Ok(()), "PGSSLMODE wins");
    }
}
