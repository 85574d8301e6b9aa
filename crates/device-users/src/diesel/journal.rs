//! What the journal says of users and groups.

use roster_kernel::digest;
use serde_json::{Map, Value, json};

use crate::domain::{Avatar, Group, GroupId, Profile};

/// What the journal says of a face: that it is this one, and nothing else.
#[derive(Clone)]
pub(super) struct Recorded {
    pub(super) avatar: Option<Value>,
    pub(super) feature: Option<Value>,
}

impl Recorded {
    pub(super) fn of(profile: &Profile) -> Self {
        Self { avatar: profile.avatar.as_ref().map(fingerprint_of), ..Self::of_feature(profile) }
    }

    /// The same without the picture, whose digest takes its time.
    pub(super) fn of_feature(profile: &Profile) -> Self {
        Self { avatar: None, feature: profile.feature.as_ref().map(|feature| fingerprint(feature.as_str())) }
    }

    /// The journal's values of `profile`; what is absent there is absent here.
    pub(super) fn values(self, profile: &Profile) -> Map<String, Value> {
        let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
        let time = |ms: i64| (ms != 0).then(|| Value::from(ms));
        let groups: Vec<i32> = profile.groups.iter().map(|group| group.0).collect();
        let values = [
            ("name", text(profile.name.as_str())),
            ("type", Some(profile.user_type.number().into())),
            ("avatar", self.avatar),
            ("feature", self.feature),
            ("ic_number", text(profile.ic_number.as_str())),
            ("id_number", text(profile.id_number.as_str())),
            ("job_number", text(profile.job_number.as_str())),
            ("guest_time_start", time(profile.guest_time.start_ms())),
            ("guest_time_end", time(profile.guest_time.end_ms())),
            ("groups", (!groups.is_empty()).then(|| groups.into())),
            ("is_admin", Some(profile.is_admin.into())),
            ("remark", text(profile.remark.as_str())),
        ];
        values.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
    }
}

/// A picture as the journal knows it.
pub(super) fn fingerprint_of(avatar: &Avatar) -> Value {
    fingerprint(avatar.as_str())
}

fn fingerprint(text: &str) -> Value {
    json!({"sha256": digest(text), "size": text.len()})
}

/// The journal's values of a group.
pub(super) fn group_values(group: &Group) -> Map<String, Value> {
    let mut values = Map::from_iter([
        ("name".to_owned(), group.name.as_str().into()),
        ("type".to_owned(), group.group_type.number().into()),
    ]);
    if group.rule_id.number() != 0 {
        values.insert("rule_id".to_owned(), group.rule_id.number().into());
    }
    values
}

/// Who a group is in the journal, beside users, whose subjects are their ids.
pub(super) fn group_subject(id: GroupId) -> String {
    format!("group:{id}")
}
