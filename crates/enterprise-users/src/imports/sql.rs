//! Many users at once, one after the other in one transaction.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{Change, IfExists, Imported};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};

use super::DieselStore;
use super::schema::enterprise_users;
use super::users::{self, Unchanged, UserRow};
use crate::domain::{Changes, NewUser, User, UserId};
use crate::store::{Arrival, ImportError, ImportStore, Presence, UniqueField};

/// How often a batch begins anew because somebody else took one of its names meanwhile.
const TRIES: usize = 5;

/// Imports of this dialect are one at a time: two that come to the same names in another order would
/// wait for each other.
const QUEUE: i64 = 0x1_6570;

#[async_trait]
impl ImportStore for DieselStore {
    async fn presence(&self, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError> {
        let looked = self.db.read(move |conn| users.iter().map(|user| presence(conn, user)).collect());
        Ok(looked.await?)
    }

    async fn import(
        &self,
        change: &Change,
        arrivals: Vec<Arrival>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, ImportError>>, PortError> {
        for _ in 0..TRIES {
            let (arrivals, at_ms) = (arrivals.clone(), change.at_ms);
            let written = self.db.write(change, move |conn| import(conn, &arrivals, if_exists, at_ms)).await;
            match written {
                // He who was faster has committed: the next round finds him.
                Err(StoreError::Unique(_) | StoreError::Locked) => {}
                other => return Ok(other?),
            }
        }
        Err(StoreError::Locked.into())
    }

    async fn export(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(User, PasswordHash)>, PortError> {
        let read = self.db.read(move |conn| {
            let rows: Vec<(UserRow, String)> = enterprise_users::table
                .filter(enterprise_users::user_id.gt(after.map_or(0, |id| id.0)))
                .order(enterprise_users::user_id)
                .limit(limit.into())
                .select((UserRow::as_select(), enterprise_users::password_hash))
                .load(conn)?;
            Ok(rows.into_iter().map(|(row, hash)| (row.into(), PasswordHash::new(hash))).collect())
        });
        Ok(read.await?)
    }
}

fn presence(conn: &mut AnyConn, user: &NewUser) -> Result<Presence, StoreError> {
    match users::by_nick_name(conn, user.enterprise_id.as_str(), user.nick_name.as_str())? {
        Some(there) => Ok(Presence::There(there)),
        None => Ok(users::taken(conn, user)?.map_or(Presence::Absent, Presence::Taken)),
    }
}

fn import(
    conn: &mut AnyConn,
    arrivals: &[Arrival],
    if_exists: IfExists,
    at_ms: i64,
) -> Result<Outcome<Vec<Result<Imported, ImportError>>>, StoreError> {
    conn.queue(QUEUE)?;
    let (mut answers, mut entries) = (Vec::with_capacity(arrivals.len()), Vec::new());
    for arrival in arrivals {
        answers.push(arrive(conn, arrival, if_exists, at_ms, &mut entries)?);
    }
    Ok(if entries.is_empty() { Outcome::Refuse(answers) } else { Outcome::CommitAll(answers, entries) })
}

fn arrive(
    conn: &mut AnyConn,
    arrival: &Arrival,
    if_exists: IfExists,
    at_ms: i64,
    entries: &mut Vec<Entry>,
) -> Result<Result<Imported, ImportError>, StoreError> {
    let Arrival { user, password, circle } = arrival;
    let there = match presence(conn, user)? {
        Presence::Taken(field) => return Ok(Err(ImportError::Taken(field))),
        Presence::Absent => {
            return Ok(match users::insert(conn, user, password, at_ms)? {
                Outcome::Commit(Ok(_), entry) => {
                    entries.push(entry);
                    Ok(Imported::Created)
                }
                Outcome::Refuse(Err(field)) | Outcome::Commit(Err(field), _) => {
                    Err(ImportError::Taken(field))
                }
                Outcome::CommitAll(..) | Outcome::Refuse(Ok(_)) => Ok(Imported::Unchanged),
            });
        }
        Presence::There(there) => there,
    };
    match if_exists {
        IfExists::Skip => return Ok(Ok(Imported::Skipped)),
        _ if user.is(&there, if_exists == IfExists::Fail) => return Ok(Ok(Imported::Unchanged)),
        IfExists::Fail => return Ok(Err(ImportError::Taken(UniqueField::NickName))),
        IfExists::Replace => {}
    }
    let changes = Changes {
        email: Some(user.email.clone()),
        phone: Some(user.phone.clone()),
        is_active: Some(user.is_active),
        password: Some(password.clone()),
    };
    Ok(match users::update(conn, there.user_id, &changes, circle, at_ms)? {
        Outcome::Commit(Ok(_), entry) => {
            entries.push(entry);
            Ok(Imported::Replaced)
        }
        Outcome::Refuse(Err(Unchanged::Taken(field))) => Err(ImportError::Taken(field)),
        Outcome::Refuse(Err(Unchanged::LastAdministrator)) => Err(ImportError::LastAdministrator),
        // He went between the two statements (PostgreSQL shows that).
        Outcome::Refuse(Err(Unchanged::NoUser)) => return Err(StoreError::Locked),
        _ => Ok(Imported::Unchanged),
    })
}
