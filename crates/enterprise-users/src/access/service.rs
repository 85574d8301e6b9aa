use roster_kernel::{AuditContext, ClientInfo, digest};

use super::domain::{AdminScope, Administrator, PlainMember};
use crate::base::{User, UserId};
use crate::config::{AdministratorsSpan, DIALECT};
use crate::error::{Error, Operation};
use crate::service::EnterpriseUsers;

impl EnterpriseUsers {
    /// The caller who presents this `Authorization` header: the raw key, or one behind `Bearer` or `Token`
    /// (E10).
    ///
    /// # Errors
    /// [`Error::NoToken`], [`Error::BadToken`] (unknown, expired, or of a user who is not active),
    /// and 429 for an address that tried too many keys, or a user who calls too often.
    pub async fn member(
        &self,
        authorization: Option<&str>,
        client: ClientInfo,
    ) -> Result<PlainMember, Error> {
        let key = authorization.map(raw_key).filter(|key| !key.is_empty()).ok_or(Error::NoToken)?;
        let owner = self.ports.store.key_owner(digest(key)).await?;
        let now = self.ports.clock.now_ms();
        let owner = owner.filter(|o| o.user.is_active && o.expires_ms.is_none_or(|end| now < end));
        let Some(owner) = owner else {
            self.ports.throttle.wrong(DIALECT, client.address).await?;
            return Err(Error::BadToken);
        };
        let member = PlainMember::new(owner, client);
        self.ports.throttle.spend(DIALECT, &member.principal())?;
        Ok(member)
    }

    /// The same, of an administrator.
    ///
    /// # Errors
    /// As [`EnterpriseUsers::member`], and [`Error::Forbidden`] for a plain member.
    pub async fn administrator(
        &self,
        authorization: Option<&str>,
        client: ClientInfo,
    ) -> Result<Administrator, Error> {
        self.member(authorization, client).await?.administrator().ok_or(Error::Forbidden)
    }

    pub(crate) fn reaches(&self, by: &Administrator, enterprise_id: &str) -> bool {
        self.only_enterprise(by).is_none_or(|own| own == enterprise_id)
    }

    /// The one enterprise that `by` reaches, unless they reach all.
    pub(crate) fn only_enterprise<'a>(&self, by: &'a Administrator) -> Option<&'a str> {
        let limited = self.config.administrators_span == AdministratorsSpan::Own && !by.is_unlimited();
        limited.then_some(by.enterprise_id())
    }

    /// Where an administrator must remain when one of `enterprise_id` goes: where another could be appointed.
    pub(crate) fn admin_scope(&self, enterprise_id: &str) -> AdminScope {
        match self.config.administrators_span {
            AdministratorsSpan::All => AdminScope::Platform,
            AdministratorsSpan::Own => AdminScope::Enterprise(enterprise_id.to_owned()),
        }
    }

    /// The user of this id, if `by` reaches them. What is no integer is no id (E9).
    pub(crate) async fn reached(&self, by: &Administrator, id: &str) -> Result<User, Error> {
        let id = id.parse().map(UserId).map_err(|_| Error::NotFound)?;
        let user = self.ports.store.by_id(id).await?;
        user.filter(|user| self.reaches(by, user.enterprise_id.as_str())).ok_or(Error::NotFound)
    }

    /// Who changes something, from where and when, for the journal.
    pub(crate) fn audit(&self, by: &Administrator) -> AuditContext {
        self.audit_of(by.principal().to_owned(), by.client().clone())
    }

    pub(crate) fn audit_of(&self, principal: String, client: ClientInfo) -> AuditContext {
        AuditContext { principal, origin: client, at_ms: self.ports.clock.now_ms() }
    }
}

/// Refuses what administrators cannot do to themselves (E13).
pub(crate) fn not_oneself(by: &Administrator, user: &User, operation: Operation) -> Result<(), Error> {
    if by.user_id() == Some(user.user_id) { Err(Error::Oneself(operation)) } else { Ok(()) }
}

fn raw_key(header: &str) -> &str {
    let header = header.trim();
    match header.split_once(' ') {
        Some((scheme, key))
            if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") =>
        {
            key.trim()
        }
        _ => header,
    }
}
