use roster_kernel::{Secret, Violation, digest, hex_token};

use super::{Administrator, EnterpriseUsers};
use crate::domain::{AccessKey, KeyInfo, Note, User, UserId};
use crate::error::Error;
use crate::store::KeyInsertion;
use crate::validate;

/// Random bytes of a key: 40 hex digits, as the original's have.
const KEY_BYTES: usize = 20;

impl EnterpriseUsers {
    /// Gives a user a new access key, answered this once: `lifetime_seconds` long, or without end.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a note or a lifetime that is none, [`Error::NotFound`],
    /// [`Error::NoteTaken`].
    pub async fn issue_key(
        &self,
        by: &Administrator,
        user_id: UserId,
        note: &str,
        lifetime_seconds: Option<i64>,
    ) -> Result<Secret, Error> {
        let note = Note::parse(note.to_owned())
            .map_err(|rule| Error::Invalid(vec![Violation::new("note", rule)]))?;
        let lifetime_ms = validate::lifetime(lifetime_seconds).map_err(Error::Invalid)?;
        let user = self.reached(by, &user_id.to_string()).await?;
        let change = self.change(by);
        let secret = Secret::new(hex_token(self.ports.random.as_ref(), KEY_BYTES));
        let key = AccessKey {
            user_id: user.user_id,
            note: note.as_str().to_owned(),
            key_hash: digest(secret.expose()),
            expires_ms: lifetime_ms.map(|ms| change.at_ms.saturating_add(ms)),
        };
        match self.ports.store.insert_key(&change, key).await? {
            KeyInsertion::Stored => Ok(secret),
            KeyInsertion::NoteTaken => Err(Error::NoteTaken),
            KeyInsertion::NoUser => Err(Error::NotFound),
        }
    }

    /// The keys of a user, oldest first, without the keys themselves.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn keys(&self, by: &Administrator, user_id: UserId) -> Result<Vec<KeyInfo>, Error> {
        let user = self.reached(by, &user_id.to_string()).await?;
        self.ports.store.keys(user.user_id).await?.ok_or(Error::NotFound)
    }

    /// Ends a user's key of this note at once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the user, [`Error::NoSuchKey`].
    pub async fn revoke_key(&self, by: &Administrator, user_id: UserId, note: &str) -> Result<(), Error> {
        let user = self.reached(by, &user_id.to_string()).await?;
        // What is no note is no key's; some of it no database could even take.
        if Note::parse(note.to_owned()).is_err() {
            return Err(Error::NoSuchKey);
        }
        match self.ports.store.delete_key(&self.change(by), user.user_id, note).await? {
            true => Ok(()),
            false => Err(Error::NoSuchKey),
        }
    }

    /// Gives `user` the access key `key`, without an end; one with the same note is replaced.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn grant_key(
        &self,
        by: &Administrator,
        user: &User,
        note: &str,
        key: &Secret,
    ) -> Result<(), Error> {
        let key = AccessKey {
            user_id: user.user_id,
            note: note.to_owned(),
            key_hash: digest(key.expose()),
            expires_ms: None,
        };
        Ok(self.ports.store.put_key(&self.change(by), key).await?)
    }
}
