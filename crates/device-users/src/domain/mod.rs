//! Values that are what they say: each parses once, and later code cannot hold an invalid one.

mod edit;
mod group;
mod list;

use roster_kernel::{Rule, Unit};

use crate::avatar;
use crate::config::{AvatarFormat, UserIdMax};

pub use edit::Edit;
pub use group::{Group, GroupEdit, Membership, RuleId};
pub use list::{Listed, Search, Version, Window};

/// A user's id, given by the caller: 1 to the configured maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i32);

impl UserId {
    /// Parses an id.
    pub fn parse(id: i64, max: UserIdMax) -> Result<Self, Rule> {
        in_range(id, max.get()).map(Self)
    }
}

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A group's id: 1 to 2147483647.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub i32);

impl GroupId {
    /// Parses an id.
    pub fn parse(id: i64) -> Result<Self, Rule> {
        in_range(id, i32::MAX).map(Self)
    }
}

impl std::fmt::Display for GroupId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn in_range(got: i64, max: i32) -> Result<i32, Rule> {
    match i32::try_from(got) {
        Ok(id) if (1..=max).contains(&id) => Ok(id),
        _ => Err(Rule::Range { min: 1, max: max.into(), got }),
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

/// A user's name, or a group's: 1 to 128 bytes of UTF-8 (D2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);
text!(Name);

impl Name {
    /// Parses a name.
    pub fn parse(text: String) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err(Rule::NotBlank);
        }
        at_most(&text, 128)?;
        Ok(Self(text))
    }
}

/// The number of a card, a document or a job: at most 128 bytes of UTF-8; empty if there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Number(String);
text!(Number);

impl Number {
    /// Parses a number.
    pub fn parse(text: String) -> Result<Self, Rule> {
        at_most(&text, 128)?;
        Ok(Self(text))
    }
}

/// A remark: at most 256 bytes of UTF-8; empty if there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remark(String);
text!(Remark);

impl Remark {
    /// Parses a remark.
    pub fn parse(text: String) -> Result<Self, Rule> {
        at_most(&text, 256)?;
        Ok(Self(text))
    }
}

/// A picture: standard base64, at most 10 MiB of text, kept as it came (D3).
#[derive(Clone, PartialEq, Eq)]
pub struct Avatar(String);
text!(Avatar);

impl Avatar {
    /// The longest text, in bytes.
    pub const MAX_BYTES: usize = 10 * 1024 * 1024;

    /// Parses a picture of one of `formats`; of any, if there are none.
    pub fn parse(text: String, formats: &[AvatarFormat]) -> Result<Self, Rule> {
        at_most(&text, Self::MAX_BYTES)?;
        avatar::check(&text, formats)?;
        Ok(Self(text))
    }
}

/// A face's features, as another system computed them: less than 10 KiB of text, not empty, kept
/// as it came (D3).
#[derive(Clone, PartialEq, Eq)]
pub struct Feature(String);
text!(Feature);

impl Feature {
    /// Parses features.
    pub fn parse(text: String) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err(Rule::NotBlank);
        }
        at_most(&text, 10 * 1024 - 1)?;
        Ok(Self(text))
    }
}

/// Faces are for no log.
macro_rules! hidden {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}
hidden!(Avatar);
hidden!(Feature);

/// At most `max` bytes of UTF-8.
fn at_most(text: &str, max: usize) -> Result<(), Rule> {
    match text.len() {
        got if got > max => Err(Rule::TooLong { max, got, unit: Unit::Bytes }),
        _ => Ok(()),
    }
}

/// What a user is; fixed after creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserType {
    /// 1
    #[default]
    Employee,
    /// 2
    Visitor,
}

impl UserType {
    /// Parses the spec's number.
    pub fn parse(number: i64) -> Result<Self, Rule> {
        match number {
            1 => Ok(Self::Employee),
            2 => Ok(Self::Visitor),
            got => Err(Rule::Range { min: 1, max: 2, got }),
        }
    }

    /// The spec's number.
    pub fn number(self) -> i32 {
        match self {
            Self::Employee => 1,
            Self::Visitor => 2,
        }
    }
}

/// When a visit begins and ends, in milliseconds since the epoch; 0 where it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuestTime {
    start_ms: i64,
    end_ms: i64,
}

impl GuestTime {
    /// Both ends; neither is negative.
    pub fn parse(start_ms: i64, end_ms: i64) -> Result<Self, Rule> {
        if start_ms != 0 && end_ms != 0 && end_ms < start_ms {
            return Err(Rule::Format("must not be before guest_time_start".into()));
        }
        Ok(Self { start_ms, end_ms })
    }

