//! Many users at once, one after the other in one transaction.

use std::collections::BTreeSet;

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{Change, Imported};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};

use super::schema::{iot_devices, iot_user_areas, iot_users};
use super::users::{self, Key, UserRow};
use super::{DieselStore, tree};
use crate::domain::{Email, NewUser, ObjectId, Username};
use crate::store::{Arrival, Exported, ImportStore, InsertError, Presence};

/// How often a batch begins anew because somebody else took one of its names meanwhile.
const TRIES: usize = 5;

/// Imports of this dialect are one at a time: two that come to the same names in another order would
/// wait for each other.
const QUEUE: i64 = 0x1_696f;

type Answers = Vec<Result<Imported, InsertError>>;

#[async_trait]
impl ImportStore for DieselStore {
    async fn presence(&self, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError> {
        let now_ms = self.db.now_ms();
        let looked =
            self.db.snapshot(move |conn| users.iter().map(|user| presence(conn, user, now_ms)).collect());
        Ok(looked.await?)
    }

    async fn import(
        &self,
        change: &Change,
        arrivals: Vec<Arrival>,
        skip: bool,
    ) -> Result<Answers, PortError> {
        for _ in 0..TRIES {
            let (arrivals, at_ms) = (arrivals.clone(), change.at_ms);
            match self.db.write(change, move |conn| import(conn, arrivals, skip, at_ms)).await {
                // He who was faster has committed: the next round finds him.
                Err(StoreError::Unique(_) | StoreError::Locked) => {}
                other => return Ok(other?),
            }
        }
        Err(StoreError::Locked.into())
    }

    async fn export(&self, after: Option<ObjectId>, limit: u32) -> Result<Vec<Exported>, PortError> {
        Ok(self.db.snapshot(move |conn| export(conn, after.as_ref(), limit)).await?)
    }
}

fn presence(conn: &mut AnyConn, user: &NewUser, now_ms: i64) -> Result<Presence, StoreError> {
    if let Some(there) = users::find(conn, &Key::Username(user.username.clone()), now_ms)? {
        return Ok(Presence::There(there));
    }
    Ok(match tree::resolve(conn, &user.areas, now_ms)? {
        Ok(_) => Presence::Absent,
        Err(refused) => Presence::Refused(refused),
    })
}

fn import(
    conn: &mut AnyConn,
    arrivals: Vec<Arrival>,
    skip: bool,
    at_ms: i64,
) -> Result<Outcome<Answers>, StoreError> {
    conn.queue(QUEUE)?;
    // All areas first, in the order of their domains, so that nobody waits for one who waits for him.
    let areas: BTreeSet<String> = arrivals.iter().flat_map(|one| one.user.areas.iter().cloned()).collect();
    let areas: Vec<String> = areas.into_iter().collect();
    drop(tree::hold(conn, &areas)?);
    let (mut answers, mut entries) = (Vec::with_capacity(arrivals.len()), Vec::new());
    for arrival in arrivals {
        answers.push(arrive(conn, arrival, skip, at_ms, &mut entries)?);
    }
    Ok(if entries.is_empty() { Outcome::Refuse(answers) } else { Outcome::CommitAll(answers, entries) })
}

fn arrive(
    conn: &mut AnyConn,
    arrival: Arrival,
    skip: bool,
    at_ms: i64,
    entries: &mut Vec<Entry>,
) -> Result<Result<Imported, InsertError>, StoreError> {
    let Arrival { id, user, password } = arrival;
    if let Some(there) = users::find(conn, &Key::Username(user.username.clone()), at_ms)? {
        return Ok(match (skip, user.is(&there)) {
            (true, _) => Ok(Imported::Skipped),
            (_, true) => Ok(Imported::Unchanged),
            (_, false) => Err(InsertError::UsernameTaken),
        });
    }
    let held = tree::hold(conn, &user.areas)?;
    let areas = match tree::resolve_held(conn, &user.areas, held, at_ms)? {
        Ok(areas) => areas,
        Err(refused) => return Ok(Err(refused)),
    };
    let stored = users::insert(conn, id, user, areas, &password, at_ms)?;
    entries.push(users::created(&stored));
    Ok(Ok(Imported::Created))
}

/// Wants a snapshot: two queries, one moment.
fn export(conn: &mut AnyConn, after: Option<&ObjectId>, limit: u32) -> Result<Vec<Exported>, StoreError> {
    let of_devices = iot_devices::table
        .filter(iot_devices::account_id.is_not_null())
        .select(iot_devices::account_id.assume_not_null());
    let rows: Vec<(UserRow, String)> = iot_users::table
        .filter(iot_users::id.gt(after.map_or("", ObjectId::as_str)))
        .filter(iot_users::id.ne_all(of_devices))
        .order(iot_users::id)
        .limit(limit.into())
        .select((UserRow::as_select(), iot_users::password_hash))
        .load(conn)?;
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let mut areas: Vec<(String, String)> = iot_user_areas::table
        .filter(iot_user_areas::user_id.between(&first.id, &last.id))
        .order((iot_user_areas::user_id.desc(), iot_user_areas::position.desc()))
        .select((iot_user_areas::user_id, iot_user_areas::area_id))
        .load(conn)?;
    let exported = |(row, hash): (UserRow, String)| {
        let mut own = Vec::new();
        // Both come in the order of the users.
        while areas.last().is_some_and(|(user, _)| *user <= row.id) {
            own.extend(areas.pop().filter(|(user, _)| *user == row.id).map(|(_, area)| area));
        }
        Ok(Exported {
            user: NewUser {
                username: Username::stored(row.username),
                email: row.email.map(Email::stored),
                role: users::role(&row.id, &row.role)?,
                status: users::status(&row.id, &row.status)?,
                areas: own,
            },
            id: ObjectId::stored(row.id),
            password: PasswordHash::new(hash),
        })
    };
    rows.into_iter().map(exported).collect()
}
