//! Many users at once. Those who are new are written together; the others one by one, with the same
//! functions as a single call's.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use roster_kernel::{IfExists, Imported};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};

use super::journal::Recorded;
use super::lists::groups_of;
use super::rows::{NewUserRow, UserRow};
use super::schema::{device_group_members, device_user_pictures, device_users};
use super::users;
use crate::REALM;
use crate::domain::{Avatar, GroupId, Profile, User, UserId};
use crate::store::{IfTaken, InsertError};

/// How many rows PostgreSQL is sent in one statement: it binds 65535 values at the most.
const ROWS: usize = 1000;

/// A user who is to be imported.
#[derive(Clone)]
pub(super) struct Incoming {
    pub(super) user: User,
    pub(super) recorded: Recorded,
}

type Answers = Vec<Result<Imported, InsertError>>;

pub(super) fn import(
    conn: &mut AnyConn,
    incoming: Vec<Incoming>,
    if_exists: IfExists,
) -> Result<Outcome<Answers>, StoreError> {
    // Groups before users, as everywhere.
    let named: HashSet<GroupId> = incoming.iter().flat_map(|one| &one.user.profile.groups).copied().collect();
    let mut named: Vec<GroupId> = named.into_iter().collect();
    named.sort_unstable();
    let unknown: HashSet<GroupId> = users::unknown_groups(conn, &named)?.into_iter().collect();
    let there = load(conn, incoming.iter().map(|one| one.user.profile.user_id.0).collect())?;

    let mut answers: Vec<Option<Result<Imported, InsertError>>> = Vec::new();
    answers.resize_with(incoming.len(), || None);
    let mut entries = Vec::new();
    let (mut fresh, mut rest, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (at, one) in incoming.into_iter().enumerate() {
        let profile = &one.user.profile;
        let missing: Vec<GroupId> =
            profile.groups.iter().copied().filter(|id| unknown.contains(id)).collect();
        if !missing.is_empty() {
            answers[at] = Some(Err(InsertError::UnknownGroups(missing)));
        } else if there.contains_key(&profile.user_id.0) || !seen.insert(profile.user_id.0) {
            rest.push((at, one));
        } else {
            fresh.push((at, one));
        }
    }
    // All writers come to the same ids in the same order: none waits for one who waits for him.
    fresh.sort_by_key(|(_, one)| one.user.profile.user_id);
    rest.sort_by_key(|(at, one)| (one.user.profile.user_id, *at));

    let inserted = put_users(conn, &fresh)?;
    let (fresh, overtaken): (Vec<_>, Vec<_>) =
        fresh.into_iter().partition(|(_, one)| inserted.contains(&one.user.profile.user_id.0));
    put_pictures(conn, &fresh)?;
    put_links(conn, &fresh)?;
    for (at, one) in fresh {
        let subject = one.user.profile.user_id.to_string();
        let values = one.recorded.values(&one.user.profile);
        entries.push(Entry::created(REALM.name(), "", &subject, values.into()));
        answers[at] = Some(Ok(Imported::Created));
    }
    for (at, one) in overtaken.into_iter().chain(rest) {
        let before = there.get(&one.user.profile.user_id.0);
        answers[at] = Some(meet(conn, one, before, if_exists, &mut entries)?);
    }
    let answers: Answers = answers.into_iter().flatten().collect();
    Ok(if entries.is_empty() { Outcome::Refuse(answers) } else { Outcome::CommitAll(answers, entries) })
}

/// One who is there already, or was a moment ago. `before` is he as he was found, without picture.
fn meet(
    conn: &mut AnyConn,
    one: Incoming,
    before: Option<&User>,
    if_exists: IfExists,
    entries: &mut Vec<Entry>,
) -> Result<Result<Imported, InsertError>, StoreError> {
    if if_exists == IfExists::Skip {
        return Ok(Ok(Imported::Skipped));
    }
    let profile = &one.user.profile;
    let same = match before {
        Some(before) => is_same(conn, &before.profile, profile, if_exists)?,
        // An earlier one of the same batch, or somebody else's of this moment.
        None => match users::find_user(conn, profile.user_id)? {
            Some(before) => is_same(conn, &before.profile, profile, if_exists)?,
            None => false,
        },
    };
    if same {
        return Ok(Ok(Imported::Unchanged));
    }
    let if_taken = if if_exists == IfExists::Replace { IfTaken::Replace } else { IfTaken::Refuse };
    match users::insert(conn, one.user, one.recorded, if_taken)? {
        Outcome::Commit(Ok(_), entry) => {
            let imported = if entry.before.is_some() { Imported::Replaced } else { Imported::Created };
            entries.push(entry);
            Ok(Ok(imported))
        }
        Outcome::CommitAll(answer, _) | Outcome::Commit(answer, _) | Outcome::Refuse(answer) => {
            Ok(answer.map(|_| Imported::Unchanged))
        }
    }
}

/// Whether a user is what an import says. His type never changes, so that a replacement does not
/// look at it.
fn is_same(
    conn: &mut AnyConn,
    before: &Profile,
    wanted: &Profile,
    if_exists: IfExists,
) -> Result<bool, StoreError> {
    let user_type = if if_exists == IfExists::Replace { before.user_type } else { wanted.user_type };
    let faceless = |profile: &Profile| Profile { avatar: None, ..profile.clone() };
    let wanted_faceless = Profile { user_type, avatar: None, ..wanted.clone() };
    if faceless(before) != wanted_faceless {
        return Ok(false);
    }
    let avatar = device_user_pictures::table.find(wanted.user_id.0).select(device_user_pictures::avatar);
    let avatar: Option<String> = avatar.first(conn).optional()?;
    Ok(avatar.as_deref() == wanted.avatar.as_ref().map(Avatar::as_str))
}

/// Those of `ids` who are there, without their pictures.
fn load(conn: &mut AnyConn, ids: Vec<i32>) -> Result<HashMap<i32, User>, StoreError> {
    let mut there = HashMap::new();
    for ids in ids.chunks(ROWS) {
        let rows: Vec<UserRow> = device_users::table
            .filter(device_users::user_id.eq_any(ids))
            .select(UserRow::as_select())
            .load(conn)?;
        if rows.is_empty() {
            continue;
        }
        let mut groups = groups_of(conn, rows.iter().map(|row| row.user_id).collect())?;
        for row in rows {
            let id = row.user_id;
            there.insert(id, row.into_user(None, groups.remove(&id).unwrap_or_default())?);
        }
    }
    Ok(there)
}

/// Writes those whose ids are free, and says which.
fn put_users(conn: &mut AnyConn, users: &[(usize, Incoming)]) -> Result<HashSet<i32>, StoreError> {
    let mut inserted = HashSet::new();
    match conn {
        // No round trip to spare: one prepared statement, many times.
        AnyConn::Sqlite(_) => {
            for (_, one) in users {
                if users::insert_user(conn, &one.user)? {
                    inserted.insert(one.user.profile.user_id.0);
                }
            }
        }
        AnyConn::Postgres(conn) => {
            for chunk in users.chunks(ROWS) {
                let rows: Vec<_> = chunk.iter().map(|(_, one)| NewUserRow::from(&one.user)).collect();
                let ids: Vec<i32> = diesel::insert_into(device_users::table)
                    .values(&rows)
                    .on_conflict(device_users::user_id)
                    .do_nothing()
                    .returning(device_users::user_id)
                    .load(conn)?;
                inserted.extend(ids);
            }
        }
    }
    Ok(inserted)
}

fn put_pictures(conn: &mut AnyConn, users: &[(usize, Incoming)]) -> Result<(), StoreError> {
    match conn {
        AnyConn::Sqlite(_) => {
            for (_, one) in users {
                users::put_avatar(conn, &one.user.profile)?;
            }
        }
        AnyConn::Postgres(conn) => {
            let row = |(_, one): &'_ (usize, Incoming)| {
                let profile = &one.user.profile;
                let avatar = profile.avatar.as_ref().map(|avatar| avatar.as_str().to_owned())?;
                let user_id = device_user_pictures::user_id.eq(profile.user_id.0);
                Some((user_id, device_user_pictures::avatar.eq(avatar)))
            };
            for chunk in users.chunks(ROWS) {
                let rows: Vec<_> = chunk.iter().filter_map(row).collect();
                if !rows.is_empty() {
                    diesel::insert_into(device_user_pictures::table).values(&rows).execute(conn)?;
                }
            }
        }
    }
    Ok(())
}

