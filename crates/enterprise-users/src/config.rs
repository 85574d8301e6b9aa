use chrono_tz::Tz;
use regex::Regex;
use roster_kernel::{Dialect, WeakPasswords};
use serde::{Deserialize, Serialize};

/// The dialect of this crate's credentials, and its name in the journal.
pub const DIALECT: Dialect = Dialect::new("enterprise-users");

/// The largest body, in bytes.
#[cfg(feature = "actix")]
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// The shortest password, in characters (E5).
pub(crate) const PASSWORD_MIN: usize = 8;

/// The most that `password_max_length` allows, in characters: what is hashed is bounded in bytes.
const PASSWORD_MAX: usize = 256;

/// The dialect's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the dialect is served.
    pub enabled: bool,
    /// The longest password, in characters. The original system's limit is 16.
    pub password_max_length: usize,
    /// Whether the most common passwords are taken where one is set. The specification's own example is one.
    pub weak_passwords: WeakPasswords,
    /// What nick names must match besides being 1 to 64 characters; a regular expression, matched
    /// as it stands. The original system's is `^[A-Za-z0-9_\-\u4e00-\u9fa5]{1,24}$`.
    pub nick_name_pattern: Option<NickNamePattern>,
    /// Which users an administrator reaches.
    pub administrators_span: AdministratorsSpan,
    /// The time zone of `create_time`, as an IANA name.
    pub time_zone: Tz,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            password_max_length: 128,
            weak_passwords: WeakPasswords::Accept,
            nick_name_pattern: None,
            administrators_span: AdministratorsSpan::All,
            time_zone: Tz::UTC,
        }
    }
}

impl Config {
    /// Checks what its types cannot.
    ///
    /// # Errors
    /// The key and what it must be: `password_max_length` 8 (the shortest password, E5) to 256.
    pub fn check(&self) -> Result<(), String> {
        if (PASSWORD_MIN..=PASSWORD_MAX).contains(&self.password_max_length) {
            return Ok(());
        }
        Err(format!(
            "password_max_length must be {PASSWORD_MIN}, the shortest password, to {PASSWORD_MAX}, not {}",
            self.password_max_length
        ))
    }
}

/// Which users an administrator reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdministratorsSpan {
    /// Those of every enterprise: enterprises are labels on one platform.
    All,
    /// Those of the administrator's own enterprise alone.
    Own,
}

/// A pattern for nick names, checked when the configuration is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NickNamePattern(Regex);

impl NickNamePattern {
    /// Whether `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl TryFrom<String> for NickNamePattern {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, String> {
        Regex::new(&pattern).map(Self).map_err(|e| format!("nick_name_pattern is no regular expression: {e}"))
    }
}

impl From<NickNamePattern> for String {
    fn from(pattern: NickNamePattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

impl PartialEq for NickNamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for NickNamePattern {}
