use super::command::{Appoint, ListAdministrators};
use crate::access::Administrator;
use crate::access::service::not_oneself;
use crate::base::Search;
use crate::error::{Error, Operation};
use crate::service::EnterpriseUsers;
use crate::users::{Removal, Selection, UserPage};

impl EnterpriseUsers {
    /// Lists the administrators of an enterprise, or all within reach, newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an enterprise out of reach.
    pub async fn administrators(
        &self,
        by: &Administrator,
        command: ListAdministrators,
    ) -> Result<UserPage, Error> {
        let enterprise_id = match command.enterprise_id {
            Some(eid) if !self.reaches(by, &eid) => return Err(Error::Forbidden),
            // No enterprise is called so, and PostgreSQL takes no such text.
            Some(eid) if eid.contains('\0') => return Ok(UserPage { users: Vec::new(), total: 0 }),
            Some(eid) => Some(eid),
            None => self.only_enterprise(by).map(str::to_owned),
        };
        let (search, page) = (Search::All, command.page);
        let selection = Selection { enterprise_id, administrators: true, search, page };
        Ok(self.ports.store.list(selection).await?)
    }

    /// Makes a user an administrator of their enterprise; one who is stays one.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an enterprise out of reach; [`Error::NoEnterprise`]; [`Error::NotFound`];
    /// [`Error::WrongEnterprise`] if the user is of another enterprise than the one named.
    pub async fn appoint(&self, by: &Administrator, command: Appoint) -> Result<(), Error> {
        let eid = command.enterprise_id.as_str();
        if !self.reaches(by, eid) {
            return Err(Error::Forbidden);
        }
        if eid.contains('\0') || !self.ports.store.has_enterprise(eid.to_owned()).await? {
            return Err(Error::NoEnterprise(eid.to_owned()));
        }
        let user = self.reached(by, &command.user_id).await?;
        if user.enterprise_id != command.enterprise_id {
            return Err(Error::WrongEnterprise { user_id: user.user_id, enterprise_id: eid.to_owned() });
        }
        match self.ports.store.appoint(&self.audit(by), user.user_id).await? {
            true => Ok(()),
            false => Err(Error::NotFound),
        }
    }

    /// Removes a user's administrator rank; the user remains.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Oneself`]; [`Error::NotAdministrator`]; [`Error::LastAdministrator`].
    pub async fn dismiss(&self, by: &Administrator, id: &str) -> Result<(), Error> {
        let user = self.reached(by, id).await?;
        not_oneself(by, &user, Operation::Dismiss)?;
        let scope = self.admin_scope(user.enterprise_id.as_str());
        match self.ports.store.dismiss(&self.audit(by), user.user_id, scope).await? {
            Removal::Done => Ok(()),
            Removal::Absent => Err(Error::NotAdministrator(user.user_id)),
            Removal::LastAdministrator => Err(Error::LastAdministrator(Operation::Dismiss)),
        }
    }
}
