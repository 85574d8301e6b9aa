//! The bodies, spelled as the spec spells them.

#[path = "../imports/wire.rs"]
mod import;

use chrono::DateTime;
use chrono_tz::Tz;
use roster_kernel::{Member, Secret};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Page, Search, User};
use crate::store::Listed;

pub use import::{COLUMNS, ExportedUser, HASH_COLUMN};

/// `CreateUser`, the body of `POST /openapi/v1/users`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateUser {
    /// Required: 1 to 64 characters, no control characters, no `/`, no blanks at the ends; unique in the
    /// enterprise. The configured `nick_name_pattern` may demand more (E6).
    #[cfg_attr(
        feature = "openapi",
        schema(
            value_type = String,
            required,
            min_length = 1,
            max_length = 64,
            pattern = r"^[^\s/\u0000-\u001f\u007f-\u009f]([^/\u0000-\u001f\u007f-\u009f]*[^\s/\u0000-\u001f\u007f-\u009f])?$",
        )
    )]
    #[serde(default)]
    pub nick_name: Member<String>,
    /// Required: 8 to 128 characters, or to the configured `password_max_length`; any, never trimmed (E5).
    /// With `weak_passwords = "refuse"` none of the most common ones.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 8, max_length = 128, format = "password")
    )]
    #[serde(default)]
    pub password: Member<Secret>,
    /// Required: 1 to 64 characters, not all blank. An enterprise exists as soon as somebody is in it (E6).
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 1, max_length = 64, pattern = r"\S")
    )]
    #[serde(default)]
    pub enterprise_id: Member<String>,
    /// Optional: at most 254 characters, unique over the platform without regard to case (E4, E6).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Email, max_length = 254))]
    #[serde(default)]
    pub email: Member<String>,
    /// Optional: 1 to 20 characters, any but not all blank; unique over the platform (E4, E6).
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, min_length = 1, max_length = 20, pattern = r"\S")
    )]
    #[serde(default)]
    pub phone: Member<String>,
    /// Optional; true by default. `1`, `0` and their texts are taken too (E6).
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::flag))]
    #[serde(default)]
    pub is_active: Member<Flag>,
    /// Optional: 1 to 64 characters, not all blank. The spec's own spelling.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, min_length = 1, max_length = 64, pattern = r"\S")
    )]
    #[serde(default)]
    pub origion: Member<String>,
    /// The same in the spec's example; `origion` wins (E3).
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, min_length = 1, max_length = 64, pattern = r"\S")
    )]
    #[serde(default)]
    pub origin: Member<String>,
}

/// The body of `PUT /openapi/v1/users/{user_id}`: an absent member keeps its value (E14). The
/// nick name and the enterprise stay what they are.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateUser {
    /// If it is there, the path's.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::id_or_null))]
    #[serde(default)]
    pub user_id: Member<Id>,
    /// A new password: 8 to 128 characters, or to the configured `password_max_length` (E5).
    /// With `weak_passwords = "refuse"` none of the most common ones.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, min_length = 8, max_length = 128, format = "password")
    )]
    #[serde(default)]
    pub password: Member<Secret>,
    /// A new address, at most 254 characters; `""` takes it away (E14).
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 254))]
    #[serde(default)]
    pub email: Member<String>,
    /// A new phone number, at most 20 characters; `""` takes it away (E14).
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 20))]
    #[serde(default)]
    pub phone: Member<String>,
    /// Whether his keys work; null changes nothing.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::flag_or_null))]
    #[serde(default)]
    pub is_active: Member<Flag>,
}

/// The body of `PUT /openapi/v1/changepwd` and `PUT /openapi/v1/users/{user_id}/changepwd`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// If it is there, the path's, or the caller's own.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::id_or_null))]
    #[serde(default)]
    pub user_id: Member<Id>,
    /// Required: 8 to 128 characters, or to the configured `password_max_length` (E5).
    /// With `weak_passwords = "refuse"` none of the most common ones.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 8, max_length = 128, format = "password")
    )]
    #[serde(default)]
    pub password: Member<Secret>,
    /// Required: the same again.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 8, max_length = 128, format = "password")
    )]
    #[serde(default)]
    pub password1: Member<Secret>,
}

