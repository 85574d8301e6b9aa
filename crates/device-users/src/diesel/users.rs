//! One user: made, changed, removed.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, each_backend};
use serde_json::Value;

use super::journal::Recorded;
use super::rows::{NewUserRow, UserRow};
use super::schema::{device_group_members, device_groups, device_user_pictures, device_users};
use crate::REALM;
use crate::domain::{Edit, GroupId, Profile, User, UserId};
use crate::store::{IfTaken, InsertError, UpdateError};

pub(super) type Inserted = Outcome<Result<User, InsertError>>;

pub(super) fn insert(
    conn: &mut AnyConn,
    mut user: User,
    recorded: Recorded,
    if_taken: IfTaken,
) -> Result<Inserted, StoreError> {
    let unknown = unknown_groups(conn, &user.profile.groups)?;
    if !unknown.is_empty() {
        return Ok(Outcome::Refuse(Err(InsertError::UnknownGroups(unknown))));
    }
    let subject = user.profile.user_id.to_string();
    loop {
        if insert_user(conn, &user)? {
            put_avatar(conn, &user.profile)?;
            put_groups(conn, &user.profile)?;
            let entry = Entry::created(REALM.name(), "", &subject, recorded.values(&user.profile).into());
            return Ok(Outcome::Commit(Ok(user), entry));
        }
        if if_taken == IfTaken::Refuse {
            return Ok(Outcome::Refuse(Err(InsertError::Taken)));
        }
        // Deleted between the two statements (PostgreSQL shows that): then he is new after all.
        let Some(before) = lock_user(conn, user.profile.user_id)? else { continue };
        user.profile.user_type = before.profile.user_type;
        user.created_ms = before.created_ms;
        // Two gateways' clocks differ; a change never looks older than what it changed.
        user.updated_ms = user.updated_ms.max(before.updated_ms);
        replace(conn, &before, &user)?;
        let before = Recorded::of(&before.profile).values(&before.profile);
        let entry = Entry::updated(REALM.name(), "", &subject, before, recorded.values(&user.profile));
        return Ok(Outcome::Commit(Ok(user), entry));
    }
}

pub(super) type Updated = Outcome<Result<Option<User>, UpdateError>>;

pub(super) fn update(
    conn: &mut AnyConn,
    id: UserId,
    edit: Edit,
    avatar: Option<Value>,
    at_ms: i64,
) -> Result<Updated, StoreError> {
    // Groups before users, as everywhere: nobody waits for one who waits for him.
    let unknown = unknown_groups(conn, edit.groups.as_deref().unwrap_or_default())?;
    let Some(before) = lock_user(conn, id)? else { return Ok(Outcome::Refuse(Ok(None))) };
    if !unknown.is_empty() {
        return Ok(Outcome::Refuse(Err(UpdateError::UnknownGroups(unknown))));
    }
    let recorded = Recorded::of(&before.profile);
    let avatar = if edit.avatar.is_some() { avatar } else { recorded.avatar.clone() };
    let profile = match edit.onto(before.profile.clone()) {
        Ok(profile) => profile,
        Err(violations) => return Ok(Outcome::Refuse(Err(UpdateError::Invalid(violations)))),
    };
    let user = User { profile, created_ms: before.created_ms, updated_ms: at_ms.max(before.updated_ms) };
    replace(conn, &before, &user)?;
    let after = Recorded { avatar, ..Recorded::of_feature(&user.profile) }.values(&user.profile);
    let entry = Entry::updated(REALM.name(), "", &id.to_string(), recorded.values(&before.profile), after);
    Ok(Outcome::Commit(Ok(Some(user)), entry))
}

/// What hangs on the user goes with him: the tables say so.
pub(super) fn delete(conn: &mut AnyConn, id: UserId) -> Result<Outcome<bool>, StoreError> {
    let Some(user) = lock_user(conn, id)? else { return Ok(Outcome::Refuse(false)) };
    diesel::delete(device_users::table.find(id.0)).execute(conn)?;
    let before = Recorded::of(&user.profile).values(&user.profile);
    Ok(Outcome::Commit(true, Entry::deleted(REALM.name(), "", &id.to_string(), before)))
}

/// Those of `groups` that do not exist. The others stay until the transaction ends.
pub(super) fn unknown_groups(conn: &mut AnyConn, groups: &[GroupId]) -> Result<Vec<GroupId>, StoreError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let known = device_groups::table
        .filter(device_groups::group_id.eq_any(groups.iter().map(|group| group.0)))
        .order(device_groups::group_id)
        .select(device_groups::group_id);
    let known: Vec<i32> = match conn {
        // The transaction is the only one that writes.
        AnyConn::Sqlite(conn) => known.load(conn)?,
        AnyConn::Postgres(conn) => known.for_key_share().load(conn)?,
    };
    Ok(groups.iter().copied().filter(|group| !known.contains(&group.0)).collect())
}

