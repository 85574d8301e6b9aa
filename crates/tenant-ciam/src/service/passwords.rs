use roster_kernel::ports::{Admission, Attempt, PasswordHash};
use roster_kernel::{Origin, Secret, fold};

use super::users::{international, user_id};
use super::{Client, MAX_ROUNDS, TenantCiam, overtaken};
use crate::REALM;
use crate::domain::{TenantId, UserId};
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
            self.judge(wish, &credential, &rules, &mut checked).await?;
            let hash = match &hash {
                Some(hash) => hash,
                None => hash.insert(self.ports.hasher.hash(&wish.password).await?),
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

    /// What is cheap first: the policy, then the old password, then the history.
    async fn judge(
        &self,
        wish: &PasswordWish,
        credential: &Credential,
        rules: &TenantRules,
        checked: &mut Checked,
    ) -> Result<(), Error> {
        let account = account(&credential.user.id);
        // The client's address is the same for all its users, so it says nothing about who guesses.
        let attempt = Attempt { realm: REALM, account: Some(&account), address: None };
        if wish.old.is_some() {
            self.ports.throttle.demand(attempt).await?;
        }
        rules.password_policy.judge(&wish.password, &credential.user.person(), &rules.weak_passwords)?;
        if let Some(old) = &wish.old
            && (checked.own.is_none() || checked.own != credential.password)
        {
            if !self.ports.hasher.verify(old, credential.password.as_ref()).await?.valid {
                let remaining = self.ports.throttle.failed(attempt).await?.unwrap_or(0);
                return Err(Error::WrongPassword { remaining });
            }
            self.ports.throttle.succeeded(attempt).await?;
            checked.own.clone_from(&credential.password);
        }
        for former in &credential.former {
            if checked.others.contains(former) {
                continue;
            }
            if self.ports.hasher.verify(&wish.password, Some(former)).await?.valid {
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
        // Guesses at nobody are counted too, so that nobody learns who there is.
        let nobody = || nobody(tenant, &login);
        let account = credential.as_ref().map_or_else(nobody, |found| account(&found.user.id));
        let attempt = Attempt { realm: REALM, account: Some(&account), address: origin.address };
        if self.ports.throttle.admit(attempt).await? != Admission::Free {
            return Ok(Verification { locked: true, ..Verification::default() });
        }
        let hash = credential.as_ref().and_then(|found| found.password.as_ref());
        let verified = self.ports.hasher.verify(password, hash).await?;
        let Some(Credential { user, password: Some(hash), .. }) = credential.filter(|_| verified.valid)
        else {
            self.ports.throttle.failed(attempt).await?;
            return Ok(Verification::default());
        };
        self.ports.throttle.succeeded(attempt).await?;
        if verified.outdated {
            let new = self.ports.hasher.hash(password).await?;
            self.ports.store.renew_hash(&user.id, &hash, new).await?;
        }
        if user.disabled {
            return Ok(Verification { disabled: true, ..Verification::default() });
        }
        self.ports.store.signed_in(&user.id, self.ports.clock.now_ms()).await?;
        Ok(Verification { valid: true, must_modify: user.must_modify_password, ..Verification::default() })
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

/// The throttle's name of a user, apart from those of clients.
fn account(id: &UserId) -> String {
    format!("user {id}")
}

/// The throttle's name of a login that is no user's; no user's looks like it.
fn nobody(tenant: &TenantId, login: &Login) -> String {
    match login {
        Login::Id(id) => format!("nobody {tenant} id {id}"),
        Login::UserName(name) => format!("nobody {tenant} name {}", fold(name)),
        Login::Mobile(mobile) => format!("nobody {tenant} mobile {mobile}"),
        Login::Email(email) => format!("nobody {tenant} email {}", fold(email)),
    }
}
