//! Pages of users and of sessions, newest first: ids grow with time. Each is read in one snapshot.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::count_star;
use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use super::schema::{iot_logins, iot_user_areas, iot_users};
use super::sessions::SessionRow;
use super::totals;
use super::tree::{self, inconsistent};
use super::users::UserRow;
use crate::domain::{Listed, PageRequest, User};
use crate::store::SessionOwner;

pub(super) fn users(conn: &mut AnyConn, page: PageRequest, now_ms: i64) -> Result<Listed<User>, StoreError> {
    let total = totals::users(conn)?;
    let rows: Vec<UserRow> = iot_users::table
        .order(iot_users::id.desc())
        .limit(page.size.into())
        .offset(page.offset())
        .select(UserRow::as_select())
        .load(conn)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let owned: Vec<(String, String)> = iot_user_areas::table
        .filter(iot_user_areas::user_id.eq_any(ids))
        .order((iot_user_areas::user_id, iot_user_areas::position))
        .select((iot_user_areas::user_id, iot_user_areas::area_id))
        .load(conn)?;
    let distinct: BTreeSet<&String> = owned.iter().map(|(_, area)| area).collect();
    let distinct: Vec<String> = distinct.into_iter().cloned().collect();
    let objects = tree::areas_of(conn, &distinct, now_ms)?;
    let mut areas: HashMap<String, Vec<_>> = HashMap::with_capacity(rows.len());
    for (user, area) in owned {
        let lost = || inconsistent("iot_user_areas", "area_id", &user, format!("no area {area}"));
        let object = objects.get(&area).cloned().ok_or_else(lost)?;
        areas.entry(user).or_default().push(object);
    }
    let user = |row: UserRow| {
        let areas = areas.remove(&row.id).unwrap_or_default();
        row.with(areas)
    };
    Ok(Listed { content: rows.into_iter().map(user).collect::<Result<_, _>>()?, total })
}

pub(super) fn sessions(
    conn: &mut AnyConn,
    page: PageRequest,
    now_ms: i64,
) -> Result<Listed<SessionOwner>, StoreError> {
    let live = || iot_logins::table.filter(iot_logins::expires_ms.gt(now_ms));
    let total: i64 = live().select(count_star()).get_result(conn)?;
    let rows: Vec<(SessionRow, String)> = live()
        .inner_join(iot_users::table)
        .order(iot_logins::id.desc())
        .limit(page.size.into())
        .offset(page.offset())
        .select((SessionRow::as_select(), iot_users::username))
        .load(conn)?;
    Ok(Listed { content: rows.into_iter().map(super::sessions::owned).collect(), total })
}
