use roster_kernel::ports::{AccountKey, Attempt, Flow, Lock, Reserved};
use roster_kernel::{AuditContext, ClientInfo, Secret, fold};

use super::domain::{Login, Password, Verification};
use crate::access::{Administrator, PlainMember};
use crate::base::UserId;
use crate::config::DIALECT;
use crate::error::Error;
use crate::service::EnterpriseUsers;

impl EnterpriseUsers {
    /// Changes the caller's own password.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user was deleted since the key was checked.
    pub async fn change_own_password(&self, by: &PlainMember, password: Password) -> Result<(), Error> {
        let context = self.audit_of(by.principal(), by.client().clone());
        self.set_password(&context, by.user().user_id, password).await
    }

    /// Changes the password of the user `id`.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn change_password(
        &self,
        by: &Administrator,
        id: &str,
        password: Password,
    ) -> Result<(), Error> {
        let user = self.reached(by, id).await?;
        self.set_password(&self.audit(by), user.user_id, password).await
    }

    async fn set_password(
        &self,
        context: &AuditContext,
        id: UserId,
        password: Password,
    ) -> Result<(), Error> {
        let hash = self.ports.hasher.hash(password.secret(), &context.into()).await?;
        match self.ports.store.set_password(context, id, hash).await? {
            true => Ok(()),
            false => Err(Error::NotFound),
        }
    }

    /// Verifies `password` for `login`, for a service that signs its users in here. `client` is where the
    /// user signs in from: guessing is slowed by user and by address, but the right password from an address
    /// where it was right before is always verified. An unknown user takes as long as a wrong password. A
    /// hash of older parameters is renewed.
    ///
    /// # Errors
    /// If a port fails.
    pub async fn verify_password(
        &self,
        login: &Login,
        password: &Secret,
        client: &ClientInfo,
    ) -> Result<Verification, Error> {
        let credential = self.ports.store.credential(login.clone()).await?;
        // Unknown users are throttled alike, so that the answers do not tell who exists.
        let found = credential.as_ref().map(|found| found.user_id);
        let (kind, name) = found.map_or_else(|| unknown(login), user);
        let account = Some(AccountKey { kind, name: &name });
        let attempt = Attempt { realm: DIALECT, account, address: client.address };
        let flow = Flow::from(&attempt);
        let Reserved::Granted(reservation) = self.ports.throttle.reserve(attempt).await? else {
            return Ok(Verification { locked: true, ..Verification::default() });
        };
        let hash = credential.as_ref().map(|found| &found.password);
        let verified = self.ports.hasher.verify(password, hash, &flow).await;
        let (reservation, verified) = reservation.checked(verified).await?;
        let Some(credential) = credential.filter(|_| verified.valid) else {
            reservation.failed().await?;
            return Ok(Verification::default());
        };
        reservation.succeeded().await?;
        if verified.outdated {
            let new = self.ports.hasher.hash(password, &flow).await?;
            self.ports.store.renew_hash(credential.user_id, credential.password, new).await?;
        }
        let valid = credential.is_active;
        Ok(Verification { valid, disabled: !valid, locked: false })
    }

    /// Removes the failed sign-ins of `login`, so that the user can sign in at once from every address.
    /// Returns whether there were any.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn unlock(&self, by: &Administrator, login: &Login) -> Result<bool, Error> {
        let credential = self.ports.store.credential(login.clone()).await?.ok_or(Error::NotFound)?;
        let (kind, name) = user(credential.user_id);
        let lock = Lock::Account(DIALECT, AccountKey { kind, name: &name });
        Ok(self.ports.throttle.unlock(&self.audit(by), lock).await?)
    }
}

/// The throttle's key of a user.
fn user(id: UserId) -> (&'static str, String) {
    ("user", id.to_string())
}

/// The throttle's key of a login without a user.
fn unknown(login: &Login) -> (&'static str, String) {
    match login {
        Login::Id(id) => ("unknown id", id.to_string()),
        Login::NickName { enterprise_id, nick_name } => {
            ("unknown nick_name", format!("{enterprise_id}/{}", fold(nick_name)))
        }
        Login::Email(email) => ("unknown email", fold(email)),
    }
}
