use async_trait::async_trait;
use roster_kernel::AuditContext;
use roster_kernel::ports::{PasswordHash, PortError};

use super::domain::{NewUser, Selection, UserPage, UserUpdate};
use crate::access::AdminScope;
use crate::base::{UniqueField, User, UserId};

/// What users need of a store. One method is one transaction; not found is `Ok(None)`. `contract` tests any
/// implementation.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The first field, in the order nick name, e-mail, phone, that another user has already. Read before a
    /// password is hashed; [`UserStore::insert`] decides.
    async fn taken(&self, user: NewUser) -> Result<Option<UniqueField>, PortError>;

    /// Inserts the user and records the creation. The id was never given before.
    async fn insert(
        &self,
        context: &AuditContext,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, InsertError>;

    /// The user of this name in this enterprise.
    async fn by_nick_name(&self, enterprise_id: String, nick_name: String)
    -> Result<Option<User>, PortError>;

    /// The page of `selection`, newest first, and how many users there are on all pages.
    async fn list(&self, selection: Selection) -> Result<UserPage, PortError>;

    /// Changes a user, all or nothing. `scope` as for [`UserStore::delete`], where the user becomes inactive.
    async fn update(
        &self,
        context: &AuditContext,
        id: UserId,
        update: UserUpdate,
        scope: AdminScope,
    ) -> Result<Option<User>, UpdateError>;

    /// Deletes a user with their keys and rank, but not the last active administrator of `scope`. Of deletions,
    /// dismissals and updates that race, as many succeed as leave one.
    async fn delete(
        &self,
        context: &AuditContext,
        id: UserId,
        scope: AdminScope,
    ) -> Result<Removal, PortError>;
}

/// Why a user was not inserted.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// Another user has this value.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Another user has this value.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The user would become inactive, and is the last active administrator.
    #[error("the last administrator")]
    LastAdministrator,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The result of a deletion or a dismissal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It was done.
    Done,
    /// There is no such user, or they are no administrator.
    Absent,
    /// Refused: the user is the last active administrator.
    LastAdministrator,
}
