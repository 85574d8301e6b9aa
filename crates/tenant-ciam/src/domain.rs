//! The words of this dialect, each parsed once: what holds one holds a valid one.

use std::fmt;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use roster_kernel::{Random, Rule, Unit};

/// Why a text is none of these words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {rule}")]
pub struct Malformed {
    /// Which word it was to be.
    pub what: &'static str,
    /// What such a word looks like.
    pub rule: &'static str,
}

/// A tenant's id: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(String);

impl TenantId {
    /// Parses an id.
    ///
    /// # Errors
    /// [`Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        is_name(text)
            .then(|| Self(text.to_owned()))
            .ok_or(Malformed { what: "tenant id", rule: "1 to 64 of A-Z a-z 0-9 . _ -" })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// A user's id: 17 digits of time, 4 and 9 upper-case hex digits, as
/// `20201028102749564-9082-DC8CD2722`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(pattern = "^[0-9]{17}-[0-9A-F]{4}-[0-9A-F]{9}$")
)]
pub struct UserId(String);

impl UserId {
    /// A new id, stamped with `now_ms` (milliseconds since the epoch) as clocks in `zone` show it.
    pub fn generate(random: &dyn Random, now_ms: i64, zone: Tz) -> Self {
        let time = DateTime::from_timestamp_millis(now_ms).unwrap_or_default().with_timezone(&zone);
        let mut raw = [0; 8];
        random.fill(&mut raw);
        let bits = u64::from_be_bytes(raw);
        Self(format!(
            "{}-{:04X}-{:09X}",
            time.format("%Y%m%d%H%M%S%3f"),
            bits >> 36 & 0xFFFF,
            bits & 0xF_FFFF_FFFF
        ))
    }

    /// Parses an id.
    ///
    /// # Errors
    /// [`Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let hex = |part: &str, len| {
            part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'))
        };
        let mut parts = text.split('-');
        let valid = parts.next().is_some_and(|p| p.len() == 17 && p.bytes().all(|b| b.is_ascii_digit()))
            && parts.next().is_some_and(|p| hex(p, 4))
            && parts.next().is_some_and(|p| hex(p, 9))
            && parts.next().is_none();
        valid
            .then(|| Self(text.to_owned()))
            .ok_or(Malformed { what: "user id", rule: "17 digits, 4 and 9 upper-case hex digits" })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user name for somebody who sent none, as `user_7m3k9qzv2x`: 50 random bits in the digits
/// and letters that are not mistaken for each other (Crockford's base 32, lower case).
pub(crate) fn generated_user_name(random: &dyn Random) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut raw = [0; 8];
    random.fill(&mut raw);
    let bits = u64::from_be_bytes(raw);
    let mut name = String::from("user_");
    name.extend((0..10).rev().map(|place| char::from(DIGITS[(bits >> (5 * place) & 31) as usize])));
    name
}

/// A calendar date as this dialect writes it: exactly `yyyy-mm-dd`, and a day that exists.
///
/// # Errors
/// [`Malformed`] for any other text.
pub(crate) fn parse_date(text: &str) -> Result<NaiveDate, Malformed> {
    let malformed = Malformed { what: "date", rule: "yyyy-mm-dd" };
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    if !form {
        return Err(malformed);
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| malformed)
}

/// A user's picture: a web address, or the picture itself. Only its form is looked at: no address
/// is ever fetched, no picture ever decoded.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(
        max_length = 1048576,
        pattern = "^([hH][tT][tT][pP][sS]?://[\\s\\S]|[dD][aA][tT][aA]:[iI][mM][aA][gG][eE]/[A-Za-z0-9.+-]+;base64,)"
    )
)]
pub struct Picture(String);

impl Picture {
    /// The largest picture, in bytes of its text.
    pub const MAX_BYTES: usize = 1024 * 1024;