fn put_links(conn: &mut AnyConn, users: &[(usize, Incoming)]) -> Result<(), StoreError> {
    let links = users.iter().flat_map(|(_, one)| {
        let profile = &one.user.profile;
        let link = |(group, position): (&GroupId, i32)| {
            (
                device_group_members::user_id.eq(profile.user_id.0),
                device_group_members::group_id.eq(group.0),
                device_group_members::position.eq(position),
            )
        };
        profile.groups.iter().zip(0..).map(link).collect::<Vec<_>>()
    });
    let links: Vec<_> = links.collect();
    match conn {
        AnyConn::Sqlite(conn) => {
            for link in links {
                diesel::insert_into(device_group_members::table).values(link).execute(conn)?;
            }
        }
        AnyConn::Postgres(conn) => {
            for chunk in links.chunks(ROWS) {
                diesel::insert_into(device_group_members::table).values(chunk.to_vec()).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// In the order of their ids those after `after`, without their pictures. Wants a snapshot: two
/// queries, one moment.
pub(super) fn export(conn: &mut AnyConn, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = device_users::table
        .filter(device_users::user_id.gt(after.map_or(0, |id| id.0)))
        .order(device_users::user_id)
        .limit(limit.into())
        .select(UserRow::as_select())
        .load(conn)?;
    let mut groups = groups_of(conn, rows.iter().map(|row| row.user_id).collect())?;
    let user = |row: UserRow| {
        let groups = groups.remove(&row.user_id).unwrap_or_default();
        row.into_user(None, groups)
    };
    rows.into_iter().map(user).collect()
}
