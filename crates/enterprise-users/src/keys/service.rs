use roster_kernel::{Secret, digest, hex_token};

use super::command::IssueKey;
use super::domain::{AccessKey, KeyInfo, Note};
use super::port::KeyInsertion;
use crate::access::Administrator;
use crate::base::{User, UserId};
use crate::error::Error;
use crate::service::EnterpriseUsers;

/// Random bytes of a key: 40 hex digits, as the original's have.
const KEY_BYTES: usize = 20;

impl EnterpriseUsers {
    /// Issues an access key to a user and returns it, this once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NoteTaken`].
    pub async fn issue_key(
        &self,
        by: &Administrator,
        user_id: UserId,
        command: IssueKey,
    ) -> Result<Secret, Error> {
        let user = self.reached(by, &user_id.to_string()).await?;
        let context = self.audit(by);
        let secret = Secret::new(hex_token(self.ports.random.as_ref(), KEY_BYTES));
        let key = AccessKey {
            user_id: user.user_id,
            note: command.note.as_str().to_owned(),
            key_hash: digest(secret.expose()),
            expires_ms: command.lifetime_ms.map(|ms| context.at_ms.saturating_add(ms)),
        };
        match self.ports.store.insert_key(&context, key).await? {
            KeyInsertion::Stored => Ok(secret),
            KeyInsertion::NoteTaken => Err(Error::NoteTaken),
            KeyInsertion::NoUser => Err(Error::NotFound),
        }
    }

    /// Lists the keys of a user, oldest first, without the keys themselves.
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
        // A text that can be no note is no key's; some of them no database takes.
        let note = Note::parse(note.to_owned()).map_err(|_| Error::NoSuchKey)?;
        match self.ports.store.delete_key(&self.audit(by), user.user_id, note).await? {
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
        Ok(self.ports.store.put_key(&self.audit(by), key).await?)
    }
}
