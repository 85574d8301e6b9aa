use std::net::IpAddr;

use roster_kernel::ports::PasswordHash;

use crate::base::{Email, EnterpriseId, NickName, Page, Phone, Search, User, UserOrigin};

/// A user to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
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
    /// The address that creates the user.
    pub client_ip: Option<IpAddr>,
    /// Whether the user is an administrator.
    pub administrator: bool,
}

impl NewUser {
    /// An active user without e-mail address and phone who is no administrator.
    pub fn new(enterprise_id: EnterpriseId, nick_name: NickName) -> Self {
        Self {
            nick_name,
            enterprise_id,
            email: None,
            phone: None,
            is_active: true,
            origin: None,
            client_ip: None,
            administrator: false,
        }
    }

    /// Whether `user` has these values already; what an update cannot change is compared only if `strict`. The
    /// password and the creating address are not compared.
    pub(crate) fn equals(&self, user: &User, strict: bool) -> bool {
        let same = (&self.email, &self.phone, self.is_active) == (&user.email, &user.phone, user.is_active);
        same && (!strict || self.origin == user.origin)
    }
}

/// Changes of a user; `None` keeps a value (E14).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserUpdate {
    /// A new address; `Some(None)` removes it.
    pub email: Option<Option<Email>>,
    /// A new phone number; `Some(None)` removes it.
    pub phone: Option<Option<Phone>>,
    /// Whether the user's keys work.
    pub is_active: Option<bool>,
    /// The hash of a new password.
    pub password: Option<PasswordHash>,
}

/// Which users of a list (E11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Those of this enterprise only.
    pub enterprise_id: Option<String>,
    /// Administrators only.
    pub administrators: bool,
    /// With this in nick name, e-mail or phone.
    pub search: Search,
    /// Which part of them, newest first.
    pub page: Page,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users of the page.
    pub users: Vec<User>,
    /// How many there are on all pages.
    pub total: i64,
}
