//! Bodies and queries, spelled as the specification spells them.

use chrono::DateTime;
use chrono_tz::Tz;
use roster_kernel::{Field, Secret};
use serde::{Deserialize, Serialize};

use super::domain::UserPage;
use crate::base::{Email, Flag, Id, Phone, User, UserOrigin};
#[cfg(feature = "openapi")]
use crate::base::{EnterpriseId, NickName};
#[cfg(feature = "openapi")]
use crate::passwords::Password;

/// `CreateUser`, the body of `POST /openapi/v1/users`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateUser {
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = NickName, required))]
    #[serde(default)]
    pub nick_name: Field<String>,
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = Password, required))]
    #[serde(default)]
    pub password: Field<Secret>,
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = EnterpriseId, required))]
    #[serde(default)]
    pub enterprise_id: Field<String>,
    /// Optional (E4).
    #[cfg_attr(feature = "openapi", schema(value_type = Email))]
    #[serde(default)]
    pub email: Field<String>,
    /// Optional (E4).
    #[cfg_attr(feature = "openapi", schema(value_type = Phone))]
    #[serde(default)]
    pub phone: Field<String>,
    /// Whether the user's keys work; true by default.
    #[cfg_attr(feature = "openapi", schema(value_type = Flag))]
    #[serde(default)]
    pub is_active: Field<Flag>,
    /// Optional; the specification's own spelling.
    #[cfg_attr(feature = "openapi", schema(value_type = UserOrigin))]
    #[serde(default)]
    pub origion: Field<String>,
    /// The same in the specification's example; `origion` wins (E3).
    #[cfg_attr(feature = "openapi", schema(value_type = UserOrigin))]
    #[serde(default)]
    pub origin: Field<String>,
}

/// The body of `PUT /openapi/v1/users/{user_id}`: an absent member keeps its value (E14). Nick name and
/// enterprise cannot be changed.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"phone": "", "is_active": false})))]
pub struct UpdateUser {
    /// If given: the path's.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Id>, required = false))]
    #[serde(default)]
    pub user_id: Field<Id>,
    /// A new password.
    #[cfg_attr(feature = "openapi", schema(value_type = Password))]
    #[serde(default)]
    pub password: Field<Secret>,
    /// A new address, at most 254 characters; `""` removes it (E14).
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 254))]
    #[serde(default)]
    pub email: Field<String>,
    /// A new phone number, at most 20 characters; `""` removes it (E14).
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 20))]
    #[serde(default)]
    pub phone: Field<String>,
    /// Whether the user's keys work; null changes nothing.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Flag>, required = false))]
    #[serde(default)]
    pub is_active: Field<Flag>,
}

/// The answer to a creation: `CreateUser` without the password, and the new id (E2).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedUser<'a> {
    /// Unique in the enterprise.
    nick_name: &'a str,
    /// The enterprise.
    enterprise_id: &'a str,
    /// The address; empty if there is none.
    email: &'a str,
    /// The phone number; empty if there is none.
    phone: &'a str,
    /// Whether the user's keys work.
    is_active: bool,
    /// Where the user came from, as it was sent; null if it was not.
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
            email: user.email.as_ref().map_or("", Email::as_str),
            phone: user.phone.as_ref().map_or("", Phone::as_str),
            is_active: user.is_active,
            origion: user.origin.as_ref().map(UserOrigin::as_str),
            user_id: user.user_id.0,
        }
    }
}

/// `UserInfo`: nine keys in the specification's order (E8). Absent texts are `""` as in the original,
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
    /// Whether the user's keys work.
    is_active: bool,
    /// Where the user came from, as it was sent; null if it was not.
    #[cfg_attr(feature = "openapi", schema(required))]
    origion: Option<&'a str>,
    /// When the user was created: `YYYY-MM-DD HH:MM:SS.mmm000` in the configured time zone, UTC by default (E8).
    #[cfg_attr(feature = "openapi", schema(pattern = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$"))]
    create_time: String,
    /// The address from which the user was created; null if it is not known.
    #[cfg_attr(feature = "openapi", schema(required))]
    client_ip: Option<&'a str>,
    /// The enterprise.
    enterprise_id: &'a str,
}

impl<'a> UserInfo<'a> {
    /// `user`, with times in `zone`.
    pub fn of(user: &'a User, zone: Tz) -> Self {
        Self {
            user_id: user.user_id.0,
            email: user.email.as_ref().map_or("", Email::as_str),
            nick_name: user.nick_name.as_str(),
            phone: user.phone.as_ref().map_or("", Phone::as_str),
            is_active: user.is_active,
            origion: user.origin.as_ref().map(UserOrigin::as_str),
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
    /// How many there are on all pages (E11).
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    total: i64,
}

impl<'a> Users<'a> {
    /// `page`, with times in `zone`.
    pub fn of(page: &'a UserPage, zone: Tz) -> Self {
        let users = page.users.iter().map(|user| UserInfo::of(user, zone)).collect();
        Self { users, total: page.total }
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
    /// Whether the user's keys work.
    is_active: bool,
    /// Where the user came from, as it was sent; empty if it was not.
    origion: &'a str,
    /// The enterprise.
    enterprise_id: &'a str,
}

impl<'a> From<&'a User> for CurrentUser<'a> {
    fn from(user: &'a User) -> Self {
        let bean = Bean {
            user_id: user.user_id.0,
            email: user.email.as_ref().map_or("", Email::as_str),
            nick_name: user.nick_name.as_str(),
            real_name: "",
            phone: user.phone.as_ref().map_or("", Phone::as_str),
            is_active: user.is_active,
            origion: user.origin.as_ref().map(UserOrigin::as_str).unwrap_or_default(),
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
    fn a_wrong_type_is_kept_until_the_rules_are_checked() {
        let body: CreateUser = json::decode(br#"{"is_active": "yes"}"#).unwrap();
        assert_eq!(body.is_active, Field::Invalid(JsonKind::String));
    }

    #[test]
    fn times_are_of_the_zone() {
        assert_eq!(create_time(1_669_106_427_685, Tz::Asia__Shanghai), "2022-11-22 16:40:27.685000");
        assert_eq!(create_time(0, Tz::UTC), "1970-01-01 00:00:00.000000");
    }
}
