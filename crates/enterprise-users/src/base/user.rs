use super::names::{Email, EnterpriseId, NickName, Phone, UserId, UserOrigin};

/// A user as stored. The password's hash stays in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub user_id: UserId,
    /// Unique in the enterprise.
    pub nick_name: NickName,
    /// The enterprise.
    pub enterprise_id: EnterpriseId,
    /// Unique over the platform.
    pub email: Option<Email>,
    /// Unique over the platform.
    pub phone: Option<Phone>,
    /// Whether the user's keys work.
    pub is_active: bool,
    /// Where the user came from.
    pub origin: Option<UserOrigin>,
    /// The address from which the user was created.
    pub client_ip: Option<String>,
    /// When the user was created, in milliseconds since the epoch.
    pub created_ms: i64,
}
