use roster_kernel::ports::{AccountKey, Attempt, Flow, Lock};
use roster_kernel::{Change, Secret};

use super::{Caller, IotRoles, SystemAdministrator, USER};
use crate::REALM;
use crate::domain::{Listed, ObjectId, PageRequest, Role, Status, User, Username};
use crate::error::{AccountRefusal, BearerRefusal, Error};
use crate::store::{AreasError, StandingError};
use crate::validate::{self, AreasDraft, PasswordDraft, StatusDraft};

impl Caller {
    /// The same, unless he is a device.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a device.
    pub fn person(self) -> Result<Self, Error> {
        match self.owner.role {
            Role::System | Role::Area => Ok(self),
            Role::Device => Err(Error::Forbidden),
        }
    }

    fn user_id(&self) -> &ObjectId {
        &self.owner.token.user_id
    }

    fn principal(&self) -> String {
        principal(self.user_id())
    }
}

impl SystemAdministrator {
    fn is(&self, user: &ObjectId) -> bool {
        self.principal == principal(user)
    }
}

/// What the journal calls a user who acts.
pub(super) fn principal(user: &ObjectId) -> String {
    format!("user:{user}")
}

impl IotRoles {
    /// A page of all users, newest first (I8).
    ///
    /// # Errors
    /// If the store fails.
    pub async fn users(&self, _by: &SystemAdministrator, page: PageRequest) -> Result<Listed<User>, Error> {
        Ok(self.ports.store.users(page).await?)
    }

    /// The caller himself, whatever his role (I3, I8).
    ///
    /// # Errors
    /// [`Error::Bearer`] if he has been deleted since.
    pub async fn me(&self, by: &Caller) -> Result<User, Error> {
        let user = self.ports.store.user(by.user_id()).await?.map(User::seen_by_itself);
        user.ok_or_else(|| BearerRefusal::NoUser(by.owner.username.to_string()).into())
    }

