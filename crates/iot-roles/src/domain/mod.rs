//! Values that are what they say: each parses once, and later code cannot hold an invalid one.

mod data;
mod device;
mod page;
mod registrant;
mod session;
mod tree;

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Rule, Unit, chars, has_control, is_email};
use serde::{Deserialize, Serialize};

pub use data::{AttType, DataType, DataValue, Named};
pub use device::{ActionType, Device, DeviceAttType, DeviceDefinition, DeviceType};
pub use page::{Listed, PAGE_NUMBER_MAX, PAGE_SIZE_MAX, PageRequest};
pub use registrant::Registrant;
pub(crate) use session::{ACCESS_MS, DEVICE_MAX, REFRESH_MS};
pub use session::{REPEAT_MS, Session, Token, TokenKind, Tokens};
pub use tree::{
    ATTRIBUTES_MAX, AnyType, Area, DEFINITION_MAX, DEPTH_MAX, Definition, Domain, Kind, Name, NewSite,
    NewSiteType, Site, SiteType, Typed, first_overlap,
};

/// The longest username, in characters.
pub const USERNAME_MAX: usize = 128;

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

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// The id of a user, a domain, a site type, a site or a session: 24 lower-case hex digits (I6).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{24}$"))]
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(String);
text!(ObjectId);

impl ObjectId {
    /// Parses an id.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 24 && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    /// A new one.
    pub(crate) fn fresh(random: &dyn roster_kernel::Random, now_ms: i64) -> Self {
        Self(roster_kernel::hex_id(random, now_ms))
    }
}

/// A username: 1 to 128 characters, no control characters; blanks count. Unique over the platform,
/// with regard to case (I3).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(min_length = 1, max_length = 128, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);
text!(Username);

impl Username {
    /// Parses a username.
    pub fn parse(text: String) -> Result<Self, Rule> {
        let got = chars(&text);
        match got {
            0 => Err(Rule::NotBlank),
            _ if got > USERNAME_MAX => Err(Rule::TooLong { max: USERNAME_MAX, got, unit: Unit::Chars }),
            _ if has_control(&text) => Err(Rule::Format("free of control characters".into())),
            _ => Ok(Self(text)),
        }
    }
}

/// An e-mail address; any number of users may share one.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(format = Email, min_length = 3, max_length = 254))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);
text!(Email);

impl Email {
    /// Parses an address.
    pub fn parse(text: String) -> Result<Self, Rule> {
        match text.as_str() {
            "" => Err(Rule::NotBlank),
            address if is_email(address) => Ok(Self(text)),
            _ => Err(Rule::Email),
        }
    }
}

/// What a user may do. Read from its text alone, with regard to case.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "UPPERCASE")]
pub enum Role {
    /// Everything.
    System,
    /// Inside his areas.
    Area,
    /// What a device does.
    Device,
}

impl Role {
    /// The spec's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "SYSTEM",
            Self::Area => "AREA",
            Self::Device => "DEVICE",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::System, Self::Area, Self::Device].into_iter().find(|role| role.name() == name)
    }
}

impl TryFrom<String> for Role {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::named(&name).ok_or("no role of this name")
    }
}

/// Whether a user may sign in.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not yet, or not now.
    Pending,
    /// He may.
    Enable,
}

impl Status {
    /// The spec's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Enable => "enable",
        }
    }

    /// The status of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Pending, Self::Enable].into_iter().find(|status| status.name() == name)
    }
}

/// A user who is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Unique over the platform.
    pub username: Username,
    /// His address.
    pub email: Option<Email>,
    /// What he may do.
    pub role: Role,
    /// Whether he may sign in.
    pub status: Status,
    /// The ids of his areas, as they were asked for; only a user of role AREA has any.
    pub areas: Vec<String>,
}

impl NewUser {
    /// A user who may sign in, without address or areas.
    pub fn new(username: Username, role: Role) -> Self {
        Self { username, email: None, role, status: Status::Enable, areas: Vec::new() }
    }
}

impl NewUser {
    /// Whether `user` is as this one is to be made. Not his password.
    pub(crate) fn is(&self, user: &User) -> bool {
        user.email == self.email
            && user.role == self.role
            && user.status == self.status
            && user.areas.iter().map(|area| area.id().as_str()).eq(self.areas.iter().map(String::as_str))
    }
}

/// A user as stored. The password's hash stays in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// His id.
    pub id: ObjectId,
    /// His name.
    pub username: Username,
    /// His address.
    pub email: Option<Email>,
    /// What he may do.
    pub role: Role,
    /// Whether he may sign in.
    pub status: Status,
    /// His areas, in the order in which they were given; none of them lies within another.
    pub areas: Vec<Area>,
}

impl User {
    /// The same as the user may see it: of what lies around the areas no more than id and name (I7).
    pub(crate) fn seen_by_itself(mut self) -> Self {
        if self.role == Role::Area {
            let areas = self.areas.iter().map(|area| area.id().as_str()).collect();
            self.areas = self.areas.iter().map(|area| area.within(&areas)).collect();
        }
        self
    }
}

/// What a sign-in is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Whose it is.
    pub user_id: ObjectId,
    /// What he may do.
    pub role: Role,
    /// Whether he may sign in.
    pub status: Status,
    /// His password's hash.
    pub password: PasswordHash,
    /// Which of his passwords it is: grows when the password changes, not when it is hashed anew.
    pub password_version: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        assert!(ObjectId::parse("5caa9b7dddd50a20164a4cd8").is_some());
        for bad in ["", "5caa9b7dddd50a20164a4cd", "5CAA9B7DDDD50A20164A4CD8", "5caa9b7dddd50a20164a4cdg"] {
            assert_eq!(ObjectId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn usernames() {
        for good in ["a", " ", "ada@example.com", "me", "张三", &"长".repeat(128)] {
            assert!(Username::parse(good.to_owned()).is_ok(), "{good}");
        }
        assert_eq!(Username::parse(String::new()), Err(Rule::NotBlank));
        assert!(matches!(Username::parse("a\nb".into()), Err(Rule::Format(_))));
        let long = Username::parse("长".repeat(129));
        assert_eq!(long, Err(Rule::TooLong { max: 128, got: 129, unit: Unit::Chars }));
    }

    #[test]
    fn a_role_is_its_text_and_nothing_else() {
        assert_eq!(serde_json::from_str::<Role>("\"AREA\"").unwrap(), Role::Area);
        assert_eq!(serde_json::to_string(&Role::System).unwrap(), "\"SYSTEM\"");
        for bad in ["\"area\"", "1", "\"\"", "{\"AREA\":null}", "[\"AREA\"]"] {
            assert!(serde_json::from_str::<Role>(bad).is_err(), "{bad}");
        }
    }
}
