use roster_kernel::ImportedPassword;
use roster_kernel::ports::PasswordHash;

use crate::access::AdminScope;
use crate::base::{UniqueField, User};
use crate::users::NewUser;

/// A line of an import that keeps every rule that needs no store.
#[derive(Debug, Clone)]
pub struct ImportDraft {
    pub(crate) user: NewUser,
    pub(crate) password: ImportedPassword,
}

/// A user to be imported, with the password hashed.
#[derive(Debug, Clone)]
pub struct ImportUser {
    /// The user.
    pub user: NewUser,
    /// The hash of the password.
    pub password: PasswordHash,
    /// Where an administrator must remain if a present user becomes inactive.
    pub scope: AdminScope,
}

/// What is in the store already of a user to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Nothing that conflicts.
    Absent,
    /// A user of the same name in the same enterprise.
    Present(User),
    /// None of the same name, but another user with the address or phone.
    Taken(UniqueField),
}
