use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{AuditContext, IfExists, Imported};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};

use super::domain::{ImportUser, Presence};
use super::port::{ImportError, ImportStore};
use crate::base::row::UserRow;
use crate::base::{UniqueField, User, UserId};
use crate::schema::enterprise_users;
use crate::store::DieselStore;
use crate::users::sql::{Unchanged, by_nick_name_in, insert_in, taken_in, update_in};
use crate::users::{NewUser, UserUpdate};

/// How often a batch is retried because another transaction took one of its names.
const TRIES: usize = 5;

/// Imports of this dialect run one at a time: two with the same names in another order would deadlock.
const ADVISORY_LOCK: i64 = 0x1_6570;

#[async_trait]
impl ImportStore for DieselStore {
    async fn presence(&self, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError> {
        let read = self.db.read(move |conn| users.iter().map(|user| presence_in(conn, user)).collect());
        Ok(read.await?)
    }

    async fn import(
        &self,
        context: &AuditContext,
        users: Vec<ImportUser>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, ImportError>>, PortError> {
        for _ in 0..TRIES {
            let (users, at_ms) = (users.clone(), context.at_ms);
            let written = self.db.write(context, move |conn| import_in(conn, &users, if_exists, at_ms)).await;
            match written {
                // Another transaction won the race and has committed: the next round finds its user.
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

fn presence_in(conn: &mut AnyConn, user: &NewUser) -> Result<Presence, StoreError> {
    match by_nick_name_in(conn, user.enterprise_id.as_str(), user.nick_name.as_str())? {
        Some(user) => Ok(Presence::Present(user)),
        None => Ok(taken_in(conn, user)?.map_or(Presence::Absent, Presence::Taken)),
    }
}

fn import_in(
    conn: &mut AnyConn,
    users: &[ImportUser],
    if_exists: IfExists,
    at_ms: i64,
) -> Result<Outcome<Vec<Result<Imported, ImportError>>>, StoreError> {
    conn.queue(ADVISORY_LOCK)?;
    let (mut answers, mut entries) = (Vec::with_capacity(users.len()), Vec::new());
    for user in users {
        answers.push(import_one_in(conn, user, if_exists, at_ms, &mut entries)?);
    }
    Ok(if entries.is_empty() { Outcome::Refuse(answers) } else { Outcome::CommitAll(answers, entries) })
}

fn import_one_in(
    conn: &mut AnyConn,
    import: &ImportUser,
    if_exists: IfExists,
    at_ms: i64,
    entries: &mut Vec<Entry>,
) -> Result<Result<Imported, ImportError>, StoreError> {
    let ImportUser { user, password, scope } = import;
    let present = match presence_in(conn, user)? {
        Presence::Taken(field) => return Ok(Err(ImportError::Taken(field))),
        Presence::Absent => {
            return Ok(match insert_in(conn, user, password, at_ms)? {
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
        Presence::Present(present) => present,
    };
    match if_exists {
        IfExists::Skip => return Ok(Ok(Imported::Skipped)),
        _ if user.equals(&present, if_exists == IfExists::Fail) => return Ok(Ok(Imported::Unchanged)),
        IfExists::Fail => return Ok(Err(ImportError::Taken(UniqueField::NickName))),
        IfExists::Replace => {}
    }
    let update = UserUpdate {
        email: Some(user.email.clone()),
        phone: Some(user.phone.clone()),
        is_active: Some(user.is_active),
        password: Some(password.clone()),
    };
    Ok(match update_in(conn, present.user_id, &update, scope, at_ms)? {
        Outcome::Commit(Ok(_), entry) => {
            entries.push(entry);
            Ok(Imported::Replaced)
        }
        Outcome::Refuse(Err(Unchanged::Taken(field))) => Err(ImportError::Taken(field)),
        Outcome::Refuse(Err(Unchanged::LastAdministrator)) => Err(ImportError::LastAdministrator),
        // Another transaction deleted the user between the two statements (PostgreSQL).
        Outcome::Refuse(Err(Unchanged::NoUser)) => return Err(StoreError::Locked),
        _ => Ok(Imported::Unchanged),
    })
}
