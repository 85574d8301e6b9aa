use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::PortError;

use super::{NewSession, SessionOwner, TokenPair};
use crate::domain::{Listed, ObjectId, PageRequest, Token};

/// Sessions that are looked at, ended from outside, opened under a condition, or go on.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// A page of the sessions that are not over at `now_ms`, the newest (the highest id) first, as
    /// they were at one moment.
    async fn sessions(&self, page: PageRequest, now_ms: i64) -> Result<Listed<SessionOwner>, PortError>;

    /// The session of this id, over or not.
    async fn session(&self, id: &ObjectId) -> Result<Option<SessionOwner>, PortError>;

    /// Ends the session of this id with all its tokens; whether it was there and not over.
    async fn end_session(&self, change: &Change, id: &ObjectId) -> Result<bool, PortError>;

    /// As [`super::Store::open_session`], for a user who may be signed in once at a time: there must
    /// be no access token of the user's that is good. Of two sign-ins at once exactly one succeeds.
    async fn open_only_session(
        &self,
        session: NewSession,
        password_version: i32,
    ) -> Result<OnlySession, PortError>;

    /// Adds `tokens` to the session of the access token `presented`, which lives on, unless that has been
    /// ended before or the user is pending.
    async fn add_tokens(&self, presented: &ObjectId, tokens: TokenPair) -> Result<bool, PortError>;

    /// Ends the refresh token `presented` and adds `tokens` to its session, unless the token or its session
    /// is gone, the token was used, or the user is pending. Of two at once that present the same exactly one
    /// opens its pair, and the other is told that pair.
    async fn exchange_token(&self, presented: &Token, tokens: TokenPair) -> Result<Exchanged, PortError>;
}

/// What came of [`SessionStore::open_only_session`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnlySession {
    /// It is open.
    Opened,
    /// The user is signed in already.
    SignedIn,
    /// The user is gone or pending, or has another password.
    Refused,
}

/// What came of [`SessionStore::exchange_token`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchanged {
    /// The new tokens are good.
    Opened,
    /// The token was used less than [`crate::REPEAT_MS`] ago, for this pair, whose refresh token was not.
    Repeated(TokenPair),
    /// The token was used, longer ago or for a pair that was refreshed in turn.
    Reused,
    /// The token, its session or its domain is gone, or the user is gone or pending.
    Gone,
}
