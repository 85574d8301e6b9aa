use roster_kernel::Secret;

use super::command::{CreateUser, ListUsers, UpdateUser};
use super::domain::{NewUser, Selection, UserPage, UserUpdate};
use super::port::{InsertError, Removal, UpdateError};
use crate::access::service::not_oneself;
use crate::access::{Administrator, PlainMember};
use crate::base::{Email, NickName, Phone, UniqueField, User};
use crate::error::{Error, Operation};
use crate::service::EnterpriseUsers;

impl EnterpriseUsers {
    /// Creates a user (E2 to E7).
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an enterprise out of the administrator's reach; [`Error::Taken`], in the order
    /// nick name, e-mail, phone.
    pub async fn create(&self, by: &Administrator, command: CreateUser) -> Result<User, Error> {
        let user = NewUser { client_ip: by.client().address, ..command.user };
        if !self.reaches(by, user.enterprise_id.as_str()) {
            return Err(Error::Forbidden);
        }
        self.insert(by, user, command.password.secret()).await
    }

    /// Finds a user by an id of any enterprise, else by a nick name of the administrator's own (E8).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find(&self, by: &Administrator, reference: &str) -> Result<User, Error> {
        match self.reached(by, reference).await {
            Err(Error::NotFound) => {}
            found => return found,
        }
        // A text that can be no nick name is not looked for; some of them no database takes.
        let name = NickName::parse(reference.to_owned()).map_err(|_| Error::NotFound)?;
        let (enterprise, name) = (by.enterprise_id().to_owned(), name.as_str().to_owned());
        self.ports.store.by_nick_name(enterprise, name).await?.ok_or(Error::NotFound)
    }

    /// Finds a user by nick name in an enterprise.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn named(
        &self,
        by: &Administrator,
        enterprise_id: &str,
        nick_name: &str,
    ) -> Result<User, Error> {
        if !self.reaches(by, enterprise_id) {
            return Err(Error::NotFound);
        }
        let found = self.ports.store.by_nick_name(enterprise_id.to_owned(), nick_name.to_owned());
        found.await?.ok_or(Error::NotFound)
    }

    /// Lists the users that the caller may see, newest first (E11): those of their enterprise for a plain
    /// member, all within reach for an administrator.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list(&self, by: &PlainMember, command: ListUsers) -> Result<UserPage, Error> {
        let enterprise_id = match by.administrator() {
            Some(administrator) => self.only_enterprise(&administrator).map(str::to_owned),
            None => Some(by.user().enterprise_id.as_str().to_owned()),
        };
        self.select(enterprise_id, command).await
    }

    /// The same for an administrator.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list_all(&self, by: &Administrator, command: ListUsers) -> Result<UserPage, Error> {
        self.select(self.only_enterprise(by).map(str::to_owned), command).await
    }

    async fn select(&self, enterprise_id: Option<String>, command: ListUsers) -> Result<UserPage, Error> {
        let ListUsers { search, page } = command;
        let selection = Selection { enterprise_id, administrators: false, search, page };
        Ok(self.ports.store.list(selection).await?)
    }

    /// Changes the values of the user `id` that the command names (E14).
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Oneself`] if the callers would disable themselves;
    /// [`Error::LastAdministrator`]; [`Error::Taken`].
    pub async fn update(&self, by: &Administrator, id: &str, command: UpdateUser) -> Result<User, Error> {
        let user = self.reached(by, id).await?;
        if command.is_active == Some(false) {
            not_oneself(by, &user, Operation::Disable)?;
        }
        let context = self.audit(by);
        let password = match command.password {
            Some(password) => Some(self.ports.hasher.hash(password.secret(), &(&context).into()).await?),
            None => None,
        };
        let (email, phone, is_active) = (command.email, command.phone, command.is_active);
        let (new_email, new_phone) = (email.clone().flatten(), phone.clone().flatten());
        let update = UserUpdate { email, phone, is_active, password };
        let scope = self.admin_scope(user.enterprise_id.as_str());
        match self.ports.store.update(&context, user.user_id, update, scope).await {
            Ok(user) => user.ok_or(Error::NotFound),
            Err(UpdateError::LastAdministrator) => Err(Error::LastAdministrator(Operation::Disable)),
            Err(UpdateError::Taken(field)) => {
                Err(taken(field, &user.nick_name, new_email.as_ref(), new_phone.as_ref()))
            }
            Err(UpdateError::Port(error)) => Err(error.into()),
        }
    }

    /// Deletes the user `id`: their keys stop at once and the id is never given again.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Oneself`] if the callers would delete themselves;
    /// [`Error::LastAdministrator`].
    pub async fn delete(&self, by: &Administrator, id: &str) -> Result<(), Error> {
        let user = self.reached(by, id).await?;
        not_oneself(by, &user, Operation::Delete)?;
        let scope = self.admin_scope(user.enterprise_id.as_str());
        match self.ports.store.delete(&self.audit(by), user.user_id, scope).await? {
            Removal::Done => Ok(()),
            Removal::Absent => Err(Error::NotFound),
            Removal::LastAdministrator => Err(Error::LastAdministrator(Operation::Delete)),
        }
    }

    /// Returns the user of this name, created if there is none, as a first start does. The password's length is
    /// not checked.
    ///
    /// # Errors
    /// [`Error::Taken`] for the address or phone.
    pub async fn ensure(&self, by: &Administrator, user: NewUser, password: &Secret) -> Result<User, Error> {
        let (enterprise, name) = (user.enterprise_id.as_str().to_owned(), user.nick_name.as_str().to_owned());
        match self.ports.store.by_nick_name(enterprise, name).await? {
            Some(user) => Ok(user),
            None => self.insert(by, user, password).await,
        }
    }

    async fn insert(&self, by: &Administrator, user: NewUser, password: &Secret) -> Result<User, Error> {
        // Hashing is expensive: skip it for requests that fail anyway.
        if let Some(field) = self.ports.store.taken(user.clone()).await? {
            return Err(taken_by(field, &user));
        }
        let hash = self.ports.hasher.hash(password, &(&self.audit(by)).into()).await?;
        match self.ports.store.insert(&self.audit(by), user.clone(), hash).await {
            Ok(user) => Ok(user),
            Err(InsertError::Taken(field)) => Err(taken_by(field, &user)),
            Err(InsertError::Port(error)) => Err(error.into()),
        }
    }
}

/// The refusal of a new user whose `field` another user has.
pub(crate) fn taken_by(field: UniqueField, user: &NewUser) -> Error {
    taken(field, &user.nick_name, user.email.as_ref(), user.phone.as_ref())
}

fn taken(field: UniqueField, name: &NickName, email: Option<&Email>, phone: Option<&Phone>) -> Error {
    let value = match field {
        UniqueField::NickName => name.as_str(),
        UniqueField::Email => email.map_or("", Email::as_str),
        UniqueField::Phone => phone.map_or("", Phone::as_str),
    };
    Error::Taken { field, value: value.to_owned() }
}
