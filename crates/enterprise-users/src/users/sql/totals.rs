//! How many users there are, as the database's triggers keep it: nobody counts them.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use super::schema::enterprise_totals;

/// The users of an enterprise, or all of them.
/// The sum of a row on SQLite, and of a few on PostgreSQL, where no statement waits for another's.
pub(super) fn users(conn: &mut AnyConn, enterprise_id: Option<&str>) -> Result<i64, StoreError> {
    let rows: Vec<i64> = enterprise_totals::table
        // No enterprise has an empty name.
        .filter(enterprise_totals::what.eq(enterprise_id.unwrap_or("")))
        .select(enterprise_totals::n)
        .load(conn)?;
    Ok(rows.into_iter().sum())
}