/// The body of `POST /openapi/v1/administrators`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Appointment {
    /// Required: who is to be an administrator.
    #[cfg_attr(feature = "openapi", schema(required, schema_with = crate::openapi::id))]
    #[serde(default)]
    pub user_id: Member<Id>,
    /// Required: his enterprise, 1 to 64 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 1, max_length = 64, pattern = r"\S")
    )]
    #[serde(default)]
    pub eid: Member<String>,
}

/// A user's id as the original takes it: a number, or the text of one. A text that is none names
/// nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(n) if !n.is_f64() => Ok(Self(n.to_string())),
            Value::String(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("not an id")),
        }
    }
}

/// The query of a list (E11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// `query`
    pub search: Search,
    /// `page` and `page_size`
    pub page: Page,
    /// `eid`, of administrators alone; an empty one is none.
    pub eid: Option<String>,
}

impl ListQuery {
    /// Of the decoded pairs of a query; the first of a name counts.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let eid = get("eid").filter(|eid| !eid.is_empty()).map(str::to_owned);
        let page = Page::new(integer(get("page"), 1), integer(get("page_size"), 10));
        Self { search: Search::new(get("query").unwrap_or_default()), page, eid }
    }
}

/// An integer of any length, or `default` for what is none.
fn integer(text: Option<&str>, default: i64) -> i64 {
    use std::num::IntErrorKind;
    match text.unwrap_or_default().trim().parse() {
        Ok(n) => n,
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => i64::MAX,
        Err(error) if *error.kind() == IntErrorKind::NegOverflow => i64::MIN,
        Err(_) => default,
    }
}

/// A boolean as the original takes it: `true`, `1`, and their strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(flag) => Ok(Self(flag)),
            Value::Number(n) if n.as_i64() == Some(1) => Ok(Self(true)),
            Value::Number(n) if n.as_i64() == Some(0) => Ok(Self(false)),
            Value::String(text) if text == "1" || text.eq_ignore_ascii_case("true") => Ok(Self(true)),
            Value::String(text) if text == "0" || text.eq_ignore_ascii_case("false") => Ok(Self(false)),
            _ => Err(D::Error::custom("not a boolean")),
        }
    }
}

/// The answer to a creation: `CreateUser` without the password, and the new id (E2).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedUser<'a> {
    /// Unique in the enterprise.
    nick_name: &'a str,
    /// His enterprise.
    enterprise_id: &'a str,
    /// The address; empty if there is none.
    email: &'a str,
    /// The phone number; empty if there is none.
    phone: &'a str,
    /// Whether his keys work.
    is_active: bool,
    /// Where he came from, as it was sent; null if it was not.
    #[cfg_attr(feature = "openapi", schema(required))]
    origion: Option<&'a str>,
    /// The id: below 2^31, never given twice (E8).
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    user_id: i32,
}

impl<'a> From<&'a User> for CreatedUser<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            nick_name: user.nick_name.as_str(),
            enterprise_id: user.enterprise_id.as_str(),
            email: user.email.as_ref().map_or("", |email| email.as_str()),
            phone: user.phone.as_ref().map_or("", |phone| phone.as_str()),
            is_active: user.is_active,
            origion: user.origion.as_deref(),
            user_id: user.user_id.0,
        }
    }
}

/// `UserInfo`: nine keys in the spec's order (E8). Absent texts are `""` as in the original,
/// absent origin and address are null.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserInfo<'a> {
    /// The id: below 2^31, never given twice (E8).
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    user_id: i32,
    /// The address; empty if there is none.
    email: &'a str,
    /// Unique in the enterprise.
    nick_name: &'a str,
    /// The phone number; empty if there is none.
    phone: &'a str,
    /// Whether his keys work.
    is_active: bool,
    /// Where he came from, as it was sent; null if it was not.
    #[cfg_attr(feature = "openapi", schema(required))]
    origion: Option<&'a str>,
    /// When he was created: `YYYY-MM-DD HH:MM:SS.mmm000` in the configured time zone, UTC by default (E8).
    #[cfg_attr(feature = "openapi", schema(pattern = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$"))]
    create_time: String,
    /// The address from which he was created; null if it is not known.
    #[cfg_attr(feature = "openapi", schema(required))]
    client_ip: Option<&'a str>,
    /// His enterprise.
    enterprise_id: &'a str,
}

