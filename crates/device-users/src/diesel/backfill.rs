//! Folded names for the rows of a version that had none.

use diesel::prelude::*;
use roster_kernel::fold;
use roster_kernel::ports::PortError;
use roster_persistence::{AnyConn, StartLock};

use super::DieselStore;
use super::schema::{device_groups, device_users};

/// How many rows one transaction fills.
const CHUNK: i64 = 500;

impl DieselStore {
    /// Folds the names that an earlier version stored, so that searches find them. To be called at
    /// every start, after the migrations; where there is nothing to do it costs one look into an
    /// index. It changes nothing that anybody said, so the journal has no part in it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn fill_folded(&self, _lock: &StartLock) -> Result<(), PortError> {
        while self.db.bookkeep(fold_some).await? {}
        Ok(())
    }
}

/// Whether there may be more.
fn fold_some(conn: &mut AnyConn) -> Result<bool, roster_persistence::StoreError> {
    let users: Vec<(i32, String)> = device_users::table
        .filter(device_users::name_folded.is_null())
        .order(device_users::user_id)
        .limit(CHUNK)
        .select((device_users::user_id, device_users::name))
        .load(conn)?;
    for (id, name) in &users {
        // A gateway of before may be renaming him at this moment: then the next look is for him.
        let user = device_users::table.find(id).filter(device_users::name.eq(name));
        diesel::update(user).set(device_users::name_folded.eq(fold(name))).execute(conn)?;
    }
    let groups: Vec<(i32, String)> = device_groups::table
        .filter(device_groups::name_folded.is_null())
        .order(device_groups::group_id)
        .limit(CHUNK)
        .select((device_groups::group_id, device_groups::name))
        .load(conn)?;
    for (id, name) in &groups {
        let group = device_groups::table.find(id).filter(device_groups::name.eq(name));
        diesel::update(group).set(device_groups::name_folded.eq(fold(name))).execute(conn)?;
    }
    Ok(!users.is_empty() || !groups.is_empty())
}
