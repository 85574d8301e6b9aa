//! Rows, and what they stand for.

use diesel::prelude::*;
use roster_kernel::fold;
use roster_persistence::StoreError;

use super::schema::{device_groups, device_users};
use crate::domain::{
    Avatar, Feature, Group, GroupId, GuestTime, Name, Number, Profile, Remark, RuleId, User, UserId, UserType,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = device_users)]
pub(super) struct UserRow {
    pub(super) user_id: i32,
    name: String,
    user_type: i32,
    is_admin: bool,
    ic_number: String,
    id_number: String,
    job_number: String,
    remark: String,
    guest_time_start_ms: i64,
    guest_time_end_ms: i64,
    feature: Option<String>,
    created_ms: i64,
    updated_ms: i64,
}

impl UserRow {
    pub(super) fn into_user(self, avatar: Option<String>, groups: Vec<i32>) -> Result<User, StoreError> {
        let inconsistent = |column, what: &str| StoreError::Inconsistent {
            table: "device_users",
            column,
            id: self.user_id.to_string(),
            what: what.to_owned(),
        };
        let user_type = UserType::parse(self.user_type.into())
            .map_err(|_| inconsistent("user_type", "neither employee nor visitor"))?;
        let guest_time = GuestTime::parse(self.guest_time_start_ms, self.guest_time_end_ms)
            .map_err(|_| inconsistent("guest_time_end_ms", "before guest_time_start_ms"))?;
        let profile = Profile {
            user_id: UserId(self.user_id),
            name: Name::stored(self.name),
            user_type,
            avatar: avatar.map(Avatar::stored),
            feature: self.feature.map(Feature::stored),
            ic_number: Number::stored(self.ic_number),
            id_number: Number::stored(self.id_number),
            job_number: Number::stored(self.job_number),
            guest_time,
            groups: groups.into_iter().map(GroupId).collect(),
            is_admin: self.is_admin,
            remark: Remark::stored(self.remark),
        };
        Ok(User { profile, created_ms: self.created_ms, updated_ms: self.updated_ms })
    }
}

/// A row as it is written. An absent feature becomes NULL when it replaces one.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = device_users, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct NewUserRow<'a> {
    user_id: i32,
    name: &'a str,
    user_type: i32,
    is_admin: bool,
    ic_number: &'a str,
    id_number: &'a str,
    job_number: &'a str,
    remark: &'a str,
    guest_time_start_ms: i64,
    guest_time_end_ms: i64,
    feature: Option<&'a str>,
    created_ms: i64,
    updated_ms: i64,
    name_folded: String,
}

impl<'a> From<&'a User> for NewUserRow<'a> {
    fn from(user: &'a User) -> Self {
        let profile = &user.profile;
        Self {
            user_id: profile.user_id.0,
            name: profile.name.as_str(),
            user_type: profile.user_type.number(),
            is_admin: profile.is_admin,
            ic_number: profile.ic_number.as_str(),
            id_number: profile.id_number.as_str(),
            job_number: profile.job_number.as_str(),
            remark: profile.remark.as_str(),
            guest_time_start_ms: profile.guest_time.start_ms(),
            guest_time_end_ms: profile.guest_time.end_ms(),
            feature: profile.feature.as_ref().map(Feature::as_str),
            created_ms: user.created_ms,
            updated_ms: user.updated_ms,
            name_folded: fold(profile.name.as_str()),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = device_groups)]
pub(super) struct GroupRow {
    group_id: i32,
    name: String,
    group_type: i32,
    rule_id: String,
}

impl GroupRow {
    pub(super) fn into_group(self) -> Result<Group, StoreError> {
        let inconsistent = |column, what: &str| StoreError::Inconsistent {
            table: "device_groups",
            column,
            id: self.group_id.to_string(),
            what: what.to_owned(),
        };
        let group_type = UserType::parse(self.group_type.into())
            .map_err(|_| inconsistent("group_type", "neither of employees nor of visitors"))?;
        let rule_id = match self.rule_id.as_str() {
            "" => RuleId::default(),
            text => text
                .parse()
                .ok()
                .and_then(|number| RuleId::parse(number).ok())
                .ok_or_else(|| inconsistent("rule_id", "no number of a rule"))?,
        };
        Ok(Group { group_id: GroupId(self.group_id), name: Name::stored(self.name), group_type, rule_id })
    }
}

/// What the store keeps of a rule's number: `''` if there is none.
pub(super) fn rule_text(rule_id: RuleId) -> String {
    if rule_id == RuleId::default() { String::new() } else { rule_id.number().to_string() }
}
