use async_trait::async_trait;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{Change, Imported};

use crate::domain::{NewUser, ObjectId, User};

use super::InsertError;

/// A user on his way in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The id that he gets if he is new.
    pub id: ObjectId,
    /// Who he is to be.
    pub user: NewUser,
    /// The hash of his password.
    pub password: PasswordHash,
}

/// What an arrival finds.
#[derive(Debug)]
pub enum Presence {
    /// Nothing is in his way.
    Absent,
    /// A user of his name.
    There(User),
    /// None of his name, but he could not be stored as he is.
    Refused(InsertError),
}

/// Many users at once, on their way in and out.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// What each of these users would find. A look before hashes are spent; [`ImportStore::import`]
    /// has the last word.
    async fn presence(&self, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError>;

    /// Stores these users, each on its own, as [`super::Store::insert`] would one after the other: one
    /// who is refused does not hinder the others. What came of each, in their order; all of them in
    /// one transaction. One whose name is there is [`Imported::Unchanged`] if he is just so, else
    /// [`InsertError::UsernameTaken`]; with `skip` he is not looked at.
    async fn import(
        &self,
        change: &Change,
        arrivals: Vec<Arrival>,
        skip: bool,
    ) -> Result<Vec<Result<Imported, InsertError>>, PortError>;

    /// In the order of their ids the users after `after` who are no accounts of devices, `limit` of them at the
    /// most, with the ids of their areas and the hashes of their passwords.
    async fn export(&self, after: Option<ObjectId>, limit: u32) -> Result<Vec<Exported>, PortError>;
}

/// A user on his way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// His id.
    pub id: ObjectId,
    /// What would make him again.
    pub user: NewUser,
    /// The hash of his password.
    pub password: PasswordHash,
}
