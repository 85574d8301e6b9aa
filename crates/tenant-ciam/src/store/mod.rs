//! The port to storage; its law is in `contract`.
//!
//! One method is one transaction. What is not there is `Ok(None)` or `Ok(false)`; infrastructure
//! that fails is a [`PortError`]. Every write carries a [`Change`] and leaves one journal entry in
//! the same transaction (dialect `tenant-ciam`, realm = tenant).

mod attributes;
mod changes;
mod import;
mod passwords;
mod tenants;
mod users;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, PortError};

#[cfg(feature = "diesel")]
use crate::definition::ExtensionValue;
use crate::definition::{AttributeDefinition, UniqueValue};
use crate::domain::{Attribute, TenantId, UserId};
#[cfg(feature = "diesel")]
use crate::domain::{Builtin, ExtensionKey};
use crate::mobile::AreaCodes;
use crate::password::PasswordPolicy;
use crate::rules::TenantRules;
#[cfg(feature = "diesel")]
use crate::user::User;
use crate::validate::Profile;

pub use attributes::{Attributes, Revised, WeakEdit};
pub use changes::{UpdateError, UserChanges};
pub use import::{ImportError, ImportStore, Presence};
pub use passwords::{Credential, NewPassword, PasswordChange, PasswordStore};
pub use tenants::{Tenant, TenantChange, TenantError, Tenants};
pub use users::{Listed, UserStore};

/// A tenant to be made.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// What it begins with; the store numbers the version itself.
    pub rules: TenantRules,
}

/// A user to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Whose.
    pub tenant: TenantId,
    /// The id.
    pub id: UserId,
    /// The user name, given or generated.
    pub user_name: String,
    /// What else is known; `profile.user_name` is `None` for a generated name.
    pub profile: Profile,
    /// The hash of the password, if there is one; it is the first of the user's history.
    pub password: Option<PasswordHash>,
    /// The values that nobody else in the tenant may have, in the order in which clashes are
    /// reported.
    pub unique: Vec<UniqueValue>,
    /// Whether he is kept from signing in from the beginning.
    pub disabled: bool,
}

impl NewUser {
    /// Whether `user` is as this one is to be made. Not his id, his password or what belongs to it; and
    /// a user name that would be generated is as good as any.
    #[cfg(feature = "diesel")]
    pub(crate) fn is(&self, user: &User) -> bool {
        let same = |builtin| {
            let own = self.profile.text(builtin);
            (builtin == Builtin::UserName && own.is_none()) || own.as_deref() == user.text(builtin)
        };
        let sorted = |mut extension: Vec<(ExtensionKey, ExtensionValue)>| {
            extension.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
            extension
        };
        Builtin::ALL.into_iter().filter(|builtin| *builtin != Builtin::Password).all(same)
            && self.profile.picture == user.picture
            && self.disabled == user.disabled
            && sorted(self.profile.extension.clone()) == sorted(user.extension.clone())
    }
}

/// Why a user was not inserted.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// Another user of the tenant has this attribute's value; of several, the first of
    /// [`NewUser::unique`].
    #[error("the value of {0} is taken")]
    Taken(Attribute),
    /// The tenant's rules are not those by which the user was judged (or the tenant is gone).
    #[error("the tenant's rules have changed")]
    RulesChanged,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a definition was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutAttributeError {
    /// The attribute was to become unique, but users share values of it.
    #[error("users share values of {0}, so it cannot become unique")]
    Shared(Attribute),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Where tenants, their rules and their users are kept.
#[async_trait]
pub trait Store: UserStore + ImportStore + UserChanges + PasswordStore + Tenants + Attributes {
    /// The rules of `tenant`, all of one version.
    async fn rules(&self, tenant: &TenantId) -> Result<Option<Arc<TenantRules>>, PortError>;

    /// Waits for a moment, since others have changed what the first `round` attempts went by. A store that
    /// others share should; by default it does not.
    async fn overtaken(&self, round: u32) {
        let _ = round;
    }

    /// The tenant that `host` (lower case, without port) is bound to.
    async fn tenant_of_host(&self, host: &str) -> Result<Option<TenantId>, PortError>;

    /// The attribute of the first of `values` that a user of `tenant` has.
    async fn taken(&self, tenant: &TenantId, values: &[UniqueValue]) -> Result<Option<Attribute>, PortError>;

    /// Inserts `user`, judged by the rules of `rules_version`.
    async fn insert(&self, change: &Change, rules_version: i64, user: NewUser) -> Result<(), InsertError>;

    /// Makes `tenant`; `false` if one of its id is there already, which then stays as it is.
    async fn insert_tenant(&self, change: &Change, tenant: NewTenant) -> Result<bool, PortError>;

    /// Puts a definition in place of the attribute's former one, or behind all others, whatever
    /// rules it was thought out for and whomever it breaks: for a caller who has no
    /// [`crate::Administrator`] to ask.
    async fn put_attribute(
        &self,
        change: &Change,
        tenant: &TenantId,
        definition: AttributeDefinition,
    ) -> Result<bool, PutAttributeError>;

    /// Replaces the tenant's area codes.
    async fn put_area_codes(
        &self,
        change: &Change,
        tenant: &TenantId,
        area_codes: AreaCodes,
    ) -> Result<bool, PortError>;

    /// Replaces the tenant's password policy.
    async fn put_password_policy(
        &self,
        change: &Change,
        tenant: &TenantId,
        policy: PasswordPolicy,
    ) -> Result<bool, PortError>;

    /// Replaces the tenant's own weak passwords; they come folded ([`roster_kernel::fold`]).
    async fn put_weak_passwords(
        &self,
        change: &Change,
        tenant: &TenantId,
        folded: HashSet<String>,
    ) -> Result<bool, PortError>;

    /// Binds `host` (lower case, without port) to `tenant`, or frees the tenant's host. A host that
    /// was another tenant's is this one's from now on.
    async fn bind_host(
        &self,
        change: &Change,
        tenant: &TenantId,
        host: Option<&str>,
    ) -> Result<bool, PortError>;
}
