//! Users as tables and lines have them: the members of a create body.

use roster_kernel::Column;
use serde::Serialize;

use crate::domain::{Avatar, Feature, GroupId, Number, Remark, UserType};

/// The columns of a table of users: the members of [`super::CreateUser`].
pub const COLUMNS: &[Column] = &[
    Column::json("user_id"),
    Column::text("name"),
    Column::json("type"),
    Column::text("avatar"),
    Column::text("feature"),
    Column::text("ic_number"),
    Column::text("id_number"),
    Column::text("job_number"),
    Column::json("guest_time_start"),
    Column::json("guest_time_end"),
    Column::json("groups"),
    Column::json("is_admin"),
    Column::text("remark"),
];

/// A user as a create body that would make him again. What he does not have is absent.
#[derive(Debug, Serialize)]
pub struct ExportedUser<'a> {
    user_id: i32,
    name: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    user_type: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    ic_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    id_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    job_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    guest_time_start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guest_time_end: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_admin: Option<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    remark: &'a str,
}

impl<'a> From<&'a crate::domain::User> for ExportedUser<'a> {
    fn from(user: &'a crate::domain::User) -> Self {
        let profile = &user.profile;
        let time = |ms: i64| (ms != 0).then_some(ms);
        Self {
            user_id: profile.user_id.0,
            name: profile.name.as_str(),
            user_type: (profile.user_type != UserType::default()).then(|| profile.user_type.number()),
            avatar: profile.avatar.as_ref().map(Avatar::as_str),
            feature: profile.feature.as_ref().map(Feature::as_str),
            ic_number: Number::as_str(&profile.ic_number),
            id_number: Number::as_str(&profile.id_number),
            job_number: Number::as_str(&profile.job_number),
            guest_time_start: time(profile.guest_time.start_ms()),
            guest_time_end: time(profile.guest_time.end_ms()),
            groups: profile.groups.iter().map(|&GroupId(id)| id).collect(),
            is_admin: profile.is_admin.then_some(true),
            remark: Remark::as_str(&profile.remark),
        }
    }
}