    /// Parses `http://…`, `https://…` or `data:image/…;base64,…`.
    ///
    /// # Errors
    /// The rule that the text breaks.
    pub fn parse(text: String) -> Result<Self, Rule> {
        if text.len() > Self::MAX_BYTES {
            return Err(Rule::TooLong { max: Self::MAX_BYTES, got: text.len(), unit: Unit::Bytes });
        }
        let starts = |prefix: &str| {
            text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
                && text.len() > prefix.len()
        };
        let embedded = || {
            let subtype = text["data:image/".len()..].split_once(";base64,").map(|(subtype, _)| subtype);
            subtype.is_some_and(|s| {
                !s.is_empty()
                    && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'))
            })
        };
        if starts("http://") || starts("https://") || (starts("data:image/") && embedded()) {
            Ok(Self(text))
        } else {
            Err(Rule::Format("http://…, https://… or data:image/…;base64,…".into()))
        }
    }

    /// The picture as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} bytes)", self.0.len())
    }
}

/// The attributes that every tenant has, in the order of the dialect's error codes.
///
/// `head_img`, `pwd_must_modify` and `extension` are members of a request, but no attributes: no
/// definition governs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Builtin {
    /// `user_name`
    UserName,
    /// `name`
    Name,
    /// `mobile`
    Mobile,
    /// `email`
    Email,
    /// `pwd`; ruled by the password policy, so that its definition only says whether it is required.
    Password,
    /// `attr_gender`
    Gender,
    /// `attr_birthday`
    Birthday,
    /// `attr_nick_name`
    NickName,
    /// `mailing_address`
    MailingAddress,
    /// `zip_code`
    ZipCode,
    /// `first_name`
    FirstName,
    /// `middle_name`
    MiddleName,
    /// `last_name`
    LastName,
    /// `industry`
    Industry,
    /// `external_id`
    ExternalId,
}

impl Builtin {
    /// All of them, in the order in which they are judged.
    pub const ALL: [Self; 15] = [
        Self::UserName,
        Self::Name,
        Self::Mobile,
        Self::Email,
        Self::Password,
        Self::Gender,
        Self::Birthday,
        Self::NickName,
        Self::MailingAddress,
        Self::ZipCode,
        Self::FirstName,
        Self::MiddleName,
        Self::LastName,
        Self::Industry,
        Self::ExternalId,
    ];

    /// Its key, as the request's member is spelled.
    pub fn key(self) -> &'static str {
        match self {
            Self::UserName => "user_name",
            Self::Name => "name",
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::Password => "pwd",
            Self::Gender => "attr_gender",
            Self::Birthday => "attr_birthday",
            Self::NickName => "attr_nick_name",
            Self::MailingAddress => "mailing_address",
            Self::ZipCode => "zip_code",
            Self::FirstName => "first_name",
            Self::MiddleName => "middle_name",
            Self::LastName => "last_name",
            Self::Industry => "industry",
            Self::ExternalId => "external_id",
        }
    }
}

/// The key of an extension attribute: 1 to 64 of `A-Z a-z 0-9 . _ -`, and none of a built-in's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtensionKey(String);

impl ExtensionKey {
    /// Parses a key.
    ///
    /// # Errors
    /// [`Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        match Attribute::parse(text) {
            Ok(Attribute::Extension(key)) => Ok(key),
            Ok(Attribute::Builtin(_)) => {
                Err(Malformed { what: "extension key", rule: "not a built-in attribute's" })
            }
            Err(malformed) => Err(malformed),
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An attribute of a tenant's users: one that all tenants have, or one that this tenant added.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// One that all tenants have.
    Builtin(Builtin),
    /// One that the tenant added.
    Extension(ExtensionKey),
}

