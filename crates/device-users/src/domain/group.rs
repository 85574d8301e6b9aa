use roster_kernel::Rule;

use super::{GroupId, Name, UserType};

/// The rule of a group, 1 to 2147483647; 0 if there is none. Rules themselves are the terminals'
/// own: to Roster it is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleId(i32);

impl RuleId {
    /// Parses a number.
    pub fn parse(number: i64) -> Result<Self, Rule> {
        i32::try_from(number).ok().filter(|number| *number >= 0).map(Self).ok_or(Rule::Range {
            min: 0,
            max: i32::MAX.into(),
            got: number,
        })
    }

    /// The number, 0 if there is none.
    pub fn number(self) -> i32 {
        self.0
    }
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The caller's own id of it.
    pub group_id: GroupId,
    /// Its name, unique among groups.
    pub name: Name,
    /// Of employees, or of visitors. Users of either may be in it.
    pub group_type: UserType,
    /// Its rule.
    pub rule_id: RuleId,
}

impl Group {
    /// A group of employees without a rule.
    pub fn new(group_id: GroupId, name: Name) -> Self {
        Self { group_id, name, group_type: UserType::default(), rule_id: RuleId::default() }
    }
}

/// A change of a group: what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEdit {
    /// Its name.
    pub name: Name,
    /// Of employees, or of visitors.
    pub group_type: Option<UserType>,
    /// Its rule.
    pub rule_id: Option<RuleId>,
}

impl GroupEdit {
    /// What becomes of `group`.
    pub fn onto(self, group: &Group) -> Group {
        Group {
            group_id: group.group_id,
            name: self.name,
            group_type: self.group_type.unwrap_or(group.group_type),
            rule_id: self.rule_id.unwrap_or(group.rule_id),
        }
    }
}

/// What becomes of the users that are named to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// They are in it; who is already, stays.
    Join,
    /// They are not in it; who is not, stays out.
    Leave,
}
