use async_trait::async_trait;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{Change, IfExists, Imported};

use super::{Circle, UniqueField};
use crate::domain::{NewUser, User, UserId};

/// A user on his way in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Who he is to be.
    pub user: NewUser,
    /// The hash of his password.
    pub password: PasswordHash,
    /// Where an administrator must remain, should he be there and be made inactive.
    pub circle: Circle,
}

/// What an arrival finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Nothing is in his way.
    Absent,
    /// A user of his name in his enterprise.
    There(User),
    /// None of his name, but somebody who has his address or phone.
    Taken(UniqueField),
}

/// Why an arrival was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Another has it already; with the nick name, he is there and is another.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// He would be inactive, and is the last active administrator.
    #[error("the last administrator")]
    LastAdministrator,
}

/// Many users at once, on their way in and out.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// What each of these users would find. A look before hashes are spent; [`ImportStore::import`]
    /// has the last word.
    async fn presence(&self, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError>;

    /// Stores these users, each on its own: one who is refused does not hinder the others. What came
    /// of each, in their order; all of them in one transaction. One who is there and is replaced gets
    /// the password too.
    async fn import(
        &self,
        change: &Change,
        arrivals: Vec<Arrival>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, ImportError>>, PortError>;

    /// In the order of their ids the users after `after`, `limit` of them at the most, with the
    /// hashes of their passwords.
    async fn export(&self, after: Option<UserId>, limit: u32)
    -> Result<Vec<(User, PasswordHash)>, PortError>;
}
