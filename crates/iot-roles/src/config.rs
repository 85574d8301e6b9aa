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
    /// Whether a user of role DEVICE may be made without a device. The original system refuses.
    pub device_role_on_create: bool,
    /// Whether a device that has a live access token is refused another sign-in, as the original
    /// system does.
    pub device_single_session: bool,
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
            device_role_on_create: true,
            device_single_session: true,
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
    }
}
