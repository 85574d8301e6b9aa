use async_trait::async_trait;
use roster_kernel::ports::PortError;
use roster_kernel::{Change, IfExists, Imported};

use super::InsertError;
use crate::domain::{Profile, User, UserId};

/// Many users at once, on their way in and out.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Stores these users, each on its own, as [`super::Store::insert`] would one after the other:
    /// one who is refused does not hinder the others. What came of each, in their order; all of
    /// them in one transaction.
    async fn import(
        &self,
        change: &Change,
        profiles: Vec<Profile>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, InsertError>>, PortError>;

    /// In the order of their ids the users after `after`, `limit` of them at the most, all without
    /// their pictures.
    async fn export(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, PortError>;
}
