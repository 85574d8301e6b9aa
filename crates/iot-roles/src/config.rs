use roster_kernel::WeakPasswords;
use serde::{Deserialize, Serialize};

/// The dialect's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the dialect is served.
    pub enabled: bool,
    /// Whether its paths are served at the root too, and not under `/server` alone.
    pub root_paths: bool,
    /// Whether a new user needs an e-mail address. The original system does without.
    pub email_required: bool,
    /// The shortest password of a new user. The original system takes any that is not empty.
    pub password_min_length: PasswordMinLength,
    /// Whether the most common passwords are taken where one is set. The specification's own example is one.
    pub weak_passwords: WeakPasswords,
    /// Whether a user of role DEVICE may be made without a device. The original system refuses.
    pub device_role_on_create: bool,
    /// Whether anybody may register himself, with a domain of his own (`POST /users/register`).
    /// Nobody is asked whether the address is his.
    pub open_registration: bool,
    /// Whether a device that has a live access token is refused another sign-in, as the original
    /// system does.
    pub device_single_session: bool,
    /// For how many days a session goes on being refreshed before the user has to sign in again (I5).
    pub session_days: SessionDays,
    /// The origins whose scripts may call, in a browser, with credentials. None by default; never
    /// all of them (I4).
    pub cors_origins: Vec<CorsOrigin>,
    /// Who signs the tokens (their claim `iss`). The original system's is `microiot`.
    pub issuer: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            root_paths: true,
            email_required: true,
            password_min_length: PasswordMinLength(8),
            weak_passwords: WeakPasswords::Accept,
            device_role_on_create: true,
            open_registration: false,
            device_single_session: true,
            session_days: SessionDays(30),
            cors_origins: Vec::new(),
            issuer: "roster".to_owned(),
        }
    }
}

/// The longest password, in characters.
pub const PASSWORD_MAX: usize = 128;

/// The shortest password, in characters: 1 to [`PASSWORD_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "usize", into = "usize")]
pub struct PasswordMinLength(usize);

impl PasswordMinLength {
    /// The number.
    pub fn get(self) -> usize {
        self.0
    }
}

impl TryFrom<usize> for PasswordMinLength {
    type Error = String;

    fn try_from(length: usize) -> Result<Self, String> {
        if (1..=PASSWORD_MAX).contains(&length) {
            Ok(Self(length))
        } else {
            Err(format!("password_min_length is 1 to {PASSWORD_MAX}, not {length}"))
        }
    }
}

impl From<PasswordMinLength> for usize {
    fn from(length: PasswordMinLength) -> Self {
        length.0
    }
}

/// How long a session lasts at the most, in days: 1 to 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct SessionDays(u32);

impl SessionDays {
    /// The same in milliseconds.
    pub(crate) fn ms(self) -> i64 {
        i64::from(self.0) * 24 * 3_600_000
    }
}

impl TryFrom<u32> for SessionDays {
    type Error = String;

    fn try_from(days: u32) -> Result<Self, String> {
        if (1..=365).contains(&days) {
            Ok(Self(days))
        } else {
            Err(format!("session_days is 1 to 365, not {days}"))
        }
    }
}

impl From<SessionDays> for u32 {
    fn from(days: SessionDays) -> Self {
        days.0
    }
}

/// An origin as browsers send it: `scheme://host[:port]`, lower case, without the scheme's own
/// port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CorsOrigin(String);

impl std::fmt::Display for CorsOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CorsOrigin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let origin = origin(&text.to_ascii_lowercase());
        origin.ok_or_else(|| format!("cors_origins holds '{text}', which is no scheme://host[:port]"))
    }
}

impl From<CorsOrigin> for String {
    fn from(origin: CorsOrigin) -> Self {
        origin.0
    }
}

fn origin(text: &str) -> Option<CorsOrigin> {
    let (scheme, authority) = text.split_once("://")?;
    let in_scheme = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.bytes().all(in_scheme);
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand within brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let in_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    let host_fits = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.bytes().all(in_name),
    };
    if !scheme_fits || !host_fits {
        return None;
    }
    let Some(port) = port else { return Some(CorsOrigin(format!("{scheme}://{host}"))) };
    let number = port.parse::<u16>().ok().filter(|_| port.bytes().all(|b| b.is_ascii_digit()))?;
    Some(CorsOrigin(match (scheme, number) {
        ("http", 80) | ("https", 443) => format!("{scheme}://{host}"),
        _ => format!("{scheme}://{host}:{number}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_no_password_keeps_is_refused() {
        let config = |json: &str| serde_json::from_str::<Config>(json);
        assert_eq!(config(r#"{"password_min_length": 1}"#).unwrap().password_min_length.get(), 1);
        for bad in ["0", "129"] {
            let error = config(&format!("{{\"password_min_length\": {bad}}}")).unwrap_err().to_string();
            assert!(error.contains("password_min_length is 1 to 128"), "{error}");
        }
        assert!(config(r#"{"unknown": 1}"#).is_err());
        assert!(config(r#"{"session_days": 365}"#).is_ok());
        for bad in ["0", "366"] {
            let error = config(&format!("{{\"session_days\": {bad}}}")).unwrap_err().to_string();
            assert!(error.contains("session_days is 1 to 365"), "{error}");
        }
    }

    #[test]
    fn an_origin_is_what_a_browser_sends_and_never_all() {
        let parse = |text: &str| CorsOrigin::try_from(text.to_owned()).map(String::from);
        for same in
            ["https://a.example", "http://localhost:3000", "http://[::1]:8080", "capacitor://localhost"]
        {
            assert_eq!(parse(same).as_deref(), Ok(same));
        }
        assert_eq!(parse("HTTPS://A.Example:443").as_deref(), Ok("https://a.example"));
        assert_eq!(parse("http://a:80").as_deref(), Ok("http://a"));
        for bad in [
            "*",
            "null",
            "",
            "https://*",
            "https://*.a.example",
            "a.example",
            "https://",
            "https://a/",
            "://a",
            "https://a/x",
            "https://u@a",
            "https://a:",
            "https://a:x",
            "https://a:+1",
            "https://a:70000",
            "https://a b",
            "https://[::1",
            "https://[x]",
            "https://a?b",
            "https://ä.example",
            "1https://a",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(error.contains("cors_origins") && error.contains(bad), "{error}");
        }
    }
}
