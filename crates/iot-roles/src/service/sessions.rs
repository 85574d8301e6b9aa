use super::{Caller, IotRoles, SystemAdministrator};
use crate::domain::{Listed, ObjectId, PageRequest, Role, Tokens};
use crate::error::{AccountRefusal, BearerRefusal, Error};
use crate::store::{OnlySessions, SessionOwner, SessionPair};

impl IotRoles {
    /// A page of the sessions that are not over, newest first (I5).
    ///
    /// # Errors
    /// If the store fails.
    pub async fn live_sessions(
        &self,
        _by: &SystemAdministrator,
        page: PageRequest,
    ) -> Result<Listed<SessionOwner>, Error> {
        Ok(self.ports.store.sessions(page, self.ports.clock.now_ms()).await?)
    }

    /// The session of this id, if it is not over (I5).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn live_session(&self, _by: &SystemAdministrator, id: &str) -> Result<SessionOwner, Error> {
        let now = self.ports.clock.now_ms();
        let session = self.ports.store.session(&session_id(id)?).await?;
        session.filter(|owner| now < owner.session.expires_ms).ok_or_else(|| unknown(id))
    }

    /// Ends a session: its token is worth nothing from now on (I5).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn end_session(&self, by: &SystemAdministrator, id: &str) -> Result<(), Error> {
        match self.ports.store.end_session(&self.change(by), &session_id(id)?).await? {
            true => Ok(()),
            false => Err(unknown(id)),
        }
    }

    /// A new pair of tokens for the domain of this name. The access token presented lives on to its
    /// hour, as after a refresh (I5).
    ///
    /// # Errors
    /// [`Error::DomainDenied`]; [`Error::Bearer`] if the session has been ended meanwhile.
    pub async fn choose_domain(&self, by: &Caller, name: &str) -> Result<Tokens, Error> {
        // What no domain can be called no database need take.
        if name.is_empty() || name.contains('\0') {
            return Err(Error::DomainDenied(name.to_owned()));
        }
        let SessionOwner { session, username, role, .. } = &by.owner;
        self.demand_domain(&session.user_id, *role, Some(name)).await?;
        let sessions = self.sessions(&session.user_id, Some(name.to_owned()));
        let tokens = self.sign(username.as_str(), &sessions).await?;
        if self.ports.store.open_more_sessions(&session.id, sessions).await? {
            Ok(tokens)
        } else {
            Err(BearerRefusal::NotExist.into())
        }
    }

    /// Opens the sessions of a sign-in; `false` if the user changed meanwhile.
    ///
    /// # Errors
    /// [`AccountRefusal::DeviceHasLogin`] for a device that is signed in, unless the settings allow
    /// it more than one sign-in.
    pub(super) async fn open_sessions(
        &self,
        role: Role,
        sessions: SessionPair,
        password_version: i32,
    ) -> Result<bool, Error> {
        if role != Role::Device || !self.config.device_single_session {
            return Ok(self.ports.store.open_sessions(sessions, password_version).await?);
        }
        match self.ports.store.open_only_sessions(sessions, password_version).await? {
            OnlySessions::Opened => Ok(true),
            OnlySessions::Refused => Ok(false),
            OnlySessions::SignedIn => Err(AccountRefusal::DeviceHasLogin.into()),
        }
    }
}

fn session_id(text: &str) -> Result<ObjectId, Error> {
    ObjectId::parse(text).ok_or_else(|| unknown(text))
}

fn unknown(id: &str) -> Error {
    Error::NotFound(format!("session id:{id}"))
}
