//! Values that are what they say: each parses once, and later code cannot hold an invalid one.

use std::net::IpAddr;

use roster_kernel::ports::PasswordHash;
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

/// What an access key is for: as a nick name is spelled, since it stands in a path too. Unique to
/// its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(String);
text!(Note);

impl Note {
    /// Parses a note.
    pub fn parse(text: String) -> Result<Self, Rule> {
        NickName::parse(text).map(|NickName(text)| Self(text))
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

impl NewUser {
    /// Whether `user` is as this one is to be made; what a change cannot mend is looked at only if
    /// `strict`. Not the password, and not where he came in from.
    pub(crate) fn is(&self, user: &User, strict: bool) -> bool {
        let changeable = |email, phone, is_active| (email, phone, is_active);
        changeable(&self.email, &self.phone, self.is_active)
            == changeable(&user.email, &user.phone, user.is_active)
            && (!strict || self.origion == user.origion)
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

/// An access key as its owner may see it again: without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// What it is for.
    pub note: Note,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it ends, in milliseconds since the epoch.
    pub expires_ms: Option<i64>,
}

/// What is to change of a user; `None` leaves a value as it is (E14).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// A new address, or none any more.
    pub email: Option<Option<Email>>,
    /// A new phone number, or none any more.
    pub phone: Option<Option<Phone>>,
    /// Whether his keys work.
    pub is_active: Option<bool>,
    /// A new password.
    pub password: Option<PasswordHash>,
}

/// Which users of a list (E11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Of this enterprise alone.
    pub enterprise_id: Option<String>,
    /// Administrators alone.
    pub administrators: bool,
    /// With this in nick name, e-mail or phone.
    pub search: Search,
    /// Which part of them, newest first.
    pub page: Page,
}

/// One page of a list: from 1, and so many users. A number beyond the list, zero or less is a page
/// without users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The page's number.
    pub number: i64,
    /// 1 to 1000.
    pub size: i64,
}

impl Page {
    /// The most users of a page.
    pub const MAX_SIZE: i64 = 1000;

    /// Page `number` of pages of `size`, brought into 1 to [`Page::MAX_SIZE`].
    pub fn new(number: i64, size: i64) -> Self {
        Self { number, size: size.clamp(1, Self::MAX_SIZE) }
    }

    /// How many users stand before it; `None` for a number below 1.
    pub fn offset(self) -> Option<i64> {
        (self.number >= 1).then(|| (self.number - 1).saturating_mul(self.size))
    }
}

/// What a list is searched for: a literal part of nick name, e-mail or phone, without regard to
/// case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Nothing: everybody is meant.
    Everybody,
    /// This, folded.
    Containing(String),
    /// Something that nobody's fields can hold, and that a database might refuse.
    Nobody,
}

impl Search {
    /// No field is longer than this when it is folded: the longest has 254 characters, and one
    /// character becomes 18 at the most.
    const MAX_CHARS: usize = 254 * 18;

    /// A search for `text`; for everybody, if it is empty.
    pub fn new(text: &str) -> Self {
        if text.is_empty() {
            return Self::Everybody;
        }
        let folded = fold(text);
        if folded.contains('\0') || chars(&folded) > Self::MAX_CHARS {
            return Self::Nobody;
        }
        Self::Containing(folded)
    }

    /// The pattern of `LIKE … ESCAPE '\'`, where there is something to look for.
    pub fn pattern(folded: &str) -> String {
        let mut pattern = String::from("%");
        for c in folded.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    }
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

    #[test]
    fn a_search_is_literal_folded_and_bounded() {
        assert_eq!(Search::new(""), Search::Everybody);
        assert_eq!(Search::new("ＡdA"), Search::Containing("ada".into()));
        assert_eq!(Search::pattern(r"5%_\"), r"%5\%\_\\%");
        assert_eq!(Search::new("a\0"), Search::Nobody);
        assert_eq!(Search::new(&"x".repeat(50_000)), Search::Nobody);
    }

    #[test]
    fn a_page_has_a_size_and_perhaps_a_place() {
        assert_eq!(Page::new(3, 10).offset(), Some(20));
        assert_eq!(Page::new(0, 10).offset(), None);
        assert_eq!((Page::new(1, 0).size, Page::new(1, 5000).size), (1, 1000));
        assert_eq!(Page::new(i64::MAX, 1000).offset(), Some(i64::MAX));
    }
}
