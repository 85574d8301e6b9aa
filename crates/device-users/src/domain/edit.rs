use roster_kernel::{Rule, Violation};

use super::{Avatar, Feature, GroupId, GuestTime, Name, Number, Profile, Remark};

/// A change of a user: what is `None` stays as it is (D8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// His name.
    pub name: Name,
    /// His picture; `Some(None)` takes it away.
    pub avatar: Option<Option<Avatar>>,
    /// His face's features; `Some(None)` takes them away.
    pub feature: Option<Option<Feature>>,
    /// The number of his card.
    pub ic_number: Option<Number>,
    /// The number of his identity document.
    pub id_number: Option<Number>,
    /// The number of his job.
    pub job_number: Option<Number>,
    /// When his visit begins; 0 opens it.
    pub guest_start_ms: Option<i64>,
    /// When it ends; 0 opens it.
    pub guest_end_ms: Option<i64>,
    /// His groups, without repeats.
    pub groups: Option<Vec<GroupId>>,
    /// Whether his face opens the device's own menu.
    pub is_admin: Option<bool>,
    /// A remark.
    pub remark: Option<Remark>,
}

impl Edit {
    /// A change of the name alone.
    pub fn new(name: Name) -> Self {
        Self {
            name,
            avatar: None,
            feature: None,
            ic_number: None,
            id_number: None,
            job_number: None,
            guest_start_ms: None,
            guest_end_ms: None,
            groups: None,
            is_admin: None,
            remark: None,
        }
    }

    /// What becomes of `profile`. The store asks it of the user as he is at that moment.
    ///
    /// # Errors
    /// If he were left without picture and features, or his visit ended before it began.
    pub fn onto(self, profile: Profile) -> Result<Profile, Vec<Violation>> {
        let mut violations = Vec::new();
        let avatar = self.avatar.unwrap_or(profile.avatar);
        let feature = self.feature.unwrap_or(profile.feature);
        if avatar.is_none() && feature.is_none() {
            violations.push(Violation::new("avatar", Rule::Required));
        }
        let start_ms = self.guest_start_ms.unwrap_or(profile.guest_time.start_ms());
        let end_ms = self.guest_end_ms.unwrap_or(profile.guest_time.end_ms());
        let guest_time = GuestTime::parse(start_ms, end_ms)
            .map_err(|rule| violations.push(Violation::new("guest_time_end", rule)))
            .unwrap_or_default();
        if !violations.is_empty() {
            return Err(violations);
        }
        Ok(Profile {
            name: self.name,
            avatar,
            feature,
            ic_number: self.ic_number.unwrap_or(profile.ic_number),
            id_number: self.id_number.unwrap_or(profile.id_number),
            job_number: self.job_number.unwrap_or(profile.job_number),
            guest_time,
            groups: self.groups.unwrap_or(profile.groups),
            is_admin: self.is_admin.unwrap_or(profile.is_admin),
            remark: self.remark.unwrap_or(profile.remark),
            ..profile
        })
    }
}