/// Whether the id was free. The database decides: of two at once one waits for the other here.
pub(super) fn insert_user(conn: &mut AnyConn, user: &User) -> Result<bool, StoreError> {
    let row = NewUserRow::from(user);
    let inserted = match conn {
        // The same, for nothing else here is unique; diesel writes its text only once.
        AnyConn::Sqlite(conn) => {
            diesel::insert_or_ignore_into(device_users::table).values(&row).execute(conn)?
        }
        AnyConn::Postgres(conn) => diesel::insert_into(device_users::table)
            .values(&row)
            .on_conflict(device_users::user_id)
            .do_nothing()
            .execute(conn)?,
    };
    Ok(inserted == 1)
}

/// The user as he is, and as he stays until the transaction ends.
pub(super) fn lock_user(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    // On SQLite the transaction is the only one that writes.
    if let AnyConn::Postgres(conn) = conn {
        let user = device_users::table.find(id.0).select(device_users::user_id);
        // Gone is gone: one of the same id who comes between the two statements is not held.
        if user.for_update().get_result::<i32>(conn).optional()?.is_none() {
            return Ok(None);
        }
    }
    find_user(conn, id)
}

diesel::alias!(device_group_members as earlier: Earlier);

/// The user, with his picture and groups: one statement, which sees one moment by itself. A group is a
/// row of it, and the picture, which may be large, stands in one of them alone.
pub(super) fn find_user(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    let before = earlier.filter(earlier.field(device_group_members::user_id).eq(id.0)).filter(
        earlier
            .field(device_group_members::position)
            .nullable()
            .lt(device_group_members::position.nullable()),
    );
    let of_him = device_user_pictures::user_id.eq(device_users::user_id);
    let rows = device_users::table
        .left_join(device_group_members::table.on(device_group_members::user_id.eq(device_users::user_id)))
        .left_join(device_user_pictures::table.on(of_him.and(not(exists(before)))))
        .filter(device_users::user_id.eq(id.0));
    let avatar = device_user_pictures::avatar.nullable();
    let link = (device_group_members::position, device_group_members::group_id).nullable();
    type Row = (UserRow, Option<String>, Option<(i32, i32)>);
    let mut rows: Vec<Row> =
        each_backend!(conn, |conn| rows.select((UserRow::as_select(), avatar, link)).load(conn))?;
    let avatar = rows.iter_mut().find_map(|(_, avatar, _)| avatar.take());
    // By their positions. Sorted here, since a database would carry the picture through its sorting.
    let mut groups: Vec<(i32, i32)> = rows.iter().filter_map(|(.., link)| *link).collect();
    groups.sort_unstable();
    let groups = groups.into_iter().map(|(_, group)| group).collect();
    let first = rows.into_iter().next();
    first.map(|(user, ..)| user.into_user(avatar, groups)).transpose()
}

fn replace(conn: &mut AnyConn, before: &User, user: &User) -> Result<(), StoreError> {
    let id = user.profile.user_id.0;
    diesel::update(device_users::table.find(id)).set(NewUserRow::from(user)).execute(conn)?;
    if before.profile.avatar != user.profile.avatar {
        diesel::delete(device_user_pictures::table.find(id)).execute(conn)?;
        put_avatar(conn, &user.profile)?;
    }
    if before.profile.groups != user.profile.groups {
        diesel::delete(device_group_members::table.filter(device_group_members::user_id.eq(id)))
            .execute(conn)?;
        put_groups(conn, &user.profile)?;
    }
    Ok(())
}

/// Stores the picture of a user who has none.
pub(super) fn put_avatar(conn: &mut AnyConn, profile: &Profile) -> Result<(), StoreError> {
    if let Some(avatar) = &profile.avatar {
        let picture = (
            device_user_pictures::user_id.eq(profile.user_id.0),
            device_user_pictures::avatar.eq(avatar.as_str()),
        );
        each_backend!(conn, |conn| diesel::insert_into(device_user_pictures::table)
            .values(picture)
            .execute(conn))?;
    }
    Ok(())
}

/// Links a user who has no links.
fn put_groups(conn: &mut AnyConn, profile: &Profile) -> Result<(), StoreError> {
    let link = |(&group, position): (&GroupId, i32)| {
        (
            device_group_members::user_id.eq(profile.user_id.0),
            device_group_members::group_id.eq(group.0),
            device_group_members::position.eq(position),
        )
    };
    let links: Vec<_> = profile.groups.iter().zip(0..).map(link).collect();
    if !links.is_empty() {
        each_backend!(conn, |conn| diesel::insert_into(device_group_members::table)
            .values(&links)
            .execute(conn))?;
    }
    Ok(())
}
