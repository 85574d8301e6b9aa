//! Groups and their members.

use diesel::prelude::*;
use roster_kernel::fold;
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, each_backend};

use super::journal::{group_subject, group_values};
use super::lists::containing;
use super::rows::{GroupRow, rule_text};
use super::schema::{device_group_members, device_groups, device_users};
use crate::REALM;
use crate::domain::{Group, GroupEdit, GroupId, Listed, Membership, Name, UserId, Window};
use crate::store::{GroupError, MembersError};
use crate::validate::MAX_GROUPS;

/// What came of a group that was to be made.
pub(super) enum Put {
    New,
    IdTaken,
    NameTaken,
}

/// Makes the group, unless its id or its name is taken.
pub(super) fn put_if_new(conn: &mut AnyConn, group: &Group, at_ms: i64) -> Result<Put, StoreError> {
    let (id, name) = (group.group_id.0, group.name.as_str());
    loop {
        let row = (
            device_groups::group_id.eq(id),
            device_groups::name.eq(name),
            device_groups::group_type.eq(group.group_type.number()),
            device_groups::rule_id.eq(rule_text(group.rule_id)),
            device_groups::created_ms.eq(at_ms),
            device_groups::name_folded.eq(fold(name)),
        );
        // Of no index in particular: a group that is made twice at once may meet either first.
        let inserted = each_backend!(conn, |conn| diesel::insert_into(device_groups::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?;
        if inserted == 1 {
            return Ok(Put::New);
        }
        let in_the_way: Vec<i32> = device_groups::table
            .filter(device_groups::group_id.eq(id).or(device_groups::name.eq(name)))
            .select(device_groups::group_id)
            .load(conn)?;
        if in_the_way.contains(&id) {
            return Ok(Put::IdTaken);
        }
        // Removed between the two statements (PostgreSQL shows that): then it is new after all.
        if !in_the_way.is_empty() {
            return Ok(Put::NameTaken);
        }
    }
}

pub(super) fn created(group: &Group) -> Entry {
    Entry::created(REALM.name(), "", &group_subject(group.group_id), group_values(group).into())
}

/// The violated index as the port's answer.
pub(super) fn refusal(error: StoreError) -> GroupError {
    match error {
        StoreError::Unique(index) if index.hits("device_groups_name", "device_groups.name") => {
            GroupError::NameTaken
        }
        other => GroupError::Port(other.into()),
    }
}

pub(super) fn insert(
    conn: &mut AnyConn,
    group: Group,
    at_ms: i64,
) -> Result<Outcome<Result<Group, GroupError>>, StoreError> {
    match put_if_new(conn, &group, at_ms)? {
        Put::New => {}
        Put::IdTaken => return Ok(Outcome::Refuse(Err(GroupError::Taken))),
        Put::NameTaken => return Ok(Outcome::Refuse(Err(GroupError::NameTaken))),
    }
    let entry = created(&group);
    Ok(Outcome::Commit(Ok(group), entry))
}

pub(super) fn find(conn: &mut AnyConn, id: GroupId) -> Result<Option<Group>, StoreError> {
    let group = device_groups::table.find(id.0).select(GroupRow::as_select());
    group.get_result(conn).optional()?.map(GroupRow::into_group).transpose()
}

/// The group as it is, and as it stays until the transaction ends; meanwhile nobody joins it.
fn lock(conn: &mut AnyConn, id: GroupId) -> Result<Option<Group>, StoreError> {
    // On SQLite the transaction is the only one that writes.
    if let AnyConn::Postgres(conn) = conn {
        let group = device_groups::table.find(id.0).select(device_groups::group_id);
        // Gone is gone: one of the same id who comes between the two statements is not held.
        if group.for_update().get_result::<i32>(conn).optional()?.is_none() {
            return Ok(None);
        }
    }
    find(conn, id)
}

pub(super) fn update(
    conn: &mut AnyConn,
    id: GroupId,
    edit: GroupEdit,
) -> Result<Outcome<Option<Group>>, StoreError> {
    let Some(before) = lock(conn, id)? else { return Ok(Outcome::Refuse(None)) };
    let group = edit.onto(&before);
    diesel::update(device_groups::table.find(id.0))
        .set((
            device_groups::name.eq(group.name.as_str()),
            device_groups::group_type.eq(group.group_type.number()),
            device_groups::rule_id.eq(rule_text(group.rule_id)),
            device_groups::name_folded.eq(fold(group.name.as_str())),
        ))
        .execute(conn)?;
    let (before, after) = (group_values(&before), group_values(&group));
    let entry = Entry::updated(REALM.name(), "", &group_subject(id), before, after);
    Ok(Outcome::Commit(Some(group), entry))
}

pub(super) fn delete(conn: &mut AnyConn, id: GroupId, at_ms: i64) -> Result<Outcome<bool>, StoreError> {
    let Some(group) = lock(conn, id)? else { return Ok(Outcome::Refuse(false)) };
    let users = members_of(conn, id)?;
    let users = lock_users(conn, users)?;
    touch(conn, &users, at_ms)?;
    diesel::delete(device_groups::table.find(id.0)).execute(conn)?;
    let mut before = group_values(&group);
    if !users.is_empty() {
        before.insert("users".to_owned(), users.into());
    }
    Ok(Outcome::Commit(true, Entry::deleted(REALM.name(), "", &group_subject(id), before)))
}

/// Wants a snapshot: two queries, one moment.
pub(super) fn list(conn: &mut AnyConn, window: Window) -> Result<Listed<Group>, StoreError> {
    let total = device_groups::table.count().get_result(conn)?;
    let rows: Vec<GroupRow> = device_groups::table
        .order((device_groups::created_ms.desc(), device_groups::group_id.desc()))
        .offset(window.offset().into())
        .limit(window.limit().into())
        .select(GroupRow::as_select())
        .load(conn)?;
    Ok(Listed { total, items: rows.into_iter().map(GroupRow::into_group).collect::<Result<_, _>>()? })
}

pub(super) fn search(conn: &mut AnyConn, name: &Name) -> Result<Vec<GroupId>, StoreError> {
    let ids: Vec<i32> = device_groups::table
        .filter(device_groups::name_folded.like(containing(name.as_str())).escape('\\'))
        .order(device_groups::group_id)
        .select(device_groups::group_id)
        .load(conn)?;
    Ok(ids.into_iter().map(GroupId).collect())
}

/// Wants a snapshot.
pub(super) fn members(conn: &mut AnyConn, id: GroupId) -> Result<Option<Vec<UserId>>, StoreError> {
    if find(conn, id)?.is_none() {
        return Ok(None);
    }
    Ok(Some(members_of(conn, id)?.into_iter().map(UserId).collect()))
}

fn members_of(conn: &mut AnyConn, id: GroupId) -> Result<Vec<i32>, StoreError> {
    let links = device_group_members::table.filter(device_group_members::group_id.eq(id.0));
    let links = links.order(device_group_members::user_id).select(device_group_members::user_id);
    Ok(links.load(conn)?)
}

/// How many ids one statement names: SQLite takes 32766.
const CHUNK: usize = 1000;

/// Those of these users who are there, in the order of their ids and as they stay until the
/// transaction ends. Always in this order, so that nobody waits for one who waits for him.
fn lock_users(conn: &mut AnyConn, mut users: Vec<i32>) -> Result<Vec<i32>, StoreError> {
    users.sort_unstable();
    let mut locked = Vec::with_capacity(users.len());
    for chunk in users.chunks(CHUNK) {
        let rows = device_users::table
            .filter(device_users::user_id.eq_any(chunk))
            .order(device_users::user_id)
            .select(device_users::user_id);
        let found: Vec<i32> = match conn {
            AnyConn::Sqlite(conn) => rows.load(conn)?,
            AnyConn::Postgres(conn) => rows.for_update().load(conn)?,
        };
        locked.extend(found);
    }
    Ok(locked)
}

/// These users count as changed; a change never looks older than what it changed.
fn touch(conn: &mut AnyConn, users: &[i32], at_ms: i64) -> Result<(), StoreError> {
    for chunk in users.chunks(CHUNK) {
        each_backend!(conn, |conn| diesel::update(
            device_users::table
                .filter(device_users::user_id.eq_any(chunk))
                .filter(device_users::updated_ms.lt(at_ms))
        )
        .set(device_users::updated_ms.eq(at_ms))
        .execute(conn))?;
    }
    Ok(())
}

type Seated = Outcome<Result<Option<()>, MembersError>>;

pub(super) fn set_members(
    conn: &mut AnyConn,
    id: GroupId,
    users: &[UserId],
    membership: Membership,
    at_ms: i64,
) -> Result<Seated, StoreError> {
    if lock(conn, id)?.is_none() {
        return Ok(Outcome::Refuse(Ok(None)));
    }
    let found = lock_users(conn, users.iter().map(|user| user.0).collect())?;
    let unknown: Vec<_> = users.iter().copied().filter(|user| !found.contains(&user.0)).collect();
    if !unknown.is_empty() {
        return Ok(Outcome::Refuse(Err(MembersError::UnknownUsers(unknown))));
    }
    let inside = members_of(conn, id)?;
    let changed: Vec<i32> = found
        .into_iter()
        .filter(|user| inside.binary_search(user).is_ok() == (membership == Membership::Leave))
        .collect();
    if changed.is_empty() {
        return Ok(Outcome::Refuse(Ok(Some(()))));
    }
    let verb = match membership {
        Membership::Join => {
            let full = seat(conn, id, &changed)?;
            if !full.is_empty() {
                return Ok(Outcome::Refuse(Err(MembersError::Full(full))));
            }
            "join"
        }
        Membership::Leave => {
            each_backend!(conn, |conn| diesel::delete(
                device_group_members::table
                    .filter(device_group_members::group_id.eq(id.0))
                    .filter(device_group_members::user_id.eq_any(&changed))
            )
            .execute(conn))?;
            "leave"
        }
    };
    touch(conn, &changed, at_ms)?;
    let named = serde_json::json!({"users": changed});
    let (before, after) = if verb == "join" { (None, Some(named)) } else { (Some(named), None) };
    let event = Entry::event(REALM.name(), "", &group_subject(id), verb, &["users"]);
    Ok(Outcome::Commit(Ok(Some(())), Entry { before, after, ..event }))
}

/// Links these users, who are locked and not in the group, behind their other groups. Answers
/// those who are in too many.
fn seat(conn: &mut AnyConn, id: GroupId, users: &[i32]) -> Result<Vec<UserId>, StoreError> {
    let mut full = Vec::new();
    for &user in users {
        let links = device_group_members::table.filter(device_group_members::user_id.eq(user));
        let (count, last): (i64, Option<i32>) = links
            .select((diesel::dsl::count_star(), diesel::dsl::max(device_group_members::position)))
            .get_result(conn)?;
        if usize::try_from(count).is_ok_and(|count| count >= MAX_GROUPS) {
            full.push(UserId(user));
            continue;
        }
        diesel::insert_into(device_group_members::table)
            .values((
                device_group_members::user_id.eq(user),
                device_group_members::group_id.eq(id.0),
                device_group_members::position.eq(last.map_or(0, |last| last + 1)),
            ))
            .execute(conn)?;
    }
    Ok(full)
}
