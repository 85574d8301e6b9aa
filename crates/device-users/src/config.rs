use serde::{Deserialize, Serialize};

/// The dialect's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the dialect is served.
    pub enabled: bool,
    /// The largest `user_id`.
    pub user_id_max: UserIdMax,
    /// The picture formats that an avatar may have, told by its first bytes. Empty: any.
    pub avatar_formats: Vec<AvatarFormat>,
    /// Whether a second `POST /v1/user` with the same `user_id` replaces the first, instead of
    /// being refused.
    pub upsert: bool,
    /// What tokens say in `iss`.
    pub issuer: Issuer,
    /// Whether `Authorization: Basic` is taken besides tokens. Not given, it is off here; a
    /// composing service may decide by the address it listens on, and pass on what it decided.
    pub basic_auth: Option<bool>,
    /// Whether it is taken too of requests that a proxy forwards which is not trusted: there the
    /// password's way is not known. No setting of its own: it is for the composing service to decide.
    #[serde(skip)]
    pub basic_auth_forwarded: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            user_id_max: UserIdMax(999_998),
            avatar_formats: Vec::new(),
            upsert: false,
            issuer: Issuer("Roster".to_owned()),
            basic_auth: None,
            basic_auth_forwarded: true,
        }
    }
}

/// The largest `user_id`: 1 to 2147483647, checked when the configuration is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct UserIdMax(i32);

impl UserIdMax {
    /// The number.
    pub fn get(self) -> i32 {
        self.0
    }
}

impl TryFrom<i64> for UserIdMax {
    type Error = String;

    fn try_from(max: i64) -> Result<Self, String> {
        match i32::try_from(max) {
            Ok(max) if max >= 1 => Ok(Self(max)),
            _ => Err(format!("user_id_max must be 1 to {}", i32::MAX)),
        }
    }
}

impl From<UserIdMax> for i64 {
    fn from(max: UserIdMax) -> Self {
        max.0.into()
    }
}

/// A picture format that can be demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AvatarFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl AvatarFormat {
    /// Its name, as in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }

    /// What its files begin with.
    pub(crate) fn magic(self) -> &'static [u8] {
        match self {
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
        }
    }
}

/// What tokens say in `iss`: 1 to 64 printable ASCII characters but `>`, `?` and `~`, whose
/// base64 differs between the URL's alphabet and the standard one. Clients read the payload with
/// the standard one (D7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer(String);

impl Issuer {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Issuer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = |b: u8| (b' '..=b'~').contains(&b) && !b">?~".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text))
        } else {
            Err("issuer must be 1 to 64 printable ASCII characters without '>', '?' and '~'".to_owned())
        }
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_when_they_are_read() {
        let read = |text: &str| serde_json::from_str::<Config>(text);
        assert_eq!(read("{}").unwrap(), Config::default());
        let config = read(r#"{"user_id_max": 99999998, "avatar_formats": ["jpeg", "png"]}"#).unwrap();
        assert_eq!(config.user_id_max.get(), 99_999_998);
        assert_eq!(config.avatar_formats, [AvatarFormat::Jpeg, AvatarFormat::Png]);
        for wrong in [
            r#"{"user_id_max": 0}"#,
            r#"{"user_id_max": 2147483648}"#,
            r#"{"avatar_formats": ["gif"]}"#,
            r#"{"issuer": ""}"#,
            r#"{"issuer": "who?"}"#,
            r#"{"issuer": "谁"}"#,
            r#"{"unknown": 1}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
