//! The bodies, spelled as the spec spells them.

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
#[serde(default)]
pub struct CreateUser {
    /// Required.
    pub nick_name: Member<String>,
    /// Required; 8 characters at least, never trimmed.
    pub password: Member<Secret>,
    /// Required.
    pub enterprise_id: Member<String>,
    /// Optional.
    pub email: Member<String>,
    /// Optional.
    pub phone: Member<String>,
    /// Optional; true by default.
    pub is_active: Member<Flag>,
    /// Optional. The spec's own spelling.
    pub origion: Member<String>,
    /// The same in the spec's example; `origion` wins (E3).
    pub origin: Member<String>,
}

/// The body of `PUT /openapi/v1/users/{user_id}`: an absent member keeps its value (E14). The
/// nick name and the enterprise stay what they are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UpdateUser {
    /// If it is there, the path's.
    pub user_id: Member<Id>,
    /// A new password.
    pub password: Member<Secret>,
    /// A new address; `""` takes it away.
    pub email: Member<String>,
    /// A new phone number; `""` takes it away.
    pub phone: Member<String>,
    /// Whether his keys work; null changes nothing.
    pub is_active: Member<Flag>,
}

/// The body of `PUT /openapi/v1/changepwd` and `PUT /openapi/v1/users/{user_id}/changepwd`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChangePassword {
    /// If it is there, the path's, or the caller's own.
    pub user_id: Member<Id>,
    /// Required.
    pub password: Member<Secret>,
    /// Required: the same again.
    pub password1: Member<Secret>,
}

/// The body of `POST /openapi/v1/administrators`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Appointment {
    /// Required: who is to be an administrator.
    pub user_id: Member<Id>,
    /// Required: his enterprise.
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
pub struct CreatedUser<'a> {
    nick_name: &'a str,
    enterprise_id: &'a str,
    email: &'a str,
    phone: &'a str,
    is_active: bool,
    origion: Option<&'a str>,
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
pub struct UserInfo<'a> {
    user_id: i32,
    email: &'a str,
    nick_name: &'a str,
    phone: &'a str,
    is_active: bool,
    origion: Option<&'a str>,
    create_time: String,
    client_ip: Option<&'a str>,
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
pub struct Users<'a> {
    users: Vec<UserInfo<'a>>,
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
pub struct CurrentUser<'a> {
    bean: Bean<'a>,
}

#[derive(Debug, Serialize)]
struct Bean<'a> {
    user_id: i32,
    email: &'a str,
    nick_name: &'a str,
    real_name: &'a str,
    phone: &'a str,
    is_active: bool,
    origion: &'a str,
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
