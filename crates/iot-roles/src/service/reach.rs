//! Who may act on the tree. How far he reaches is judged by the store, in the transaction of what he
//! does: here stands only who comes to that.

use roster_kernel::{Change, Origin, PortError};

use super::{Caller, IotRoles};
use crate::domain::{ObjectId, Role};
use crate::error::Error;
use crate::store::{Acting, Reach, TreeError, TreeState};

/// A user of role SYSTEM, who reaches everything, or AREA, who reaches his areas and what lies
/// within them. Only [`Caller::administrator`] makes one.
#[derive(Debug, Clone)]
pub struct Administrator {
    principal: String,
    origin: Origin,
    reach: Reach,
    domain: Option<String>,
}

impl Caller {
    /// The same as an administrator of the system or of areas.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a device.
    pub fn administrator(self) -> Result<Administrator, Error> {
        let token = self.owner.token;
        let reach = match self.owner.role {
            Role::System => Reach::Everything,
            Role::Area => Reach::AreasOf(token.user_id.clone()),
            Role::Device => return Err(Error::Forbidden),
        };
        Ok(Administrator {
            principal: format!("user:{}", token.user_id),
            origin: self.origin,
            reach,
            domain: token.domain,
        })
    }

    /// His id, if he is an administrator of areas.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody else.
    pub fn of_areas(self) -> Result<ObjectId, Error> {
        if self.owner.role == Role::Area { Ok(self.owner.token.user_id) } else { Err(Error::Forbidden) }
    }

    /// Its account's id, if it is a device.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody else.
    pub fn device(self) -> Result<ObjectId, Error> {
        if self.owner.role == Role::Device { Ok(self.owner.token.user_id) } else { Err(Error::Forbidden) }
    }
}

impl Administrator {
    /// How far he reaches.
    pub(super) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The name of the domain that he chose.
    ///
    /// # Errors
    /// [`TreeState::NoDomain`]
    pub(super) fn chosen(&self) -> Result<&str, Error> {
        self.domain.as_deref().ok_or_else(|| TreeState::NoDomain.into())
    }

    /// He, in the domain that he chose.
    ///
    /// # Errors
    /// [`TreeState::NoDomain`]
    pub(super) fn acting(&self) -> Result<Acting, Error> {
        Ok(Acting { reach: self.reach.clone(), domain: self.chosen()?.to_owned() })
    }
}

impl IotRoles {
    pub(super) fn change_by(&self, by: &Administrator) -> Change {
        Change {
            principal: by.principal.clone(),
            origin: by.origin.clone(),
            at_ms: self.ports.clock.now_ms(),
        }
    }
}

/// `taken` is how the caller is told that a name is.
pub(super) fn refused(error: TreeError, taken: &str) -> Error {
    match error {
        TreeError::NoDomain => TreeState::NoDomain.into(),
        TreeError::OutOfReach => Error::Forbidden,
        TreeError::Unknown(what) => Error::NotFound(what),
        TreeError::NameTaken => Error::Conflict(taken.to_owned()),
        TreeError::State(state) => state.into(),
        TreeError::Existed(what) => Error::Value(format!("{what} existed.")),
        // Whoever can begin anew has done so.
        TreeError::TypeChanged => PortError::busy().into(),
        TreeError::Port(error) => error.into(),
    }
}

/// A subject that must be there.
pub(super) fn found<T>(answer: Result<Option<T>, TreeError>, id: &str, taken: &str) -> Result<T, Error> {
    answer.map_err(|error| refused(error, taken))?.ok_or_else(|| Error::NotFound(shown(id)))
}

/// An id as it is told back: the caller's own text, bounded.
pub(super) fn shown(id: &str) -> String {
    id.chars().take(64).collect()
}
