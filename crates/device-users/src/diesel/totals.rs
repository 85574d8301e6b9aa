//! How many users there are, as the database's triggers keep it: nobody counts them.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use super::schema::device_totals;

/// All users.
/// The sum of a row on SQLite, and of a few on PostgreSQL, where no statement waits for another's.
pub(super) fn users(conn: &mut AnyConn) -> Result<i64, StoreError> {
    let rows: Vec<i64> =
        device_totals::table.filter(device_totals::what.eq("users")).select(device_totals::n).load(conn)?;
    Ok(rows.into_iter().sum())
}
