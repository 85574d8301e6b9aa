//! Many users at once: lists, searches, versions. None of them reads a picture.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use roster_kernel::fold;
use roster_persistence::{AnyConn, StoreError, each_backend};

use super::rows::UserRow;
use super::schema::{device_group_members, device_users};
use super::totals;
use crate::domain::{Listed, Search, User, UserId, Version, Window};

/// Wants a snapshot: three queries, one moment.
pub(super) fn list(conn: &mut AnyConn, window: Window) -> Result<Listed<User>, StoreError> {
    let total = totals::users(conn)?;
    let rows: Vec<UserRow> = device_users::table
        .order((device_users::created_ms.desc(), device_users::user_id.desc()))
        .offset(window.offset().into())
        .limit(window.limit().into())
        .select(UserRow::as_select())
        .load(conn)?;
    let mut groups = groups_of(conn, rows.iter().map(|row| row.user_id).collect())?;
    let user = |row: UserRow| {
        let groups = groups.remove(&row.user_id).unwrap_or_default();
        row.into_user(None, groups)
    };
    Ok(Listed { total, items: rows.into_iter().map(user).collect::<Result<_, _>>()? })
}

/// The groups of each of these users, in his order.
pub(super) fn groups_of(conn: &mut AnyConn, users: Vec<i32>) -> Result<HashMap<i32, Vec<i32>>, StoreError> {
    let links: Vec<(i32, i32)> = each_backend!(conn, |conn| device_group_members::table
        .filter(device_group_members::user_id.eq_any(users))
        .order((device_group_members::user_id, device_group_members::position))
        .select((device_group_members::user_id, device_group_members::group_id))
        .load(conn))?;
    let mut groups: HashMap<i32, Vec<i32>> = HashMap::new();
    for (user, group) in links {
        groups.entry(user).or_default().push(group);
    }
    Ok(groups)
}

pub(super) fn search(conn: &mut AnyConn, search: &Search) -> Result<Vec<UserId>, StoreError> {
    let users = device_users::table.order(device_users::user_id).select(device_users::user_id);
    let ids: Vec<i32> = match search {
        Search::Name(name) => {
            users.filter(device_users::name_folded.like(containing(name.as_str())).escape('\\')).load(conn)?
        }
        // The second condition names what the index holds: a bound value would not.
        Search::IcNumber(number) => users
            .filter(device_users::ic_number.eq(number.as_str()))
            .filter(sql::<Bool>("device_users.ic_number <> ''"))
            .load(conn)?,
        Search::JobNumber(number) => users
            .filter(device_users::job_number.eq(number.as_str()))
            .filter(sql::<Bool>("device_users.job_number <> ''"))
            .load(conn)?,
    };
    Ok(ids.into_iter().map(UserId).collect())
}

/// The pattern of folded texts that contain `text`, itself taken literally.
pub(super) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in fold(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

pub(super) fn versions(
    conn: &mut AnyConn,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<Version>, StoreError> {
    let rows: Vec<(i32, i64)> = device_users::table
        .filter(device_users::user_id.gt(after.map_or(0, |id| id.0)))
        .order(device_users::user_id)
        .limit(limit.into())
        .select((device_users::user_id, device_users::updated_ms))
        .load(conn)?;
    let version = |(id, updated_ms)| Version { user_id: UserId(id), updated_ms };
    Ok(rows.into_iter().map(version).collect())
}
