//! The bodies, spelled as the spec spells them.

mod import;

use std::collections::BTreeMap;

use roster_kernel::{Member, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Avatar, Feature, GroupId};
use crate::error::CODES;

pub use import::{COLUMNS, ExportedUser};

/// The body of `POST /v1/user`, in the spec's order. For an optional member null is the same as
/// its absence.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateUser {
    /// Required.
    pub name: Member<String>,
    /// Required.
    pub user_id: Member<i64>,
    /// Optional; 1 by default.
    #[serde(rename = "type")]
    pub user_type: Member<i64>,
    /// Required unless `feature` has a value.
    pub avatar: Member<String>,
    /// Optional.
    pub feature: Member<String>,
    /// Optional.
    pub ic_number: Member<String>,
    /// Optional.
    pub id_number: Member<String>,
    /// Optional.
    pub job_number: Member<String>,
    /// Optional.
    pub guest_time_start: Member<i64>,
    /// Optional.
    pub guest_time_end: Member<i64>,
    /// Optional. Its elements are judged one by one.
    pub groups: Member<Vec<Value>>,
    /// Optional, although the spec's table has a "Y": its own example goes without (D1).
    pub is_admin: Member<bool>,
    /// Optional.
    pub remark: Member<String>,
}

impl CreateUser {
    /// The largest body, in bytes.
    pub const MAX_BYTES: usize = 15 * 1024 * 1024;
}

/// The body of `PUT /v1/user/id/{id}`. What is absent stays; null, `""` and 0 clear. A `user_id` and
/// a `type` are not read: neither ever changes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UpdateUser {
    /// Required.
    pub name: Member<String>,
    /// Optional; cleared only while there is a feature.
    pub avatar: Member<String>,
    /// Optional; cleared only while there is an avatar.
    pub feature: Member<String>,
    /// Optional.
    pub ic_number: Member<String>,
    /// Optional.
    pub id_number: Member<String>,
    /// Optional.
    pub job_number: Member<String>,
    /// Optional.
    pub guest_time_start: Member<i64>,
    /// Optional.
    pub guest_time_end: Member<i64>,
    /// Optional.
    pub groups: Member<Vec<Value>>,
    /// Optional.
    pub is_admin: Member<bool>,
    /// Optional.
    pub remark: Member<String>,
}

/// The body of `POST /v1/user/search`. The first member with a value counts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchUsers {
    /// What names contain.
    pub name: Member<String>,
    /// A card's number, whole.
    pub ic_number: Member<String>,
    /// A job's number, whole.
    pub job_number: Member<String>,
}

/// The body of `POST /v2/user`. Each entry is one of `POST /v1/user`, judged on its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserList {
    /// 1 to 100 entries.
    pub user_list: Member<Vec<Value>>,
}

impl UserList {
    /// The largest body, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024 * 1024;
}

/// Ids of users or groups: the body of `DELETE /v2/user` and `DELETE /v2/group`, and of a group's
/// users.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ids {
    /// 1 to 100 ids.
    pub ids: Member<Vec<Value>>,
}

/// The body of `POST /v1/group`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateGroup {
    /// Required.
    pub group_id: Member<i64>,
    /// Required.
    pub name: Member<String>,
    /// Optional; 1 by default.
    #[serde(rename = "type")]
    pub group_type: Member<i64>,
    /// Optional; 0, `""` and null for none.
    pub rule_id: Member<Value>,
}

/// The body of `PUT /v1/group/id/{id}`. What is absent stays; a `group_id` is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UpdateGroup {
    /// Required.
    pub name: Member<String>,
    /// Optional.
    #[serde(rename = "type")]
    pub group_type: Member<i64>,
    /// Optional; 0, `""` and null for none.
    pub rule_id: Member<Value>,
}

/// The body of `POST /v1/group/search`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchGroups {
    /// What names contain.
    pub name: Member<String>,
}

/// The body of `POST /v2/group`. Each entry is one of `POST /v1/group`, judged on its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GroupList {
    /// 1 to 100 entries.
    pub group_list: Member<Vec<Value>>,
}

/// The largest body of all other calls, in bytes. Of a login anybody may send one.
pub const MAX_BYTES: usize = 256 * 1024;

/// The body of `POST /v1/auth/login`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Login {
    /// Required.
    pub username: Member<String>,
    /// Required.
    pub password: Member<Secret>,
    /// Minutes, optional.
    #[serde(rename = "validTime")]
    pub valid_time: Member<i64>,
}

/// What every answer of this dialect looks like (D5).
#[derive(Debug, Serialize)]
pub struct Envelope<'a, T> {
    /// The answer itself; null in errors.
    pub data: T,
    /// 200, or what went wrong.
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
pub struct User<'a> {
    user_id: i32,
    name: &'a str,
    avatar: &'a str,
    r#type: i32,
    ic_number: &'a str,
    job_number: &'a str,
    id_number: &'a str,
    groups: Vec<i32>,
    is_admin: bool,
    remark: &'a str,
    create_at: i64,
    update_at: i64,
    feature: &'a str,
    guest_time_start: i64,
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
pub struct Group<'a> {
    group_id: i32,
    name: &'a str,
    r#type: i32,
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
pub struct Items<T> {
    /// The items.
    pub items: Vec<T>,
}

/// When a user was last changed.
#[derive(Debug, Serialize)]
pub struct Version {
    user_id: i32,
    update_at: i64,
}

impl From<crate::domain::Version> for Version {
    fn from(version: crate::domain::Version) -> Self {
        Self { user_id: version.user_id.0, update_at: version.updated_ms }
    }
}

/// The answer to a batch.
#[derive(Debug, Serialize)]
pub struct Errors<T> {
    /// The entries that failed, in the batch's order; all others are done.
    pub errors: Vec<T>,
}

/// Why an entry about a user failed.
#[derive(Debug, Serialize)]
pub struct UserRefusal {
    /// The entry's own, if it is an integer.
    pub user_id: Option<i64>,
    /// What the single call's error has.
    pub code: u16,
    /// What the single call's error has.
    pub msg: String,
}

/// Why an entry about a group failed.
#[derive(Debug, Serialize)]
pub struct GroupRefusal {
    /// The entry's own, if it is an integer.
    pub group_id: Option<i64>,
    /// What the single call's error has.
    pub code: u16,
    /// What the single call's error has.
    pub msg: String,
}

/// The answer to a login.
#[derive(Debug, Serialize)]
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
    use serde_json::json;

    use super::*;
    use crate::domain::{Name, Profile, UserId};

    /// The seed's reply as it stands, then the keys that it leaves out. (Its `name` is another
    /// than its request's.)
    #[test]
    fn the_specs_reply() {
        let seed = include_str!("../../../tests/fixtures/seeds/device-users.create.response.json");
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