impl<'a> UserInfo<'a> {
    /// `user`, with his times in `zone`.
    pub fn of(user: &'a User, zone: Tz) -> Self {
        Self {
            user_id: user.user_id.0,
            email: user.email.as_ref().map_or("", |email| email.as_str()),
            nick_name: user.nick_name.as_str(),
            phone: user.phone.as_ref().map_or("", |phone| phone.as_str()),
            is_active: user.is_active,
            origion: user.origion.as_deref(),
            create_time: create_time(user.created_ms, zone),
            client_ip: user.client_ip.as_deref(),
            enterprise_id: user.enterprise_id.as_str(),
        }
    }
}

/// A page of users (E11).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Users<'a> {
    /// At most `page_size` users.
    users: Vec<UserInfo<'a>>,
    /// How many there are in all, on every page (E11).
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    total: i64,
}

impl<'a> Users<'a> {
    /// `listed`, with their times in `zone`.
    pub fn of(listed: &'a Listed, zone: Tz) -> Self {
        let users = listed.users.iter().map(|user| UserInfo::of(user, zone)).collect();
        Self { users, total: listed.total }
    }
}

/// The answer of `GET /openapi/v1/currentuser`. There are no real names here, so that is `""`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurrentUser<'a> {
    /// The user whose key it is.
    #[cfg_attr(feature = "openapi", schema(inline))]
    bean: Bean<'a>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Bean<'a> {
    /// The id: below 2^31, never given twice (E8).
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    user_id: i32,
    /// The address; empty if there is none.
    email: &'a str,
    /// Unique in the enterprise.
    nick_name: &'a str,
    /// Always empty: there are no real names here.
    real_name: &'a str,
    /// The phone number; empty if there is none.
    phone: &'a str,
    /// Whether his keys work.
    is_active: bool,
    /// Where he came from, as it was sent; empty if it was not.
    origion: &'a str,
    /// His enterprise.
    enterprise_id: &'a str,
}

impl<'a> From<&'a User> for CurrentUser<'a> {
    fn from(user: &'a User) -> Self {
        let bean = Bean {
            user_id: user.user_id.0,
            email: user.email.as_ref().map_or("", |email| email.as_str()),
            nick_name: user.nick_name.as_str(),
            real_name: "",
            phone: user.phone.as_ref().map_or("", |phone| phone.as_str()),
            is_active: user.is_active,
            origion: user.origion.as_deref().unwrap_or_default(),
            enterprise_id: user.enterprise_id.as_str(),
        };
        Self { bean }
    }
}

/// `YYYY-MM-DD HH:MM:SS.mmm000`: the original shows microseconds, the store keeps milliseconds.
fn create_time(ms: i64, zone: Tz) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    time.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S%.3f000").to_string()
}

#[cfg(test)]
mod tests {
    use roster_kernel::{JsonKind, json};

    use super::*;

    #[test]
    fn flags() {
        for (text, flag) in [("true", true), ("0", false), ("1", true), ("\"False\"", false), ("\"1\"", true)]
        {
            assert_eq!(serde_json::from_str::<Flag>(text).unwrap(), Flag(flag), "{text}");
        }
        let body: CreateUser = json::decode(br#"{"is_active": "yes"}"#).unwrap();
        assert_eq!(body.is_active, Member::Invalid(JsonKind::String));
    }

    #[test]
    fn lists_have_defaults_and_bounds() {
        let of = |query: &[(&str, &str)]| {
            let pairs: Vec<_> = query.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            let ListQuery { page, .. } = ListQuery::of(&pairs);
            (page.number, page.size)
        };
        assert_eq!(of(&[]), (1, 10));
        assert_eq!(of(&[("page", "x"), ("page_size", "1.5")]), (1, 10));
        assert_eq!(of(&[("page", "99999999999999999999"), ("page_size", "5000")]), (i64::MAX, 1000));
        assert_eq!(of(&[("page", "-2"), ("page_size", "0")]), (-2, 1));
    }

    #[test]
    fn times_are_of_the_zone() {
        assert_eq!(create_time(1_669_106_427_685, Tz::Asia__Shanghai), "2022-11-22 16:40:27.685000");
        assert_eq!(create_time(0, Tz::UTC), "1970-01-01 00:00:00.000000");
    }
}