impl Attribute {
    /// The attribute with this key.
    ///
    /// # Errors
    /// [`Malformed`] if no attribute can have it.
    pub fn parse(key: &str) -> Result<Self, Malformed> {
        if let Some(builtin) = Builtin::ALL.into_iter().find(|b| b.key() == key) {
            return Ok(Self::Builtin(builtin));
        }
        is_name(key)
            .then(|| Self::Extension(ExtensionKey(key.to_owned())))
            .ok_or(Malformed { what: "attribute key", rule: "1 to 64 of A-Z a-z 0-9 . _ -" })
    }

    /// Its key. Unique in the tenant, over both kinds.
    pub fn key(&self) -> &str {
        match self {
            Self::Builtin(builtin) => builtin.key(),
            Self::Extension(key) => key.as_str(),
        }
    }
}

impl From<Builtin> for Attribute {
    fn from(builtin: Builtin) -> Self {
        Self::Builtin(builtin)
    }
}

impl From<ExtensionKey> for Attribute {
    fn from(key: ExtensionKey) -> Self {
        Self::Extension(key)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use roster_kernel::{CountingRandom, OsRandom};

    use super::*;

    #[test]
    fn a_user_id_has_the_sample_s_form() {
        let id = UserId::generate(&CountingRandom::default(), 1_603_880_869_564, Tz::UTC);
        assert_eq!(id.as_str(), "20201028102749564-0000-000000000");
        let id = UserId::generate(&OsRandom, 1_603_880_869_564, Tz::Asia__Shanghai);
        assert!(id.as_str().starts_with("20201028182749564-"), "{id}");
        assert_eq!(UserId::parse(id.as_str()).unwrap(), id);
        assert!(UserId::parse("20201028102749564-9082-DC8CD2722").is_ok());
        for wrong in [
            "",
            "20201028102749564-9082-dc8cd2722",
            "20201028102749564-9082-DC8CD272",
            "2020102810274956-9082-DC8CD2722",
            "20201028102749564-9082-DC8CD2722-",
        ] {
            assert!(UserId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_generated_name_is_readable() {
        let name = generated_user_name(&OsRandom);
        assert_eq!(name.len(), 15);
        assert!(name[5..].bytes().all(|b| b.is_ascii_alphanumeric() && !b"ilou".contains(&b)), "{name}");
        assert_ne!(name, generated_user_name(&OsRandom));
    }

    #[test]
    fn dates_are_exact_and_real() {
        assert!(parse_date("2024-02-29").is_ok());
        for wrong in ["2023-02-29", "2022-2-17", "2022-02-17 ", "+022-02-17", "20220217", "2022-13-01", ""] {
            assert!(parse_date(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_picture_is_judged_by_its_form() {
        let parse = |text: &str| Picture::parse(text.to_owned());
        for right in [
            "data:image/jpeg;base64,.......",
            "http://x",
            "HTTPS://x.org/a.png",
            "data:image/svg+xml;base64,",
        ] {
            assert!(parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "http://",
            "ftp://x",
            "iVBORw0KGgo=",
            "data:image/;base64,x",
            "data:text/html;base64,x",
            "data:image/png,x",
        ] {
            assert!(matches!(parse(wrong), Err(Rule::Format(_))), "{wrong}");
        }
        let largest = format!("https://{}", "x".repeat(Picture::MAX_BYTES - 8));
        assert!(parse(&largest).is_ok());
        assert!(matches!(parse(&format!("{largest}x")), Err(Rule::TooLong { .. })));
        assert_eq!(format!("{:?}", parse("http://x").unwrap()), "Picture(8 bytes)");
    }

    #[test]
    fn keys_of_both_kinds_never_meet() {
        for builtin in Builtin::ALL {
            assert_eq!(Attribute::parse(builtin.key()), Ok(builtin.into()));
            assert!(ExtensionKey::parse(builtin.key()).is_err());
        }
        assert_eq!(Attribute::parse("age").unwrap().key(), "age");
        assert!(ExtensionKey::parse("a b").is_err());
        assert!(ExtensionKey::parse("").is_err());
    }
}
