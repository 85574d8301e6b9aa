//! How many users there are, as the database's triggers keep it: nobody counts them.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use super::schema::tenant_totals;

/// The users of a tenant.
/// The sum of a row on SQLite, and of a few on PostgreSQL, where no statement waits for another's.
pub(super) fn users(conn: &mut AnyConn, tenant: &str) -> Result<i64, StoreError> {
    let rows: Vec<i64> =
        tenant_totals::table.filter(tenant_totals::what.eq(tenant)).select(tenant_totals::n).load(conn)?;
    Ok(rows.into_iter().sum())
}

/// The users of all tenants together.
pub(super) fn all(conn: &mut AnyConn) -> Result<i64, StoreError> {
    let rows: Vec<i64> = tenant_totals::table.select(tenant_totals::n).load(conn)?;
    Ok(rows.into_iter().sum())
}