    /// The user of this name (I6, I8).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn named(&self, _by: &SystemAdministrator, username: String) -> Result<User, Error> {
        let unknown = || Error::NotFound(format!("user name:{username}"));
        // What is no username is nobody's; some of it no database could even take.
        let name = Username::parse(username.clone()).map_err(|_| unknown())?;
        self.ports.store.by_username(&name).await?.ok_or_else(unknown)
    }

    /// Puts other areas in the place of a user's (I8).
    ///
    /// # Errors
    /// In this order: [`Error::Invalid`]; [`Error::NotFound`] for the user;
    /// [`AccountRefusal::NoAreaRole`]; [`Error::NotFound`] for an area; [`Error::Overlap`].
    pub async fn change_areas(&self, by: &SystemAdministrator, draft: AreasDraft) -> Result<User, Error> {
        let (user, areas) = validate::change_areas(draft)?;
        let id = user_id(&user)?;
        let set = self.ports.store.set_areas(&self.change(by), &id, areas).await;
        let found = set.map_err(|error| match error {
            AreasError::NoAreaRole => AccountRefusal::NoAreaRole.into(),
            AreasError::UnknownArea(id) => Error::NotFound(format!("location id:{id}")),
            AreasError::Overlap(one, other) => Error::Overlap(one, other),
            AreasError::Port(error) => error.into(),
        })?;
        self.after(found, &id).await
    }

    /// Gives the caller another password and ends all his sessions, the one that he calls with
    /// among them (I5). A wrong original password counts as a failed sign-in.
    ///
    /// # Errors
    /// [`Error::Invalid`]; 429; [`AccountRefusal::OriginalPassword`], also for who comes second of
    /// two at once.
    pub async fn change_own_password(&self, by: &Caller, draft: PasswordDraft) -> Result<User, Error> {
        let PasswordDraft { original, password } = validate::change_password(draft, &self.config)?;
        let account = Some(AccountKey { kind: USER, name: by.user_id().as_str() });
        let attempt = Attempt { realm: REALM, account, address: by.origin.address };
        let (flow, reservation) = (Flow::from(&attempt), self.ports.throttle.demand(attempt).await?);
        let credential = self.ports.store.credential(by.owner.username.as_str()).await?;
        let hash = credential.as_ref().map(|credential| &credential.password);
        let verified = self.ports.hasher.verify(&original, hash, &flow).await;
        let (reservation, verified) = reservation.checked(verified).await?;
        let Some(credential) = credential.filter(|_| verified.valid) else {
            reservation.failed().await?;
            return Err(AccountRefusal::OriginalPassword.into());
        };
        reservation.succeeded().await?;
        let hash = self.ports.hasher.hash(&password, &flow).await?;
        let (principal, origin) = (by.principal(), by.origin.clone());
        let change = Change { principal, origin, at_ms: self.ports.clock.now_ms() };
        let version = Some(credential.password_version);
        if self.ports.store.set_password(&change, by.user_id(), version, hash).await? {
            self.me(by).await
        } else {
            Err(AccountRefusal::OriginalPassword.into())
        }
    }

    /// Forgets a user's failed sign-ins, so that they can sign in at once at every address (ours).
    /// Whether there were any.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn unlock(&self, by: &SystemAdministrator, username: &str) -> Result<bool, Error> {
        let credential = self.ports.store.credential(username).await?;
        let user = credential.ok_or_else(|| Error::NotFound(format!("user:{username}")))?.user_id;
        let lock = Lock::Account(REALM, AccountKey { kind: USER, name: user.as_str() });
        Ok(self.ports.throttle.unlock(&self.change(by), lock).await?)
    }

    /// Gives a user another password and ends all his sessions (I5, I8; ours).
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::NotFound`].
    pub async fn reset_password(
        &self,
        by: &SystemAdministrator,
        user: &str,
        password: Secret,
    ) -> Result<User, Error> {
        let password = validate::new_password(password, &self.config)?;
        let id = user_id(user)?;
        // Skip hashing for unknown users.
        if self.ports.store.user(&id).await?.is_none() {
            return Err(unknown(&id));
        }
        let change = self.change(by);
        let hash = self.ports.hasher.hash(&password, &(&change).into()).await?;
        let found = self.ports.store.set_password(&change, &id, None, hash).await?;
        self.after(found, &id).await
    }

    /// Lets a user sign in, or suspends him and ends all his sessions (I5; ours).
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::NotFound`]; [`AccountRefusal::SuspendSelf`];
    /// [`AccountRefusal::SuspendLastSystem`].
    pub async fn change_status(&self, by: &SystemAdministrator, draft: StatusDraft) -> Result<User, Error> {
        let (user, status) = validate::change_status(draft)?;
        let id = user_id(&user)?;
        if status == Status::Pending && by.is(&id) {
            return Err(AccountRefusal::SuspendSelf.into());
        }
        let set = self.ports.store.set_status(&self.change(by), &id, status).await;
        let found = set.map_err(|error| standing(error, AccountRefusal::SuspendLastSystem))?;
        self.after(found, &id).await
    }

    /// Deletes a user, his areas and his sessions (I5, I8).
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`AccountRefusal::DeleteSelf`]; [`AccountRefusal::DeleteLastSystem`].
    pub async fn delete(&self, by: &SystemAdministrator, user: &str) -> Result<(), Error> {
        let id = user_id(user)?;
        if by.is(&id) {
            return Err(AccountRefusal::DeleteSelf.into());
        }
        let deleted = self.ports.store.delete_user(&self.change(by), &id).await;
        match deleted.map_err(|error| standing(error, AccountRefusal::DeleteLastSystem))? {
            true => Ok(()),
            false => Err(unknown(&id)),
        }
    }

    /// The user as he is after a change that `found` him.
    async fn after(&self, found: bool, id: &ObjectId) -> Result<User, Error> {
        let user = if found { self.ports.store.user(id).await? } else { None };
        user.ok_or_else(|| unknown(id))
    }
}

/// What is no id is nobody's (I6).
fn user_id(text: &str) -> Result<ObjectId, Error> {
    ObjectId::parse(text).ok_or_else(|| Error::NotFound(format!("user id:{text}")))
}

fn unknown(id: &ObjectId) -> Error {
    Error::NotFound(format!("user id:{id}"))
}

fn standing(error: StandingError, last: AccountRefusal) -> Error {
    match error {
        StandingError::LastSystem => last.into(),
        StandingError::Port(error) => error.into(),
    }
}