    /// When it begins.
    pub fn start_ms(self) -> i64 {
        self.start_ms
    }

    /// When it ends.
    pub fn end_ms(self) -> i64 {
        self.end_ms
    }
}

/// What a caller says of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The caller's own id of him.
    pub user_id: UserId,
    /// His name.
    pub name: Name,
    /// Employee or visitor.
    pub user_type: UserType,
    /// His picture; there is one unless there is a feature. Lists leave it out.
    pub avatar: Option<Avatar>,
    /// His face's features, which prevail over the picture.
    pub feature: Option<Feature>,
    /// The number of his card.
    pub ic_number: Number,
    /// The number of his identity document.
    pub id_number: Number,
    /// The number of his job.
    pub job_number: Number,
    /// When he visits.
    pub guest_time: GuestTime,
    /// His groups, without repeats, in the caller's order.
    pub groups: Vec<GroupId>,
    /// Whether his face opens the device's own menu.
    pub is_admin: bool,
    /// A remark.
    pub remark: Remark,
}

impl Profile {
    /// An employee of whom nothing else is known.
    pub fn new(user_id: UserId, name: Name) -> Self {
        Self {
            user_id,
            name,
            user_type: UserType::default(),
            avatar: None,
            feature: None,
            ic_number: Number::default(),
            id_number: Number::default(),
            job_number: Number::default(),
            guest_time: GuestTime::default(),
            groups: Vec::new(),
            is_admin: false,
            remark: Remark::default(),
        }
    }
}

/// A user as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What the caller said of him.
    pub profile: Profile,
    /// When he was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When he was last changed.
    pub updated_ms: i64,
}

/// The name of an account that may sign in: 1 to 64 of `A-Z a-z 0-9 . _ @ -`. It stands in
/// tokens, which clients read with the standard base64 alphabet (D7): whoever makes accounts
/// parses their names with this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Rule::Format("must be 1 to 64 of A-Z a-z 0-9 . _ @ -".into()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_bytes_and_inclusive() {
        assert!(Name::parse("名".repeat(42) + "ab").is_ok(), "128 bytes");
        let long = Name::parse("名".repeat(43));
        assert_eq!(long, Err(Rule::TooLong { max: 128, got: 129, unit: Unit::Bytes }));
        assert_eq!(Name::parse(String::new()), Err(Rule::NotBlank));
        assert!(Number::parse("1".repeat(128)).is_ok() && Number::parse("1".repeat(129)).is_err());
        assert!(Remark::parse("1".repeat(256)).is_ok() && Remark::parse("1".repeat(257)).is_err());
        assert!(Feature::parse("1".repeat(10_239)).is_ok() && Feature::parse("1".repeat(10_240)).is_err());
        assert!(Avatar::parse("A".repeat(Avatar::MAX_BYTES), &[]).is_ok());
        let long = Avatar::parse("A".repeat(Avatar::MAX_BYTES + 1), &[]).unwrap_err();
        assert!(matches!(long, Rule::TooLong { max: 10_485_760, got: 10_485_761, .. }));
    }

    #[test]
    fn ids_have_bounds() {
        let max = crate::Config::default().user_id_max;
        assert_eq!(UserId::parse(1, max), Ok(UserId(1)));
        assert_eq!(UserId::parse(999_998, max), Ok(UserId(999_998)));
        for got in [0, -1, 999_999, i64::MAX] {
            assert_eq!(UserId::parse(got, max), Err(Rule::Range { min: 1, max: 999_998, got }));
        }
        assert!(GroupId::parse(0).is_err() && GroupId::parse(1 << 31).is_err());
    }

    #[test]
    fn a_visit_does_not_end_before_it_begins() {
        for (start, end) in [(0, 0), (5, 0), (0, 5), (5, 5), (5, 6)] {
            assert!(GuestTime::parse(start, end).is_ok(), "{start}..{end}");
        }
        assert!(GuestTime::parse(6, 5).is_err());
    }

    #[test]
    fn account_names_are_plain() {
        for good in ["admin", "a.b_c@d-e", &"x".repeat(64)] {
            assert!(AccountName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a~", "名", "a\n", &"x".repeat(65)] {
            assert!(AccountName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn faces_are_for_no_log() {
        let avatar = Avatar::parse("c2VjcmV0".into(), &[]).unwrap();
        assert_eq!(format!("{avatar:?}"), "Avatar(8 bytes)");
    }
}
