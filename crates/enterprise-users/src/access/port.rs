use async_trait::async_trait;
use roster_kernel::ports::PortError;

use super::domain::KeyOwner;
use crate::base::{User, UserId};

/// What finding a caller, and a user within reach, needs of a store.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// The owner of the key with this digest.
    async fn key_owner(&self, key_hash: String) -> Result<Option<KeyOwner>, PortError>;

    /// The user with this id, of any enterprise.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;
}
