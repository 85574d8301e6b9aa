use roster_kernel::Rule;

use crate::base::{NickName, UserId};

/// What an access key is for: in the form of a nick name, since it stands in a path. Unique to its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// Parses a note.
    ///
    /// # Errors
    /// As [`NickName::parse`].
    pub fn parse(text: String) -> Result<Self, Rule> {
        NickName::parse(text).map(|name| Self(name.as_str().to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of a stored row; it was parsed when it was written.
    #[cfg(feature = "diesel")]
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

/// An access key as stored: never the key, only its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The owner.
    pub user_id: UserId,
    /// What the key is for; unique to its user.
    pub note: String,
    /// SHA-256 of the key.
    pub key_hash: String,
    /// When it ends, in milliseconds since the epoch.
    pub expires_ms: Option<i64>,
}

/// An access key as it is listed: without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// What the key is for.
    pub note: Note,
    /// When it was created, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it ends, in milliseconds since the epoch.
    pub expires_ms: Option<i64>,
}
