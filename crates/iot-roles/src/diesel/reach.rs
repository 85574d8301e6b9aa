//! How far somebody reaches: the one predicate, and the locks under which a write asks it.
//!
//! Locks are taken in this order: domains, users, everything else. A domain's row stands for its
//! whole tree: who makes or renames something shares it, who moves or deletes has it alone, and who
//! gives a user an area shares it too ([`super::tree::hold`]). So whatever a writer has read of the
//! tree under it stays so until he is done.

use diesel::dsl::exists;
use diesel::prelude::*;
use roster_kernel::Change;
use roster_kernel::ports::PortError;
use roster_persistence::{AnyConn, Db, Entry, Outcome, StoreError};

use super::schema::{iot_domains, iot_location_ancestors as around, iot_user_areas, iot_users};
use super::users;
use crate::domain::{Area, Domain, ObjectId, Role, Status};
use crate::store::{Acting, Reach, TreeError, TreeState};

/// Why a piece of work stopped.
pub(super) enum Stop {
    Refused(TreeError),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<TreeError> for Stop {
    fn from(error: TreeError) -> Self {
        Self::Refused(error)
    }
}

impl From<TreeState> for Stop {
    fn from(state: TreeState) -> Self {
        Self::Refused(state.into())
    }
}

/// How a domain's row is locked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Not at all.
    Look,
    /// With others who do not change where things lie.
    Share,
    /// Alone.
    Alone,
}

/// Reads, all of it at one moment.
pub(super) async fn read<T: Send + 'static>(
    db: &Db,
    work: impl FnOnce(&mut AnyConn) -> Result<T, Stop> + Clone + Send + 'static,
) -> Result<T, TreeError> {
    let answer = db.snapshot(move |conn| match work(conn) {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Refused(refused)) => Ok(Err(refused)),
        Err(Stop::Store(error)) => Err(error),
    });
    answer.await.map_err(PortError::from)?
}

/// What the journal is told of one write.
pub(super) struct Entries(Vec<Entry>);

impl From<Entry> for Entries {
    fn from(entry: Entry) -> Self {
        Self(vec![entry])
    }
}

impl From<Vec<Entry>> for Entries {
    fn from(entries: Vec<Entry>) -> Self {
        Self(entries)
    }
}

/// Writes; without a record nothing has changed. `None` is what was not there.
pub(super) async fn write<T: Send + 'static, E: Into<Entries>>(
    db: &Db,
    change: &Change,
    work: impl FnOnce(&mut AnyConn) -> Result<Option<(T, E)>, Stop> + Clone + Send + 'static,
) -> Result<Option<T>, TreeError> {
    const NAMES: [(&str, &str); 4] = [
        ("iot_domains_name", "iot_domains.name"),
        ("iot_types_name", "iot_types.domain_id, iot_types.kind, iot_types.name"),
        ("iot_objects_name", "iot_objects.location_id, iot_objects.name, iot_objects.type_id"),
        ("iot_users_username", "iot_users.username"),
    ];
    let written = db.write(change, move |conn| match work(conn) {
        Ok(Some((value, entries))) => Ok(Outcome::CommitAll(Ok(Some(value)), entries.into().0)),
        Ok(None) => Ok(Outcome::Refuse(Ok(None))),
        Err(Stop::Refused(refused)) => Ok(Outcome::Refuse(Err(refused))),
        Err(Stop::Store(error)) => Err(error),
    });
    match written.await {
        Err(StoreError::Unique(violation))
            if NAMES.iter().any(|(index, columns)| violation.hits(index, columns)) =>
        {
            Err(TreeError::NameTaken)
        }
        Err(error) => Err(PortError::from(error).into()),
        Ok(written) => written,
    }
}

/// One domain's row, locked. SQLite has one writer at a time and needs no lock.
macro_rules! locked {
    ($conn:expr, $domain:expr, $lock:expr) => {{
        let row: Option<(String, String)> = match ($conn, $lock) {
            (AnyConn::Postgres(conn), Lock::Share) => $domain.for_share().get_result(conn).optional()?,
            (AnyConn::Postgres(conn), Lock::Alone) => $domain.for_update().get_result(conn).optional()?,
            (conn, _) => $domain.get_result(conn).optional()?,
        };
        row.map(|(id, name)| Domain { id: ObjectId::stored(id), name })
    }};
}

