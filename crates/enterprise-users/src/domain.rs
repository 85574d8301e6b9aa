//! Values that are what they say: each parses once, and later code cannot hold an invalid one.

use std::net::IpAddr;

use roster_kernel::{Rule, Unit, chars, fold, has_control, is_email};

/// A user's id: 1..2^31, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i32);

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text of a row that was parsed when it was written.
            #[cfg(feature = "diesel")]
            pub(crate) fn stored(text: String) -> Self {
                Self(text)
            }
        }
    };
}

/// The form of a nick name, in the words of the rule.
pub(crate) const NICK_NAME_FORM: &str = "no control characters, no '/', no blanks at the ends";

/// The form of a nick name where the operator demands one.
pub(crate) const NICK_NAME_PATTERN: &str = "must match the configured nick_name_pattern";

/// A nick name: 1 to 64 characters, no control characters, no `/`, no blanks at the ends. Unique
/// in its enterprise, with regard to case (E6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NickName(String);
text!(NickName);

impl NickName {
    /// Parses a nick name.
    pub fn parse(text: String) -> Result<Self, Rule> {
        length(&text, 1, 64)?;
        if has_control(&text) || text.contains('/') || text.trim() != text {
            return Err(Rule::Format(NICK_NAME_FORM.into()));
        }
        Ok(Self(text))
    }
}

/// An enterprise: 1 to 64 characters. It exists as soon as somebody is in it (E6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterpriseId(String);
text!(EnterpriseId);

impl EnterpriseId {
    /// Parses an enterprise's id.
    pub fn parse(text: String) -> Result<Self, Rule> {
        length(&text, 1, 64)?;
        Ok(Self(text))
    }
}

/// An e-mail address, unique over the platform without regard to case (E6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);
text!(Email);

impl Email {
    /// Parses an address.
    pub fn parse(text: String) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err(Rule::NotBlank);
        }
        if is_email(&text) { Ok(Self(text)) } else { Err(Rule::Email) }
    }

    /// The address as it is compared.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// A phone number: 1 to 20 characters, any, unique over the platform (E6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);
text!(Phone);

impl Phone {
    /// Parses a phone number.
    pub fn parse(text: String) -> Result<Self, Rule> {
        length(&text, 1, 20)?;
        Ok(Self(text))
    }
}

/// `min..=max` characters; a text of blanks counts as empty.
pub(crate) fn length(text: &str, min: usize, max: usize) -> Result<(), Rule> {
    let got = chars(text);
    if text.trim().is_empty() {
        Err(Rule::NotBlank)
    } else if got < min {
        Err(Rule::TooShort { min, got, unit: Unit::Chars })
    } else if got > max {
        Err(Rule::TooLong { max, got, unit: Unit::Chars })
    } else {
        Ok(())
    }
}

/// A user who is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Unique in the enterprise.
    pub nick_name: NickName,
    /// The label of the enterprise.
    pub enterprise_id: EnterpriseId,
    /// Unique over the platform.
    pub email: Option<Email>,
    /// Unique over the platform.
    pub phone: Option<Phone>,
    /// Whether his keys work.
    pub is_active: bool,
    /// Where he came from; at most 64 characters.
    pub origion: Option<String>,
    /// The address that registers him.
    pub client_ip: Option<IpAddr>,
    /// Whether he is an administrator.
    pub administrator: bool,
}

impl NewUser {
    /// An active user without address, phone or rank.
    pub fn new(enterprise_id: EnterpriseId, nick_name: NickName) -> Self {
        Self {
            nick_name,
            enterprise_id,
            email: None,
            phone: None,
            is_active: true,
            origion: None,
            client_ip: None,
            administrator: false,
        }
    }
}

/// A user as stored. The password's hash stays in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// His id.
    pub user_id: UserId,
    /// His nick name.
    pub nick_name: NickName,
    /// His enterprise.
    pub enterprise_id: EnterpriseId,
    /// His address.
    pub email: Option<Email>,
    /// His phone number.
    pub phone: Option<Phone>,
    /// Whether his keys work.
    pub is_active: bool,
    /// Where he came from.
    pub origion: Option<String>,
    /// The address that registered him.
    pub client_ip: Option<String>,
    /// When he was made, in milliseconds since the epoch.
    pub created_ms: i64,
}

/// An access key as stored: never the key, only its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Whose it is.
    pub user_id: UserId,
    /// What it is for; unique to its user.
    pub note: String,
    /// SHA-256 of the key.
    pub key_hash: String,
    /// When it ends, in milliseconds since the epoch.
    pub expires_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nick_names() {
        for good in ["string", "张三", "a b", "x@y", &"a".repeat(64), "007"] {
            assert!(NickName::parse(good.to_owned()).is_ok(), "{good}");
        }
        assert_eq!(NickName::parse("  ".into()), Err(Rule::NotBlank));
        for bad in [" a", "a ", "a/b", "a\nb", "a\u{7f}"] {
            assert!(matches!(NickName::parse(bad.to_owned()), Err(Rule::Format(_))), "{bad:?}");
        }
        let long = NickName::parse("长".repeat(65));
        assert_eq!(long, Err(Rule::TooLong { max: 64, got: 65, unit: Unit::Chars }));
    }

    #[test]
    fn an_address_is_compared_without_case() {
        assert_eq!(Email::parse("User@Example.com".into()).unwrap().folded(), "user@example.com");
        assert_eq!(Email::parse(String::new()), Err(Rule::NotBlank));
        assert_eq!(Email::parse("user".into()), Err(Rule::Email));
    }
}
