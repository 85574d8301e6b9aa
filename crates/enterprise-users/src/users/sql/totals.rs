//! How many users there are, as the database's triggers keep it.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use crate::schema::enterprise_totals;

/// The number of users of an enterprise, or of all:
/// the sum of a row on SQLite, and of a few on PostgreSQL, where the triggers of two transactions do not wait for each other.
pub(super) fn users_in(conn: &mut AnyConn, enterprise_id: Option<&str>) -> Result<i64, StoreError> {
    let rows: Vec<i64> = enterprise_totals::table
        // No enterprise has an empty name.
        .filter(enterprise_totals::what.eq(enterprise_id.unwrap_or("")))
        .select(enterprise_totals::n)
        .load(conn)?;
    Ok(rows.into_iter().sum())
}
