use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::PortError;

use super::{SessionOwner, SessionPair};
use crate::domain::{Listed, ObjectId, PageRequest};

/// Sessions that are looked at, ended from outside, or opened under a condition.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// A page of the sessions that are not over at `now_ms`, the newest (the highest id) first, as
    /// they were at one moment.
    async fn sessions(&self, page: PageRequest, now_ms: i64) -> Result<Listed<SessionOwner>, PortError>;

    /// Ends the session of this id; whether it was there and not over.
    async fn end_session(&self, change: &Change, id: &ObjectId) -> Result<bool, PortError>;

    /// As [`super::Store::open_sessions`], for a user who may be signed in once at a time: he must
    /// have no access session that is not over. Of two sign-ins at once exactly one succeeds.
    async fn open_only_sessions(
        &self,
        sessions: SessionPair,
        password_version: i32,
    ) -> Result<OnlySessions, PortError>;

    /// Opens `sessions` beside the access session `presented`, which lives on, unless that has been
    /// ended before or the user is pending.
    async fn open_more_sessions(
        &self,
        presented: &ObjectId,
        sessions: SessionPair,
    ) -> Result<bool, PortError>;
}

/// What came of [`SessionStore::open_only_sessions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnlySessions {
    /// They are open.
    Opened,
    /// He is signed in already.
    SignedIn,
    /// He is gone or pending, or his password is another.
    Refused,
}
