use roster_kernel::ports::{AccountKey, Attempt, Flow, Lock, PasswordHash, Reserved};
use roster_kernel::{Origin, Secret, fold};

use super::users::{international, user_id};
use super::{Administrator, Client, MAX_ROUNDS, TenantCiam, overtaken};
use crate::REALM;
use crate::center_error::{CenterError, Missing};
use crate::domain::TenantId;
use crate::error::Error;
use crate::password::PasswordFault;
use crate::rules::TenantRules;
use crate::store::{Credential, NewPassword, PasswordChange};
use crate::user::UserKey;
use crate::validate::PasswordWish;
use crate::{validate, wire};

/// As whom somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// By his id.
    Id(String),
    /// By his user name, without regard to case.
    UserName(String),
    /// By his mobile number; one without an area code is of the tenant's default.
    Mobile(String),
    /// By his e-mail address, without regard to case.
    Email(String),
}

/// Whether somebody may sign in with a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verification {
    /// The password is his and he may sign in.
    pub valid: bool,
    /// He may, and is to change his password before anything else.
    pub must_modify: bool,
    /// The password is his, but he is disabled. Never told to who does not know the password.
    pub disabled: bool,
    /// There were too many failures: the password was not looked at.
    pub locked: bool,
}

impl TenantCiam {
    /// Gives a user another password (C6, C11).
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::Empty`], [`Error::NotFound`]; then [`Error::Password`], the
    /// first check that fails, the history last.
    pub async fn change_password(
        &self,
        by: &Client,
        id: &str,
        body: wire::ChangePassword,
    ) -> Result<wire::ChangedUser, Error> {
        self.set_password(by, id, &validate::change_password(body)?).await
    }

    /// The same for one who knows his password of before. Then the new one need not be changed at the
    /// next login.
    ///
    /// # Errors
    /// As [`Self::change_password`]; [`Error::WrongPassword`] behind the policy and before the
    /// history; 429 after ten of them in a row, for a second and then ever longer.
    pub async fn change_password_verified(
        &self,
        by: &Client,
        id: &str,
        body: wire::ChangePasswordVerified,
    ) -> Result<wire::ChangedUser, Error> {
        self.set_password(by, id, &validate::change_password_verified(body)?).await
    }

    async fn set_password(
        &self,
        by: &Client,
        id: &str,
        wish: &PasswordWish,
    ) -> Result<wire::ChangedUser, Error> {
        let key = UserKey::Id(user_id(id)?);
        let (mut checked, mut hash) = (Checked::default(), None);
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            let rules = self.rules(by).await?;
            let depth = rules.password_policy.settings().history_depth;
            let credential = self.ports.store.credential(&by.tenant, &key, depth).await?;
            let credential = credential.ok_or(Error::NotFound)?;
            self.judge(by, wish, &credential, &rules, &mut checked).await?;
            let hash = match &hash {
                Some(hash) => hash,
                None => hash.insert(self.ports.hasher.hash(&wish.password, &by.flow()).await?),
            };
            let password = NewPassword {
                hash: PasswordHash::clone(hash),
                must_modify: wish.must_modify,
                revision: credential.user.revision,
                rules_version: rules.version,
                remembered: depth,
            };
            let change = self.change(by, self.ports.clock.now_ms());
            let id = &credential.user.id;
            match self.ports.store.set_password(&change, &by.tenant, id, password).await? {
                PasswordChange::Set => return Ok(wire::ChangedUser { user_id: id.as_str().to_owned() }),
                PasswordChange::NoUser => return Err(Error::NotFound),
                PasswordChange::Stale => {}
            }
        }
        Err(overtaken())
    }

    /// The fast checks first: the policy, then the old password, then the history.
    async fn judge(
        &self,
        by: &Client,
        wish: &PasswordWish,
        credential: &Credential,
        rules: &TenantRules,
        checked: &mut Checked,
    ) -> Result<(), Error> {
        let policy = || {
            let person = credential.user.person();
            rules.password_policy.judge(&wish.password, &person, &rules.weak_passwords)
        };
        match &wish.old {
            Some(old) if checked.own.is_none() || checked.own != credential.password => {
                let id = credential.user.id.to_string();
                let account = Some(AccountKey { kind: USER, name: &id });
                // The client's address is the same for all its users, so it tells nothing about who guesses.
                let attempt = Attempt { realm: REALM, account, address: None };
                let reservation = self.ports.throttle.demand(attempt).await?;
                if let Err(fault) = policy() {
                    reservation.released().await?;
                    return Err(fault.into());
                }
                let flow = Flow::from(&attempt);
                let verified = self.ports.hasher.verify(old, credential.password.as_ref(), &flow).await;
                let (reservation, verified) = reservation.checked(verified).await?;
                if !verified.valid {
                    let remaining = reservation.failed().await?.unwrap_or(0);
                    return Err(Error::WrongPassword { remaining });
                }
                reservation.succeeded().await?;
                checked.own.clone_from(&credential.password);
            }
            _ => policy()?,
        }
        for former in &credential.former {
            if checked.others.contains(former) {
                continue;
            }
            if self.ports.hasher.verify(&wish.password, Some(former), &by.flow()).await?.valid {
                return Err(PasswordFault::UsedBefore.into());
            }
            checked.others.push(former.clone());
        }
        Ok(())
    }

    /// Whether `password` is that of `login`, for a service that signs its users in here. `origin`
    /// is where the user signs in from: guessing is slowed by user and by address, but the right
    /// password from an address where it was right before is always heard. An unknown user takes as
    /// long as a wrong password. A hash of older parameters is renewed, and a sign-in is counted.
    ///
    /// # Errors
    /// [`Error::NotFound`] for no such tenant.
    pub async fn verify_password(
        &self,
        tenant: &TenantId,
        login: &Login,
        password: &Secret,
        origin: &Origin,
    ) -> Result<Verification, Error> {
        let rules = self.ports.store.rules(tenant).await?.ok_or(Error::NotFound)?;
        let login = login.written_as_stored(&rules);
        let key = login.key();
        let credential = match &key {
            Some(key) => self.ports.store.credential(tenant, key, 0).await?,
            None => None,
        };
        // Unknown users are throttled alike, so that the answers do not tell who exists.
        let unknown = || unknown(tenant, &login);
        let known = |found: &Credential| (USER, found.user.id.to_string());
        let (kind, name) = credential.as_ref().map_or_else(unknown, known);
        let account = Some(AccountKey { kind, name: &name });
        let attempt = Attempt { realm: REALM, account, address: origin.address };
        let flow = Flow::from(&attempt);
        let Reserved::Granted(reservation) = self.ports.throttle.reserve(attempt).await? else {
            return Ok(Verification { locked: true, ..Verification::default() });
        };
        let hash = credential.as_ref().and_then(|found| found.password.as_ref());
        let verified = self.ports.hasher.verify(password, hash, &flow).await;
        let (reservation, verified) = reservation.checked(verified).await?;
        let Some(Credential { user, password: Some(hash), .. }) = credential.filter(|_| verified.valid)
        else {
            reservation.failed().await?;
            return Ok(Verification::default());
        };
        reservation.succeeded().await?;
        if verified.outdated {
            let new = self.ports.hasher.hash(password, &flow).await?;
            self.ports.store.renew_hash(&user.id, &hash, new).await?;
        }
        if user.disabled {
            return Ok(Verification { disabled: true, ..Verification::default() });
        }
        self.ports.store.signed_in(&user.id, self.ports.clock.now_ms()).await?;
        Ok(Verification { valid: true, must_modify: user.must_modify_password, ..Verification::default() })
    }
}

impl TenantCiam {
    /// Forgets the failed sign-ins of `login`, so that the user can sign in at once at every address.
    /// Whether there were any.
    ///
    /// # Errors
    /// [`Missing::Tenant`], [`Missing::User`].
    pub async fn unlock(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        login: &Login,
    ) -> Result<bool, CenterError> {
        let rules = self.ports.store.rules(tenant).await?.ok_or(Missing::Tenant)?;
        let key = login.written_as_stored(&rules).key().ok_or(Missing::User)?;
        let found = self.ports.store.credential(tenant, &key, 0).await?.ok_or(Missing::User)?;
        let id = found.user.id.to_string();
        let lock = Lock::Account(REALM, AccountKey { kind: USER, name: &id });
        Ok(self.ports.throttle.unlock(&self.changed_by(by), lock).await?)
    }
}

/// What one request has found out already, so that another round spares the slow hashing.
#[derive(Default)]
struct Checked {
    /// The hash whose password the old one is.
    own: Option<PasswordHash>,
    /// Hashes whose password the new one is not.
    others: Vec<PasswordHash>,
}

impl Login {
    /// The same with a mobile number in its international form, however it was written.
    fn written_as_stored(&self, rules: &TenantRules) -> Self {
        match self.clone() {
            Self::Mobile(text) => Self::Mobile(international(rules, text)),
            other => other,
        }
    }

    /// By what the user is looked for; `None` for what is no id, which is nobody's.
    fn key(&self) -> Option<UserKey> {
        Some(match self.clone() {
            Self::Id(id) => UserKey::Id(user_id(&id).ok()?),
            Self::UserName(name) => UserKey::UserName(name),
            Self::Mobile(mobile) => UserKey::Mobile(mobile),
            Self::Email(email) => UserKey::Email(email),
        })
    }
}

/// What the throttle counts a user by, with its id.
const USER: &str = "user";

/// What the throttle counts a login by that is no user's.
fn unknown(tenant: &TenantId, login: &Login) -> (&'static str, String) {
    let (kind, name) = match login {
        Login::Id(id) => ("unknown id", id.clone()),
        Login::UserName(name) => ("unknown user_name", fold(name)),
        Login::Mobile(mobile) => ("unknown mobile", mobile.clone()),
        Login::Email(email) => ("unknown email", fold(email)),
    };
    (kind, format!("{tenant} {name}"))
}
