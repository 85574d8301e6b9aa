use super::users::not_himself;
use super::{Administrator, EnterpriseUsers};
use crate::domain::{Search, Selection};
use crate::error::{Deed, Error};
use crate::store::{Listed, Removal};
use crate::{validate, wire};

impl EnterpriseUsers {
    /// A page of the administrators of `query.eid`, or of all whom `by` reaches.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an enterprise beyond his span.
    pub async fn administrators(&self, by: &Administrator, query: &wire::ListQuery) -> Result<Listed, Error> {
        let enterprise_id = match &query.eid {
            Some(eid) if !self.reaches(by, eid) => return Err(Error::Forbidden),
            // What no enterprise can be called no database need take.
            Some(eid) if eid.contains('\0') => return Ok(Listed { users: Vec::new(), total: 0 }),
            Some(eid) => Some(eid.clone()),
            None => self.border(by).map(str::to_owned),
        };
        let (search, page) = (Search::Everybody, query.page);
        let selection = Selection { enterprise_id, administrators: true, search, page };
        Ok(self.ports.store.list(selection).await?)
    }

    /// Makes a user an administrator of his enterprise, if he is none yet.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Forbidden`] for an enterprise beyond the span;
    /// [`Error::NoEnterprise`]; [`Error::NotFound`]; [`Error::ElsewhereEmployed`] if the user is of
    /// another enterprise than the one named.
    pub async fn appoint(&self, by: &Administrator, body: wire::Appointment) -> Result<(), Error> {
        let appointment = validate::appointment(body).map_err(Error::Invalid)?;
        let eid = appointment.enterprise_id.as_str();
        if !self.reaches(by, eid) {
            return Err(Error::Forbidden);
        }
        if eid.contains('\0') || !self.ports.store.has_enterprise(eid).await? {
            return Err(Error::NoEnterprise(eid.to_owned()));
        }
        let user = self.reached(by, &appointment.user_id).await?;
        if user.enterprise_id != appointment.enterprise_id {
            return Err(Error::ElsewhereEmployed { user_id: user.user_id, enterprise_id: eid.to_owned() });
        }
        match self.ports.store.appoint(&self.change(by), user.user_id).await? {
            true => Ok(()),
            false => Err(Error::NotFound),
        }
    }

    /// Takes an administrator's rank; he remains a user.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Oneself`]; [`Error::NotAdministrator`];
    /// [`Error::LastAdministrator`].
    pub async fn dismiss(&self, by: &Administrator, reference: &str) -> Result<(), Error> {
        let user = self.reached(by, reference).await?;
        not_himself(by, &user, Deed::Dismiss)?;
        let circle = self.circle(&user);
        match self.ports.store.dismiss(&self.change(by), user.user_id, circle).await? {
            Removal::Done => Ok(()),
            Removal::Absent => Err(Error::NotAdministrator(user.user_id)),
            Removal::LastAdministrator => Err(Error::LastAdministrator(Deed::Dismiss)),
        }
    }
}
