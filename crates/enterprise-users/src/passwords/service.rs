use roster_kernel::ports::{AccountKey, Attempt, Flow, Lock, Reserved};
use roster_kernel::{Change, Origin, Secret, fold};

use super::{Administrator, EnterpriseUsers, Member};
use crate::REALM;
use crate::domain::{Changes, User, UserId};
use crate::error::Error;
use crate::store::{Login, UpdateError};
use crate::{validate, wire};

/// Whether somebody may sign in with a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verification {
    /// The password is his and he may sign in.
    pub valid: bool,
    /// The password is his, but he is not active. Never told to who does not know the password.
    pub disabled: bool,
    /// There were too many failures: the password was not looked at.
    pub locked: bool,
}

impl EnterpriseUsers {
    /// Gives a member the new password that he chose.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation, two different passwords among them.
    pub async fn change_own_password(&self, by: &Member, body: wire::ChangePassword) -> Result<(), Error> {
        let id = by.user().user_id.to_string();
        let password = validate::change_password(body, &id, &self.config).map_err(Error::Invalid)?;
        let (principal, origin) = (by.principal(), by.origin.clone());
        let change = Change { principal, origin, at_ms: self.ports.clock.now_ms() };
        self.set_password(&change, by.user(), &password).await
    }

    /// Gives a user a new password.
    ///
    /// # Errors
    /// As [`EnterpriseUsers::change_own_password`], and [`Error::NotFound`].
    pub async fn change_password(
        &self,
        by: &Administrator,
        reference: &str,
        body: wire::ChangePassword,
    ) -> Result<(), Error> {
        let password = validate::change_password(body, reference, &self.config).map_err(Error::Invalid)?;
        let user = self.reached(by, reference).await?;
        self.set_password(&self.change(by), &user, &password).await
    }

    async fn set_password(&self, change: &Change, user: &User, password: &Secret) -> Result<(), Error> {
        let password = Some(self.ports.hasher.hash(password, &change.into()).await?);
        let changes = Changes { password, ..Changes::default() };
        match self.ports.store.update(change, user.user_id, changes, self.circle(user)).await {
            Ok(Some(_)) => Ok(()),
            // A password clashes with nothing.
            Ok(None) | Err(UpdateError::Taken(_) | UpdateError::LastAdministrator) => Err(Error::NotFound),
            Err(UpdateError::Port(error)) => Err(error.into()),
        }
    }

    /// Whether `password` is that of `login`, for a service that signs its users in here. `origin`
    /// is where the user signs in from: guessing is slowed by user and by address, but the right
    /// password from an address where it was right before is always heard. An unknown user takes as
    /// long as a wrong password. A hash of older parameters is renewed.
    ///
    /// # Errors
    /// If the house fails.
    pub async fn verify_password(
        &self,
        login: &Login,
        password: &Secret,
        origin: &Origin,
    ) -> Result<Verification, Error> {
        let credential = self.ports.store.credential(login).await?;
        // Unknown users are throttled alike, so that the answers do not tell who exists.
        let found = credential.as_ref().map(|found| found.user_id);
        let (kind, name) = found.map_or_else(|| unknown(login), user);
        let account = Some(AccountKey { kind, name: &name });
        let attempt = Attempt { realm: REALM, account, address: origin.address };
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
            self.ports.store.renew_hash(credential.user_id, &credential.password, new).await?;
        }
        let valid = credential.is_active;
        Ok(Verification { valid, disabled: !valid, locked: false })
    }

    /// Forgets the failed sign-ins of `login`, so that the user can sign in at once at every address.
    /// Whether there were any.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn unlock(&self, by: &Administrator, login: &Login) -> Result<bool, Error> {
        let credential = self.ports.store.credential(login).await?.ok_or(Error::NotFound)?;
        let (kind, name) = user(credential.user_id);
        let lock = Lock::Account(REALM, AccountKey { kind, name: &name });
        Ok(self.ports.throttle.unlock(&self.change(by), lock).await?)
    }
}

/// What the throttle counts a user by.
fn user(id: UserId) -> (&'static str, String) {
    ("user", id.to_string())
}

/// What the throttle counts a login by that is no user's.
fn unknown(login: &Login) -> (&'static str, String) {
    match login {
        Login::Id(id) => ("unknown id", id.to_string()),
        Login::NickName { enterprise_id, nick_name } => {
            ("unknown nick_name", format!("{enterprise_id}/{}", fold(nick_name)))
        }
        Login::Email(email) => ("unknown email", fold(email)),
    }
}
