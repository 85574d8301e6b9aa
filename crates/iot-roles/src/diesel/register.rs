//! Who registers himself.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_persistence::{AnyConn, Outcome, StoreError};

use super::schema::iot_users;
use super::{DieselStore, tree, users};
use crate::domain::{Area, Domain, Registrant, User};
use crate::store::{RegisterError, RegisterIds, RegisterStore};

#[async_trait]
impl RegisterStore for DieselStore {
    async fn may_register(&self, registrant: &Registrant) -> Result<bool, PortError> {
        let name = registrant.as_str().to_owned();
        Ok(self.db.look_up(move |conn| is_free(conn, &name)).await?)
    }

    async fn register(
        &self,
        change: &Change,
        registrant: &Registrant,
        ids: RegisterIds,
        password: PasswordHash,
    ) -> Result<User, RegisterError> {
        const NAMES: [(&str, &str); 2] =
            [("iot_domains_name", "iot_domains.name"), ("iot_users_username", "iot_users.username")];
        let (registrant, at_ms) = (registrant.clone(), change.at_ms);
        let registered =
            self.db.write(change, move |conn| register(conn, &registrant, ids, &password, at_ms)).await;
        match registered {
            Err(StoreError::Unique(violation))
                if NAMES.iter().any(|(index, columns)| violation.hits(index, columns)) =>
            {
                Err(RegisterError::NameTaken)
            }
            registered => Ok(registered.map_err(PortError::from)?),
        }
    }
}

fn is_free(conn: &mut AnyConn, name: &str) -> Result<bool, StoreError> {
    let same_name = iot_users::table.filter(iot_users::username.eq(name));
    Ok(!tree::has_domain(conn, name)? && !diesel::select(exists(same_name)).get_result(conn)?)
}

/// The domain first, then the user, as everybody locks; a name that is taken fails the statement,
/// and with it all of it. Nobody else sees the domain before it is done, so nobody deletes it.
fn register(
    conn: &mut AnyConn,
    registrant: &Registrant,
    ids: RegisterIds,
    password: &PasswordHash,
    at_ms: i64,
) -> Result<Outcome<User>, StoreError> {
    let domain = Domain { id: ids.domain, name: registrant.domain().as_str().to_owned() };
    let made = tree::insert_domain(conn, &domain)?;
    let areas = vec![Area::Domain(Arc::new(domain))];
    let user = users::insert(conn, ids.user, registrant.user(), areas, password, at_ms)?;
    let entries = vec![made, users::created(&user)];
    Ok(Outcome::CommitAll(user, entries))
}
