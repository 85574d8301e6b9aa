use roster_kernel::ClientInfo;

use crate::base::{User, UserId};

/// The owner of a presented key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOwner {
    /// The user.
    pub user: User,
    /// Whether the user is an administrator.
    pub administrator: bool,
    /// When the key ends, in milliseconds since the epoch.
    pub expires_ms: Option<i64>,
}

/// A caller with a valid key, administrator or not. Only [`crate::EnterpriseUsers::member`] makes one.
#[derive(Debug, Clone)]
pub struct PlainMember {
    owner: KeyOwner,
    client: ClientInfo,
}

impl PlainMember {
    pub(super) fn new(owner: KeyOwner, client: ClientInfo) -> Self {
        Self { owner, client }
    }

    /// The user whose key it is.
    pub fn user(&self) -> &User {
        &self.owner.user
    }

    /// The right to act on other users, if the caller is an administrator.
    pub fn administrator(&self) -> Option<Administrator> {
        self.owner.administrator.then(|| Administrator {
            principal: self.principal(),
            user_id: Some(self.owner.user.user_id),
            enterprise_id: self.owner.user.enterprise_id.as_str().to_owned(),
            unlimited: false,
            client: self.client.clone(),
        })
    }

    pub(crate) fn principal(&self) -> String {
        format!("user:{}", self.owner.user.user_id)
    }

    pub(crate) fn client(&self) -> &ClientInfo {
        &self.client
    }
}

/// The right to act on users. Made from an administrator's key by
/// [`crate::EnterpriseUsers::administrator`], or with [`Administrator::trusted`] by code that runs inside
/// the process and has its own authorisation.
#[derive(Debug, Clone)]
pub struct Administrator {
    principal: String,
    /// Absent for callers that are no users.
    user_id: Option<UserId>,
    /// Where names are looked up, and the limit of the span `own`.
    enterprise_id: String,
    /// Whether all enterprises are reached, whatever the configured span.
    unlimited: bool,
    client: ClientInfo,
}

impl Administrator {
    /// An administrator of `enterprise_id` that needs no key: the command line, a first start, an
    /// embedding service that has its own authorisation.
    pub fn trusted(principal: &str, enterprise_id: &str) -> Self {
        Self {
            principal: principal.to_owned(),
            user_id: None,
            enterprise_id: enterprise_id.to_owned(),
            unlimited: false,
            client: ClientInfo::default(),
        }
    }

    /// An operator of the platform: of no enterprise, and limited to none.
    pub fn operator(principal: &str, client: ClientInfo) -> Self {
        Self { unlimited: true, client, ..Self::trusted(principal, "") }
    }

    pub(crate) fn principal(&self) -> &str {
        &self.principal
    }

    pub(crate) fn user_id(&self) -> Option<UserId> {
        self.user_id
    }

    pub(crate) fn enterprise_id(&self) -> &str {
        &self.enterprise_id
    }

    pub(crate) fn is_unlimited(&self) -> bool {
        self.unlimited
    }

    pub(crate) fn client(&self) -> &ClientInfo {
        &self.client
    }
}

/// Where an active administrator must always remain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminScope {
    /// On the platform.
    Platform,
    /// In this enterprise.
    Enterprise(String),
}
