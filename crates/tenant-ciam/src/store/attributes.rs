use async_trait::async_trait;
use roster_kernel::{Change, PortError};

use crate::definition::{Report, Survey};
use crate::domain::{ExtensionKey, TenantId, UserId};

/// What became of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revised {
    /// It holds. The users whom it breaks were accepted.
    Stored(Report),
    /// Refused: users break it.
    Broken(Report),
    /// Refused: the rules are of another version, or the tenant is gone.
    RulesChanged,
}

/// Definitions and the values that they are about.
///
/// Whatever changes the rules names the version that it was thought out for, and is not done at
/// another one: of two changes at once the second is thought out anew.
#[async_trait]
pub trait Attributes: Send + Sync {
    /// What the survey finds; nothing is changed.
    async fn survey(&self, tenant: &TenantId, survey: &Survey) -> Result<Report, PortError>;

    /// Asks the survey and puts its definition in place of the attribute's former one, or behind
    /// all others, in one transaction that no insert of the tenant crosses.
    ///
    /// Refused if values are shared that become unique, or of a type that changes; and if users
    /// break anything else, unless `accept_broken`. What becomes unique is so for the users who are
    /// there, too; what ceases to be is forgotten.
    async fn revise_attribute(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        survey: &Survey,
        accept_broken: bool,
    ) -> Result<Revised, PortError>;

    /// How many users have a value of the extension attribute `key`.
    async fn count_values(&self, tenant: &TenantId, key: &ExtensionKey) -> Result<u64, PortError>;

    /// Removes an extension attribute and all its values, and answers how many there were; `None`
    /// if the rules are of another version, or have no such attribute.
    async fn remove_attribute(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        key: &ExtensionKey,
    ) -> Result<Option<u64>, PortError>;

    /// Puts the extension attributes into this order, which names each of them once; `false` if the
    /// rules are of another version.
    async fn order_attributes(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        order: Vec<ExtensionKey>,
    ) -> Result<bool, PortError>;

    /// Adds weak passwords of the tenant's own and removes others; they come folded
    /// ([`roster_kernel::fold`]). `false` if the rules are of another version.
    async fn edit_weak_passwords(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        edit: WeakEdit,
    ) -> Result<bool, PortError>;

    /// The first `limit` users behind `after`, by id, who have the value `text` (in the form in
    /// which it is kept, [`crate::ExtensionValue::text`]) of the extension attribute `key`.
    async fn users_with(
        &self,
        tenant: &TenantId,
        key: &ExtensionKey,
        text: &str,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, PortError>;
}

/// A change of the weak passwords. What stands in both lists is added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeakEdit {
    /// Whether the former ones go.
    pub clear: bool,
    /// To be removed.
    pub remove: Vec<String>,
    /// To be added.
    pub add: Vec<String>,
}
