use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};

use crate::domain::{Listed, ObjectId, PageRequest, Status, User};

/// Users who are there already.
///
/// Whatever ends all sessions of a user changes his row first, so that no sign-in of the same
/// moment leaves a live session behind.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The user of this id.
    async fn user(&self, id: &ObjectId) -> Result<Option<User>, PortError>;

    /// A page of all users, the newest (the highest id) first, as they were at one moment. However
    /// large it is, the number of statements is the same, up to 10 000 areas.
    async fn users(&self, page: PageRequest) -> Result<Listed<User>, PortError>;

    /// Puts these areas in the place of the user's, judged as for a new user; whether he is there.
    async fn set_areas(&self, change: &Change, id: &ObjectId, areas: Vec<String>)
    -> Result<bool, AreasError>;

    /// Gives the user another password and ends all his sessions; whether he is there. With
    /// `version`, he must still have the password of that version.
    async fn set_password(
        &self,
        change: &Change,
        id: &ObjectId,
        version: Option<i32>,
        hash: PasswordHash,
    ) -> Result<bool, PortError>;

    /// Lets the user sign in, or not any more; then all his sessions end. Whether he is there.
    async fn set_status(&self, change: &Change, id: &ObjectId, status: Status)
    -> Result<bool, StandingError>;

    /// Deletes the user, his areas and his sessions; whether he was there.
    async fn delete_user(&self, change: &Change, id: &ObjectId) -> Result<bool, StandingError>;
}

/// Why a user did not get other areas.
#[derive(Debug, thiserror::Error)]
pub enum AreasError {
    /// He is not of role AREA.
    #[error("the user's role has no areas")]
    NoAreaRole,
    /// Nothing has this id.
    #[error("no area {0}")]
    UnknownArea(String),
    /// One of these areas contains the other, or they are the same.
    #[error("{0} and {1} overlap")]
    Overlap(String, String),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a user was not suspended or deleted.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// He is the last user of role SYSTEM who may sign in. Of two who do it to each other at once
    /// one remains.
    #[error("the last user of role SYSTEM")]
    LastSystem,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
