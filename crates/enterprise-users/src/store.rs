//! The store on SQLite and PostgreSQL. Each subject implements its port in its `sql.rs`.

use roster_persistence::{Beliefs, Db};

use crate::access::KeyOwner;

/// Users, administrators and keys in a [`Db`].
pub struct DieselStore {
    pub(crate) db: Db,
    /// Caches the owners of keys.
    pub(crate) keys: Beliefs<KeyOwner>,
}

impl DieselStore {
    /// The store in `db`, which holds the tables of `roster_migrations::ENTERPRISE_USERS`.
    pub fn new(db: Db) -> Self {
        Self { keys: Beliefs::about(db.clone()), db }
    }
}
