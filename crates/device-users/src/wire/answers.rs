//! The answers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{Avatar, Feature, GroupId};
use crate::error::CODES;

/// What every answer of this dialect looks like (D5).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Envelope<'a, T> {
    /// The answer itself; null in errors.
    pub data: T,
    /// 200; in errors the HTTP status, or 1000 and 1001 for a failed login.
    pub code: u16,
    /// `OK`, or what went wrong in words.
    pub msg: &'a str,
}

impl<T> Envelope<'_, T> {
    /// A success.
    pub fn ok(data: T) -> Self {
        Self { data, code: 200, msg: "OK" }
    }
}

/// A user, with every key there is: absent texts are `""`, absent numbers 0 (D4). The keys of the
/// spec's example come first, in its order.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User<'a> {
    /// The id that the caller gave.
    user_id: i32,
    /// 1 to 128 bytes of UTF-8.
    name: &'a str,
    /// The picture as it was sent; empty if there is none.
    avatar: &'a str,
    /// 1 for an employee, 2 for a visitor.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2))]
    r#type: i32,
    /// The card's number, or empty.
    ic_number: &'a str,
    /// The job's number, or empty.
    job_number: &'a str,
    /// The document's number, or empty.
    id_number: &'a str,
    /// The ids of the groups, in the order in which they were given.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    groups: Vec<i32>,
    /// Whether the terminal takes the user for an administrator.
    is_admin: bool,
    /// A remark, or empty.
    remark: &'a str,
    /// When the user was created, in milliseconds since the epoch.
    create_at: i64,
    /// When the user was last changed, in milliseconds since the epoch.
    update_at: i64,
    /// The features as they were sent; empty if there are none.
    feature: &'a str,
    /// When a visit begins, in milliseconds since the epoch; 0 if unset.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    guest_time_start: i64,
    /// When a visit ends, in milliseconds since the epoch; 0 if unset.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    guest_time_end: i64,
}

impl<'a> From<&'a crate::domain::User> for User<'a> {
    fn from(user: &'a crate::domain::User) -> Self {
        let profile = &user.profile;
        Self {
            user_id: profile.user_id.0,
            name: profile.name.as_str(),
            avatar: profile.avatar.as_ref().map_or("", Avatar::as_str),
            r#type: profile.user_type.number(),
            ic_number: profile.ic_number.as_str(),
            job_number: profile.job_number.as_str(),
            id_number: profile.id_number.as_str(),
            groups: profile.groups.iter().map(|&GroupId(id)| id).collect(),
            is_admin: profile.is_admin,
            remark: profile.remark.as_str(),
            create_at: user.created_ms,
            update_at: user.updated_ms,
            feature: profile.feature.as_ref().map_or("", Feature::as_str),
            guest_time_start: profile.guest_time.start_ms(),
            guest_time_end: profile.guest_time.end_ms(),
        }
    }
}

/// A group.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group<'a> {
    /// The id that the caller gave.
    group_id: i32,
    /// 1 to 128 bytes of UTF-8.
    name: &'a str,
    /// 1 for employees, 2 for visitors.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2))]
    r#type: i32,
    /// The number of a rule; 0 if there is none.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    rule_id: i32,
}

impl<'a> From<&'a crate::domain::Group> for Group<'a> {
    fn from(group: &'a crate::domain::Group) -> Self {
        Self {
            group_id: group.group_id.0,
            name: group.name.as_str(),
            r#type: group.group_type.number(),
            rule_id: group.rule_id.number(),
        }
    }
}

/// A part of a list. That of users has pictures of megabytes: it is written by pieces, whose first
/// and last are those of this one without items.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// As it was asked for.
    pub offset: u32,
    /// As it was asked for.
    pub limit: u32,
    /// How many items follow.
    pub count: usize,
    /// How many there are in all.
    pub total: i64,
    /// The items.
    pub items: Vec<T>,
}

/// What was found.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Items<T> {
    /// The items.
    pub items: Vec<T>,
}

/// When a user was last changed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Version {
    /// Who.
    user_id: i32,
    /// When, in milliseconds since the epoch.
    update_at: i64,
}

impl From<crate::domain::Version> for Version {
    fn from(version: crate::domain::Version) -> Self {
        Self { user_id: version.user_id.0, update_at: version.updated_ms }
    }
}

/// The answer to a batch.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Errors<T> {
    /// The entries that failed, in the batch's order; all others are done.
    pub errors: Vec<T>,
}

/// Why an entry about a user failed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserRefusal {
    /// The entry's own, if it is an integer.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub user_id: Option<i64>,
    /// What the single call's error has.
    pub code: u16,
    /// What the single call's error has.
    pub msg: String,
}

/// Why an entry about a group failed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupRefusal {
    /// The entry's own, if it is an integer.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub group_id: Option<i64>,
    /// What the single call's error has.
    pub code: u16,
    /// What the single call's error has.
    pub msg: String,
}

/// The answer to a login.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token<'a> {
    /// For `Authorization: Bearer`.
    pub token: &'a str,
}

/// The published codes and their texts, the answer of `GET /v1/auth/errors`.
pub fn codes() -> BTreeMap<u16, &'static str> {
    CODES.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{Name, Profile, UserId};

    /// The seed's reply as it stands, then the keys that it leaves out. (Its `name` is another
    /// than its request's.)
    #[test]
    fn the_specs_reply() {
        let seed = include_str!("../../../../tests/fixtures/seeds/device-users.create.response.json");
        let mut expected: Value = serde_json::from_str(seed).unwrap();
        let picture = expected["data"]["avatar"].as_str().unwrap().to_owned();
        let user = crate::domain::User {
            profile: Profile {
                avatar: Some(Avatar::parse(picture, &[]).unwrap()),
                groups: vec![GroupId(1), GroupId(2)],
                ..Profile::new(UserId(3), Name::parse("张三".into()).unwrap())
            },
            created_ms: 1_660_222_970_940,
            updated_ms: 1_660_222_970_940,
        };
        for (key, value) in
            [("feature", json!("")), ("guest_time_start", json!(0)), ("guest_time_end", json!(0))]
        {
            expected["data"][key] = value;
        }
        let reply = serde_json::to_string(&Envelope::ok(User::from(&user))).unwrap();
        assert_eq!(reply, expected.to_string(), "in the same order too");
    }

    #[test]
    fn codes_are_published_in_their_order() {
        let published = serde_json::to_string(&codes()).unwrap();
        assert!(published.starts_with(r#"{"0":"Not define"#), "{published}");
        assert!(published.ends_with(r#""1000":"Account Not Exist","1001":"Password Wrong"}"#));
        assert_eq!(codes().len(), 15);
    }
}
