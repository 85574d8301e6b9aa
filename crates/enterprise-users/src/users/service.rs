use roster_kernel::Secret;

use super::{Administrator, EnterpriseUsers, Member};
use crate::domain::{Changes, NewUser, NickName, Selection, User, UserId};
use crate::error::{Deed, Error};
use crate::store::{InsertError, Listed, Removal, UniqueField, UpdateError};
use crate::{validate, wire};

impl EnterpriseUsers {
    /// Makes a user (E2–E7).
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation; [`Error::Taken`], in the order nick name, e-mail,
    /// phone; [`Error::Forbidden`] for an enterprise beyond the administrator's span.
    pub async fn create(&self, by: &Administrator, body: wire::CreateUser) -> Result<User, Error> {
        let creation = validate::create_user(body, &self.config).map_err(Error::Invalid)?;
        let user = NewUser { client_ip: by.origin.address, ..creation.user };
        if !self.reaches(by, user.enterprise_id.as_str()) {
            return Err(Error::Forbidden);
        }
        self.insert(by, user, &creation.password).await
    }

    /// The user whom `reference` names: an id of any enterprise, else a nick name of the
    /// administrator's own (E8).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find(&self, by: &Administrator, reference: &str) -> Result<User, Error> {
        let by_id = match reference.parse::<i32>() {
            Ok(id) => self.ports.store.by_id(UserId(id)).await?,
            Err(_) => None,
        };
        let user = match by_id.filter(|user| self.reaches(by, user.enterprise_id.as_str())) {
            Some(user) => Some(user),
            // What is no nick name is nobody's; some of it no database could even take.
            None if NickName::parse(reference.to_owned()).is_err() => None,
            None => self.ports.store.by_nick_name(&by.enterprise_id, reference).await?,
        };
        user.ok_or(Error::NotFound)
    }

    /// The user of this name in this enterprise.
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
        self.ports.store.by_nick_name(enterprise_id, nick_name).await?.ok_or(Error::NotFound)
    }

    /// A page of the users whom `by` may see, newest first (E11): those of his enterprise for a
    /// plain member, everybody for an administrator, within his span.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list(&self, by: &Member, query: &wire::ListQuery) -> Result<Listed, Error> {
        if let Some(administrator) = by.administrator() {
            return self.list_all(&administrator, query).await;
        }
        let own = by.user().enterprise_id.as_str().to_owned();
        self.select(Some(own), query).await
    }

    /// The same for an administrator.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list_all(&self, by: &Administrator, query: &wire::ListQuery) -> Result<Listed, Error> {
        self.select(self.border(by).map(str::to_owned), query).await
    }

    async fn select(&self, enterprise_id: Option<String>, query: &wire::ListQuery) -> Result<Listed, Error> {
        let (search, page) = (query.search.clone(), query.page);
        let selection = Selection { enterprise_id, administrators: false, search, page };
        Ok(self.ports.store.list(selection).await?)
    }

    /// Changes what the body names of a user (E14).
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation; [`Error::NotFound`]; [`Error::Oneself`] for who
    /// would disable himself; [`Error::LastAdministrator`]; [`Error::Taken`].
    pub async fn update(
        &self,
        by: &Administrator,
        reference: &str,
        body: wire::UpdateUser,
    ) -> Result<User, Error> {
        let update = validate::update_user(body, reference, &self.config).map_err(Error::Invalid)?;
        let user = self.reached(by, reference).await?;
        if update.is_active == Some(false) {
            not_himself(by, &user, Deed::Disable)?;
        }
        let change = self.change(by);
        let password = match &update.password {
            Some(password) => Some(self.ports.hasher.hash(password, &(&change).into()).await?),
            None => None,
        };
        let (email, phone, is_active) = (update.email, update.phone, update.is_active);
        let values = (email.clone().flatten(), phone.clone().flatten());
        let changes = Changes { email, phone, is_active, password };
        let circle = self.circle(&user);
        match self.ports.store.update(&change, user.user_id, changes, circle).await {
            Ok(user) => user.ok_or(Error::NotFound),
            Err(UpdateError::LastAdministrator) => Err(Error::LastAdministrator(Deed::Disable)),
            Err(UpdateError::Taken(field)) => {
                let value = match (field, &values) {
                    (UniqueField::Email, (Some(email), _)) => email.as_str(),
                    (UniqueField::Phone, (_, Some(phone))) => phone.as_str(),
                    _ => user.nick_name.as_str(),
                };
                Err(Error::Taken { field, value: value.to_owned() })
            }
            Err(UpdateError::Port(error)) => Err(error.into()),
        }
    }

    /// Deletes a user; his keys stop at once and his id is never used again.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Oneself`] for who would delete himself;
    /// [`Error::LastAdministrator`].
    pub async fn delete(&self, by: &Administrator, reference: &str) -> Result<(), Error> {
        let user = self.reached(by, reference).await?;
        not_himself(by, &user, Deed::Delete)?;
        let circle = self.circle(&user);
        match self.ports.store.delete(&self.change(by), user.user_id, circle).await? {
            Removal::Done => Ok(()),
            Removal::Absent => Err(Error::NotFound),
            Removal::LastAdministrator => Err(Error::LastAdministrator(Deed::Delete)),
        }
    }

    /// Makes sure that there is this user, as a first start does, and answers him.
    ///
    /// # Errors
    /// [`Error::Taken`] for his address or phone.
    pub async fn ensure(&self, by: &Administrator, user: NewUser, password: &Secret) -> Result<User, Error> {
        let (enterprise, name) = (user.enterprise_id.clone(), user.nick_name.clone());
        match self.ports.store.by_nick_name(enterprise.as_str(), name.as_str()).await? {
            Some(user) => Ok(user),
            None => self.insert(by, user, password).await,
        }
    }

    async fn insert(&self, by: &Administrator, user: NewUser, password: &Secret) -> Result<User, Error> {
        // A hash is dear: not for a request that fails anyway.
        if let Some(field) = self.ports.store.taken(&user).await? {
            return Err(taken(field, &user));
        }
        let hash = self.ports.hasher.hash(password, &(&self.change(by)).into()).await?;
        match self.ports.store.insert(&self.change(by), user.clone(), hash).await {
            Ok(user) => Ok(user),
            Err(InsertError::Taken(field)) => Err(taken(field, &user)),
            Err(InsertError::Port(error)) => Err(error.into()),
        }
    }
}

/// Nobody takes away his own place (E13).
pub(super) fn not_himself(by: &Administrator, user: &User, deed: Deed) -> Result<(), Error> {
    if by.user_id == Some(user.user_id) { Err(Error::Oneself(deed)) } else { Ok(()) }
}

pub(super) fn taken(field: UniqueField, user: &NewUser) -> Error {
    let value = match field {
        UniqueField::NickName => user.nick_name.as_str(),
        UniqueField::Email => user.email.as_ref().map_or("", |email| email.as_str()),
        UniqueField::Phone => user.phone.as_ref().map_or("", |phone| phone.as_str()),
    };
    Error::Taken { field, value: value.to_owned() }
}
