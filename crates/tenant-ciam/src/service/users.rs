use roster_kernel::PortError;

use super::{Client, MAX_ROUNDS, TenantCiam, overtaken};
use crate::domain::{Attribute, Builtin, UserId};
use crate::error::{Error, OAuthError};
use crate::rules::TenantRules;
use crate::store::{Listed, UpdateError};
use crate::user::{User, UserKey};
use crate::{validate, wire};

impl TenantCiam {
    /// The user of this id. What is no id is nobody's.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn read(&self, by: &Client, id: &str) -> Result<wire::User, Error> {
        let Ok(id) = user_id(id) else {
            // A client whose tenant is gone learns that first.
            return self.rules(by).await.and(Err(Error::NotFound));
        };
        let found = self.ports.store.user_and_rules(&by.tenant, &id).await?;
        let (user, rules) = found.ok_or(OAuthError::InvalidToken)?;
        Ok(wire::User::of(&user.ok_or(Error::NotFound)?, &rules, self.config.time_zone))
    }

    /// The user who has this user name, mobile number, e-mail address or external id (C11): names
    /// and addresses without regard to case, a number without an area code as one of the tenant's
    /// default. Of several, the oldest.
    ///
    /// # Errors
    /// [`Error::NotFound`]; also for any other attribute.
    pub async fn look_up(&self, by: &Client, builtin: Builtin, text: String) -> Result<wire::User, Error> {
        let rules = self.rules(by).await?;
        let key = match builtin {
            Builtin::UserName => UserKey::UserName(text),
            Builtin::Mobile => UserKey::Mobile(international(&rules, text)),
            Builtin::Email => UserKey::Email(text),
            Builtin::ExternalId => UserKey::ExternalId(text),
            _ => return Err(Error::NotFound),
        };
        let user = self.found(by, &key).await?;
        Ok(wire::User::of(&user, &rules, self.config.time_zone))
    }

    /// A page of the tenant's users, oldest first, as the query asks for it ([`validate::page`]).
    /// The pictures are not among it: see [`Self::picture`].
    ///
    /// # Errors
    /// [`Error::Page`], [`Error::Parameter`].
    pub async fn list(&self, by: &Client, query: &str) -> Result<Page, Error> {
        let selection = validate::page(query, self.config.time_zone)?;
        let rules = self.rules(by).await?;
        let Listed { total, users, pictured } = self.ports.store.users(&by.tenant, selection).await?;
        let users = users.into_iter().map(|user| {
            let has_picture = pictured.contains(&user.id);
            (wire::User::of(&user, &rules, self.config.time_zone), has_picture.then_some(user.id))
        });
        Ok(Page { total, users: users.collect() })
    }

    /// A user's picture, as it was sent; `None` also for no such user.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn picture(&self, by: &Client, id: &UserId) -> Result<Option<String>, PortError> {
        let picture = self.ports.store.picture(&by.tenant, id).await?;
        Ok(picture.map(|picture| picture.as_str().to_owned()))
    }

    /// Changes what the body names of a user (C12). One whose user name is removed gets a generated
    /// one, as a new user does.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::NotFound`], then the first fault in the order of the dialect's
    /// codes: empty, rules, area code, duplicates.
    pub async fn update(
        &self,
        by: &Client,
        id: &str,
        body: wire::UpdateUser,
    ) -> Result<wire::ChangedUser, Error> {
        let draft = validate::update_user(body)?;
        let id = user_id(id)?;
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            let rules = self.rules(by).await?;
            self.found(by, &UserKey::Id(id.clone())).await?;
            let mut update = draft.judge(&rules)?;
            let nameless = update.texts.get(&Builtin::UserName) == Some(&None);
            if nameless {
                let (name, unique) = self.generated_name(&rules);
                update.texts.insert(Builtin::UserName, Some(name));
                update.unique.splice(..0, unique);
            } else if let Some(attribute) =
                self.ports.store.taken_by_other(&by.tenant, &id, &update.unique).await?
            {
                return Err(Error::Taken(attribute));
            }
            let change = self.change(by, self.ports.clock.now_ms());
            match self.ports.store.update_user(&change, rules.version, &by.tenant, &id, update).await {
                Ok(true) => return Ok(wire::ChangedUser { user_id: id.as_str().to_owned() }),
                Ok(false) => return Err(Error::NotFound),
                Err(UpdateError::RulesChanged) => {}
                Err(UpdateError::Taken(Attribute::Builtin(Builtin::UserName))) if nameless => {}
                Err(UpdateError::Taken(attribute)) => return Err(Error::Taken(attribute)),
                Err(UpdateError::Port(error)) => return Err(error.into()),
            }
        }
        Err(overtaken())
    }

    /// Keeps a user from signing in, or lets him again.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_disabled(
        &self,
        by: &Client,
        id: &str,
        disabled: bool,
    ) -> Result<wire::ChangedUser, Error> {
        let id = user_id(id)?;
        let change = self.change(by, self.ports.clock.now_ms());
        if !self.ports.store.set_disabled(&change, &by.tenant, &id, disabled).await? {
            return Err(Error::NotFound);
        }
        Ok(wire::ChangedUser { user_id: id.as_str().to_owned() })
    }

    /// Deletes a user with all his values, his picture and his former passwords.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(&self, by: &Client, id: &str) -> Result<(), Error> {
        let id = user_id(id)?;
        let change = self.change(by, self.ports.clock.now_ms());
        let deleted = self.ports.store.delete_user(&change, &by.tenant, &id).await?;
        if deleted { Ok(()) } else { Err(Error::NotFound) }
    }

    /// The rules of the client's tenant; a client may outlive it.
    pub(super) async fn rules(&self, by: &Client) -> Result<std::sync::Arc<TenantRules>, Error> {
        Ok(self.ports.store.rules(&by.tenant).await?.ok_or(OAuthError::InvalidToken)?)
    }

    async fn found(&self, by: &Client, key: &UserKey) -> Result<User, Error> {
        self.ports.store.user(&by.tenant, key).await?.ok_or(Error::NotFound)
    }
}

/// A page of users, as [`TenantCiam::list`] finds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// How many there are on all pages.
    pub total: i64,
    /// Those of the page, without pictures; with the id of each who has one.
    pub users: Vec<(wire::User, Option<UserId>)>,
}

/// A mobile number as it is stored. One of a code that is no longer enabled is looked for as it is
/// written.
pub(super) fn international(rules: &TenantRules, text: String) -> String {
    rules.area_codes.parse(&text).map_or(text, |mobile| mobile.to_string())
}

pub(super) fn user_id(text: &str) -> Result<UserId, Error> {
    UserId::parse(text).map_err(|_| Error::NotFound)
}