/// The domain of this id, locked.
pub(super) fn domain_of_id(conn: &mut AnyConn, id: &str, lock: Lock) -> Result<Option<Domain>, StoreError> {
    let domain = iot_domains::table.find(id).select((iot_domains::id, iot_domains::name));
    Ok(locked!(conn, domain, lock))
}

/// The domain of this name, locked.
pub(super) fn domain_of_name(
    conn: &mut AnyConn,
    name: &str,
    lock: Lock,
) -> Result<Option<Domain>, StoreError> {
    let domain =
        iot_domains::table.filter(iot_domains::name.eq(name)).select((iot_domains::id, iot_domains::name));
    Ok(locked!(conn, domain, lock))
}

/// Whether the object `id` lies within his areas, or is one.
pub(super) fn reaches(conn: &mut AnyConn, reach: &Reach, id: &str) -> Result<bool, StoreError> {
    let Reach::AreasOf(user) = reach else { return Ok(true) };
    let areas = around::table
        .inner_join(iot_user_areas::table.on(iot_user_areas::area_id.eq(around::ancestor_id)))
        .filter(around::descendant_id.eq(id))
        .filter(iot_user_areas::user_id.eq(user.as_str()));
    Ok(diesel::select(exists(areas)).get_result(conn)?)
}

/// The same as a demand.
pub(super) fn demand(conn: &mut AnyConn, reach: &Reach, id: &str) -> Result<(), Stop> {
    if reaches(conn, reach, id)? { Ok(()) } else { Err(TreeError::OutOfReach.into()) }
}

/// The object as a user of this reach may see it: of what is around it and out of reach no more than id
/// and name.
pub(super) fn seen(conn: &mut AnyConn, reach: &Reach, objects: Vec<Area>) -> Result<Vec<Area>, StoreError> {
    let Reach::AreasOf(user) = reach else { return Ok(objects) };
    let areas = users::area_ids(conn, user.as_str())?;
    let areas = areas.iter().map(String::as_str).collect();
    Ok(objects.iter().map(|object| object.within(&areas)).collect())
}

/// Whether any of his areas is the domain `id` or lies in it.
pub(super) fn touches(conn: &mut AnyConn, reach: &Reach, id: &str) -> Result<bool, StoreError> {
    let Reach::AreasOf(user) = reach else { return Ok(true) };
    let areas = iot_user_areas::table
        .inner_join(around::table.on(around::descendant_id.eq(iot_user_areas::area_id)))
        .filter(iot_user_areas::user_id.eq(user.as_str()))
        .filter(around::ancestor_id.eq(id));
    Ok(diesel::select(exists(areas)).get_result(conn)?)
}

/// The domain that was chosen, locked as the work needs it; with a lock, whoever reaches by his
/// areas is held too, so that they stay as they are.
pub(super) fn enter(conn: &mut AnyConn, by: &Acting, lock: Lock) -> Result<Domain, Stop> {
    let domain = domain_of_name(conn, &by.domain, lock)?.ok_or(TreeError::NoDomain)?;
    if lock != Lock::Look {
        hold_actor(conn, &by.reach)?;
    }
    if touches(conn, &by.reach, domain.id.as_str())? { Ok(domain) } else { Err(TreeError::OutOfReach.into()) }
}

fn hold_actor(conn: &mut AnyConn, reach: &Reach) -> Result<(), Stop> {
    let Reach::AreasOf(user) = reach else { return Ok(()) };
    let user = iot_users::table
        .find(user.as_str())
        .filter(iot_users::role.eq(Role::Area.name()))
        .filter(iot_users::status.eq(Status::Enable.name()))
        .select(iot_users::id);
    let held: Option<String> = match conn {
        AnyConn::Sqlite(conn) => user.get_result(conn).optional()?,
        AnyConn::Postgres(conn) => user.for_share().get_result(conn).optional()?,
    };
    held.map(drop).ok_or_else(|| TreeError::OutOfReach.into())
}
