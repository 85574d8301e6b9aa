//! Many users of a tenant at once, one after the other in one transaction.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{Change, Imported};
use roster_persistence::{AnyConn, Outcome, StoreError, each_backend};

use super::read::{StoredUser, extensions, row, with_all};
use super::schema::{tenant_unique_values, tenant_users};
use super::{DieselStore, held_version, users};
use crate::definition::UniqueValue;
use crate::domain::{Attribute, TenantId, UserId};
use crate::store::{ImportError, ImportStore, NewUser, Presence};
use crate::user::{User, UserKey};

/// How often a batch begins anew because somebody else took one of its values meanwhile.
const TRIES: usize = 5;

/// Imports of this dialect are one at a time: two that come to the same values in another order would
/// wait for each other.
const QUEUE: i64 = 0x1_7463;

type Answers = Vec<Result<Imported, Attribute>>;

#[async_trait]
impl ImportStore for DieselStore {
    async fn presence(&self, tenant: &TenantId, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError> {
        let tenant = tenant.as_str().to_owned();
        let looked =
            self.db.read(move |conn| users.iter().map(|user| presence(conn, &tenant, user)).collect());
        Ok(looked.await?)
    }

    async fn import(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        users: Vec<NewUser>,
        skip: bool,
    ) -> Result<Answers, ImportError> {
        for _ in 0..TRIES {
            let (users, tenant, at_ms) = (users.clone(), tenant.as_str().to_owned(), change.at_ms);
            let written = self.db.write(change, move |conn| {
                conn.queue(QUEUE)?;
                if held_version(conn, &tenant)? != Some(rules_version) {
                    return Ok(Outcome::Refuse(None));
                }
                import(conn, &tenant, &users, skip, at_ms)
            });
            match written.await {
                // He who was faster has committed: the next round finds him.
                Err(StoreError::Unique(_) | StoreError::Locked) => {}
                Err(error) => return Err(PortError::from(error).into()),
                Ok(answers) => return answers.ok_or(ImportError::RulesChanged),
            }
        }
        Err(PortError::from(StoreError::Locked).into())
    }

    async fn export(
        &self,
        tenant: &TenantId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(User, Option<PasswordHash>)>, PortError> {
        let tenant = tenant.as_str().to_owned();
        Ok(self.db.snapshot(move |conn| export(conn, &tenant, after.as_ref(), limit)).await?)
    }
}

fn import(
    conn: &mut AnyConn,
    tenant: &str,
    arrivals: &[NewUser],
    skip: bool,
    at_ms: i64,
) -> Result<Outcome<Option<Answers>>, StoreError> {
    let (mut answers, mut entries) = (Vec::with_capacity(arrivals.len()), Vec::new());
    for user in arrivals {
        answers.push(match presence(conn, tenant, user)? {
            Presence::Absent => {
                users::insert(conn, user, at_ms)?;
                entries.push(users::created(user));
                Ok(Imported::Created)
            }
            _ if skip => Ok(Imported::Skipped),
            Presence::Same => Ok(Imported::Unchanged),
            Presence::Other(attribute) => Err(attribute),
        });
    }
    let answers = Some(answers);
    Ok(if entries.is_empty() { Outcome::Refuse(answers) } else { Outcome::CommitAll(answers, entries) })
}

/// Who has the first of the user's values that anybody has, compared with the user.
fn presence(conn: &mut AnyConn, tenant: &str, user: &NewUser) -> Result<Presence, StoreError> {
    let Some((attribute, owner)) = owner(conn, tenant, &user.unique)? else { return Ok(Presence::Absent) };
    let key = UserKey::Id(UserId::parse(&owner).map_err(|_| StoreError::Locked)?);
    // Gone between the two statements: the caller looks again.
    let Some(stored) = row(conn, tenant, &key)? else { return Err(StoreError::Locked) };
    let there = with_all(conn, stored)?;
    Ok(if user.is(&there) { Presence::Same } else { Presence::Other(attribute) })
}

/// The attribute of the first of `values` that somebody has, and who.
fn owner(
    conn: &mut AnyConn,
    tenant: &str,
    values: &[UniqueValue],
) -> Result<Option<(Attribute, String)>, StoreError> {
    let keys: Vec<&str> = values.iter().map(|value| value.key.as_str()).collect();
    let attributes: Vec<&str> = values.iter().map(|value| value.attribute.key()).collect();
    let found: Vec<(String, String, String)> = each_backend!(conn, |conn| tenant_unique_values::table
        .filter(tenant_unique_values::tenant_id.eq(tenant))
        .filter(tenant_unique_values::attribute.eq_any(attributes))
        .filter(tenant_unique_values::value_key.eq_any(keys))
        .select((
            tenant_unique_values::attribute,
            tenant_unique_values::value_key,
            tenant_unique_values::user_id
        ))
        .load(conn))?;
    let of = |value: &UniqueValue| {
        let same = |(attribute, key, _): &&(String, String, String)| {
            attribute == value.attribute.key() && *key == value.key
        };
        found.iter().find(same).map(|(_, _, user)| (value.attribute.clone(), user.clone()))
    };
    Ok(values.iter().find_map(of))
}

/// Wants a snapshot: two queries, one moment.
fn export(
    conn: &mut AnyConn,
    tenant: &str,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Vec<(User, Option<PasswordHash>)>, StoreError> {
    let rows: Vec<(StoredUser, Option<String>)> = tenant_users::table
        .filter(tenant_users::tenant_id.eq(tenant))
        .filter(tenant_users::user_id.gt(after.map_or("", UserId::as_str)))
        .order(tenant_users::user_id)
        .limit(limit.into())
        .select((StoredUser::as_select(), tenant_users::password_hash))
        .load(conn)?;
    let ids: Vec<&str> = rows.iter().map(|(row, _)| row.user_id.as_str()).collect();
    let mut extensions = extensions(conn, &ids)?;
    let user = |(row, hash): (StoredUser, Option<String>)| {
        let extension = extensions.remove(&row.user_id).unwrap_or_default();
        Ok((row.read(extension, None)?, hash.map(PasswordHash::new)))
    };
    rows.into_iter().map(user).collect()
}
