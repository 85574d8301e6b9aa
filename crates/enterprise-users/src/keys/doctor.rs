//! What an operator's doctor asks.

use diesel::prelude::*;
use roster_kernel::ports::PortError;

use super::DieselStore;
use super::schema::{enterprise_access_keys, enterprise_users};

impl DieselStore {
    /// Whether any active user has a key that has not ended: else nobody can call.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn any_key(&self) -> Result<bool, PortError> {
        let now_ms = self.db.now_ms();
        let any = self.db.read(move |conn| {
            let live = enterprise_access_keys::expires_ms.is_null();
            let live = live.or(enterprise_access_keys::expires_ms.gt(now_ms).assume_not_null());
            let keys = enterprise_access_keys::table
                .inner_join(enterprise_users::table)
                .filter(enterprise_users::is_active.and(live));
            Ok(diesel::select(diesel::dsl::exists(keys)).get_result(conn)?)
        });
        Ok(any.await?)
    }
}
