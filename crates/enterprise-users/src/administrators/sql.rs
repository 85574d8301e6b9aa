//! Administrators, of whom one always remains.

use diesel::prelude::*;
use roster_persistence::{AnyConn, Outcome, StoreError};

use super::schema::{enterprise_administrators, enterprise_users};
use super::users;
use crate::domain::UserId;
use crate::store::{Circle, Removal};

/// Lets nobody else take a rank, delete or disable before this transaction ends: of two who would
/// remove each other the second waits, and then counts what the first has left. SQLite has one
/// writer anyway. Ask for it before any user's row, as everybody does.
pub(super) fn hold(conn: &mut AnyConn) -> Result<(), StoreError> {
    if let AnyConn::Postgres(conn) = conn {
        enterprise_administrators::table
            .select(enterprise_administrators::user_id)
            .order(enterprise_administrators::user_id)
            .for_update()
            .load::<i32>(conn)?;
    }
    Ok(())
}

pub(super) fn is_one(conn: &mut AnyConn, id: UserId) -> Result<bool, StoreError> {
    let rank = enterprise_administrators::table.find(id.0);
    Ok(diesel::select(diesel::dsl::exists(rank)).get_result(conn)?)
}

/// Whether `id` is an active administrator of `circle` and nobody else is. True only of who is in
/// it: whom nothing depends on may always go.
pub(super) fn is_last(conn: &mut AnyConn, id: UserId, circle: &Circle) -> Result<bool, StoreError> {
    let mut active = enterprise_administrators::table
        .inner_join(enterprise_users::table)
        .filter(enterprise_users::is_active.eq(true))
        .select(enterprise_administrators::user_id)
        .order(enterprise_administrators::user_id)
        .into_boxed();
    if let Some(enterprise_id) = circle {
        active = active.filter(enterprise_users::enterprise_id.eq(enterprise_id));
    }
    let active: Vec<i32> = active.load(conn)?;
    Ok(active == [id.0])
}

pub(super) fn insert(conn: &mut AnyConn, id: UserId, at_ms: i64) -> Result<(), StoreError> {
    diesel::insert_into(enterprise_administrators::table)
        .values((
            enterprise_administrators::user_id.eq(id.0),
            enterprise_administrators::created_ms.eq(at_ms),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn appoint(conn: &mut AnyConn, id: UserId, at_ms: i64) -> Result<Outcome<bool>, StoreError> {
    // Held, so that of two who appoint him one finds it done.
    let Some(user) = users::hold(conn, id)? else { return Ok(Outcome::Refuse(false)) };
    if is_one(conn, id)? {
        return Ok(Outcome::Refuse(true));
    }
    insert(conn, id, at_ms)?;
    Ok(Outcome::Commit(true, users::event(&user, "appoint", &["administrator"])))
}

pub(super) fn dismiss(
    conn: &mut AnyConn,
    id: UserId,
    circle: &Circle,
) -> Result<Outcome<Removal>, StoreError> {
    hold(conn)?;
    let user = users::hold(conn, id)?;
    let Some(user) = user else { return Ok(Outcome::Refuse(Removal::Absent)) };
    if !is_one(conn, id)? {
        return Ok(Outcome::Refuse(Removal::Absent));
    }
    if is_last(conn, id, circle)? {
        return Ok(Outcome::Refuse(Removal::LastAdministrator));
    }
    diesel::delete(enterprise_administrators::table.find(id.0)).execute(conn)?;
    Ok(Outcome::Commit(Removal::Done, users::event(&user, "dismiss", &["administrator"])))
}
