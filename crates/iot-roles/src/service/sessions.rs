use roster_kernel::{Change, Origin};

use super::{Caller, IotRoles, SystemAdministrator, users};
use crate::domain::{
    ACCESS_MS, DEVICE_MAX, Listed, ObjectId, PageRequest, REFRESH_MS, Role, Session, Token, TokenKind, Tokens,
};
use crate::error::{AccountRefusal, BearerRefusal, Error};
use crate::store::{NewSession, OnlySession, SessionOwner, TokenOwner, TokenPair};

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
        session.filter(|owner| now < owner.session.expires_ms()).ok_or_else(|| unknown(id))
    }

    /// Ends a session: all its tokens are worth nothing from now on (I5).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn end_session(&self, by: &SystemAdministrator, id: &str) -> Result<(), Error> {
        match self.ports.store.end_session(&self.change(by), &session_id(id)?).await? {
            true => Ok(()),
            false => Err(unknown(id)),
        }
    }

    /// Ends the caller's own session, whatever the role (I5; ours).
    ///
    /// # Errors
    /// [`Error::Bearer`] if it has ended since.
    pub async fn end_own_session(&self, by: &Caller) -> Result<(), Error> {
        let token = &by.owner.token;
        let change = self.own_change(token, by.origin.clone());
        match self.ports.store.end_session(&change, &token.session_id).await? {
            true => Ok(()),
            false => Err(BearerRefusal::NotExist.into()),
        }
    }

    /// A new pair of tokens for the domain of this name, in the same session. The access token presented
    /// lives on to its hour, as after a refresh (I5).
    ///
    /// # Errors
    /// [`Error::DomainDenied`]; [`Error::Bearer`] if the session has been ended meanwhile.
    pub async fn choose_domain(&self, by: &Caller, name: &str) -> Result<Tokens, Error> {
        // What no domain can be called no database need take.
        if name.is_empty() || name.contains('\0') {
            return Err(Error::DomainDenied(name.to_owned()));
        }
        let TokenOwner { token, username, role, .. } = &by.owner;
        self.demand_domain(&token.user_id, *role, Some(name)).await?;
        let pair = self.next_pair(&by.owner, Some(name.to_owned()));
        let tokens = self.sign(username.as_str(), &pair).await?;
        if self.ports.store.add_tokens(&token.id, pair).await? {
            Ok(tokens)
        } else {
            Err(BearerRefusal::NotExist.into())
        }
    }

    /// Opens the session of a sign-in; `false` if the user has changed since.
    ///
    /// # Errors
    /// [`AccountRefusal::DeviceHasLogin`] for a device that is signed in, unless the settings allow
    /// it more than one sign-in.
    pub(super) async fn open_session(
        &self,
        role: Role,
        session: NewSession,
        password_version: i32,
    ) -> Result<bool, Error> {
        if role != Role::Device || !self.config.device_single_session {
            return Ok(self.ports.store.open_session(session, password_version).await?);
        }
        match self.ports.store.open_only_session(session, password_version).await? {
            OnlySession::Opened => Ok(true),
            OnlySession::Refused => Ok(false),
            OnlySession::SignedIn => Err(AccountRefusal::DeviceHasLogin.into()),
        }
    }

    /// Ends the session of a refresh token that was used before: one of the two who presented it is not
    /// its user.
    pub(super) async fn end_reused(&self, token: &Token, origin: Origin) -> Result<(), Error> {
        self.ports.store.end_session(&self.own_change(token, origin), &token.session_id).await?;
        Ok(())
    }

    /// A session that begins now, with its first pair.
    pub(super) fn new_session(
        &self,
        user: &ObjectId,
        domain: Option<String>,
        origin: &Origin,
        device: Option<&str>,
    ) -> NewSession {
        let created_ms = self.ports.clock.now_ms();
        let last_ms = created_ms.saturating_add(self.config.session_days.ms());
        let id = ObjectId::fresh(self.ports.random.as_ref(), created_ms);
        let tokens = self.pair(&id, user, domain.clone(), created_ms, last_ms);
        let session = Session {
            id,
            user_id: user.clone(),
            domain,
            address: origin.address.map(|address| address.to_canonical().to_string()),
            device: device.map(|name| name.chars().filter(|c| !c.is_control()).take(DEVICE_MAX).collect()),
            created_ms,
            access_expires_ms: tokens.access.expires_ms,
            refresh_expires_ms: tokens.refresh.expires_ms,
            last_ms,
        };
        NewSession { session, tokens }
    }

    /// The next pair of the session of this token.
    pub(super) fn next_pair(&self, owner: &TokenOwner, domain: Option<String>) -> TokenPair {
        let TokenOwner { token, session_last_ms, .. } = owner;
        let now = self.ports.clock.now_ms();
        self.pair(&token.session_id, &token.user_id, domain, now, *session_last_ms)
    }

    fn pair(
        &self,
        session: &ObjectId,
        user: &ObjectId,
        domain: Option<String>,
        created_ms: i64,
        last_ms: i64,
    ) -> TokenPair {
        let token = |kind, lifetime_ms: i64| Token {
            id: ObjectId::fresh(self.ports.random.as_ref(), created_ms),
            session_id: session.clone(),
            user_id: user.clone(),
            kind,
            domain: domain.clone(),
            created_ms,
            // Tokens count in seconds.
            expires_ms: created_ms.saturating_add(lifetime_ms).min(last_ms) / 1000 * 1000,
        };
        TokenPair {
            access: token(TokenKind::Access, ACCESS_MS),
            refresh: token(TokenKind::Refresh, REFRESH_MS),
        }
    }

    fn own_change(&self, token: &Token, origin: Origin) -> Change {
        Change { principal: users::principal(&token.user_id), origin, at_ms: self.ports.clock.now_ms() }
    }
}

fn session_id(text: &str) -> Result<ObjectId, Error> {
    ObjectId::parse(text).ok_or_else(|| unknown(text))
}

fn unknown(id: &str) -> Error {
    Error::NotFound(format!("session id:{id}"))
}
