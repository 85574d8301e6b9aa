//! How many users there are, as the database's triggers keep it: nobody counts them.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use super::schema::iot_totals;

/// All users.
/// The sum of a row on SQLite, and of a few on PostgreSQL, where no statement waits for another's.
pub(super) fn users(conn: &mut AnyConn) -> Result<i64, StoreError> {
    let rows: Vec<i64> =
        iot_totals::table.filter(iot_totals::what.eq("users")).select(iot_totals::n).load(conn)?;
    Ok(rows.into_iter().sum())
}
