//! A session is one login: the tokens that it gave, and all that come of them (I5).

use roster_kernel::Secret;

use super::ObjectId;

/// How long an access token is good, in milliseconds.
pub(crate) const ACCESS_MS: i64 = 3_600_000;

/// How long a refresh token is good, in milliseconds.
pub(crate) const REFRESH_MS: i64 = 24 * ACCESS_MS;

/// For how long a refresh token that was used is answered with the same pair again, in milliseconds.
pub const REPEAT_MS: i64 = 10_000;

/// The longest name of a device that is kept, in characters.
pub(crate) const DEVICE_MAX: usize = 256;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// For requests, an hour.
    Access,
    /// For one new pair, a day.
    Refresh,
}

impl TokenKind {
    /// The word for it in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Access, Self::Refresh].into_iter().find(|kind| kind.name() == name)
    }
}

/// A login and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, which its tokens hold as `sid`.
    pub id: ObjectId,
    /// The user who signed in.
    pub user_id: ObjectId,
    /// The name of the domain that was chosen last, if any.
    pub domain: Option<String>,
    /// The address from which the user signed in.
    pub address: Option<String>,
    /// What the client called itself (`User-Agent`), at most 256 characters.
    pub device: Option<String>,
    /// When it began, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When its newest access token expires.
    pub access_expires_ms: i64,
    /// When its newest refresh token expires.
    pub refresh_expires_ms: i64,
    /// When it ends, however often it is refreshed.
    pub last_ms: i64,
}

impl Session {
    /// When nothing of it is good any more, unless it is refreshed before.
    pub fn expires_ms(&self) -> i64 {
        self.access_expires_ms.max(self.refresh_expires_ms)
    }
}

/// The row that makes one token good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id, which the token holds as `tid`.
    pub id: ObjectId,
    /// The session that it belongs to.
    pub session_id: ObjectId,
    /// The user who signed in.
    pub user_id: ObjectId,
    /// What it is for.
    pub kind: TokenKind,
    /// The name of the domain that was chosen, if any.
    pub domain: Option<String>,
    /// When it was issued, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it expires.
    pub expires_ms: i64,
}

/// A pair of tokens. Each is a JSON web token (HS512) with the claims `sub` (the username),
/// `scopes` (the domain, if one was chosen), `iss`, `iat`, `exp`, `sid` (the id of its session) and `tid`
/// (its own id, without whose row it is worth nothing). A refresh token has its id as `jti` too; that it
/// has a `jti` is how it is told from an access token.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// For requests, an hour.
    pub access: Secret,
    /// For one new pair, a day.
    pub refresh: Secret,
}
