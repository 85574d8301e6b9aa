use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::AuditContext;
use roster_kernel::ports::PortError;
use roster_persistence::Outcome;

use super::port::AdministratorStore;
use crate::access::AdminScope;
use crate::access::sql::{
    insert_administrator_in, is_administrator_in, is_last_administrator_in, lock_administrators_in,
    lock_for_update_in,
};
use crate::base::UserId;
use crate::base::row::event;
use crate::schema::{enterprise_administrators, enterprise_users};
use crate::store::DieselStore;
use crate::users::Removal;

#[async_trait]
impl AdministratorStore for DieselStore {
    async fn has_enterprise(&self, enterprise_id: String) -> Result<bool, PortError> {
        let found = self.db.look_up(move |conn| {
            let users = enterprise_users::table.filter(enterprise_users::enterprise_id.eq(enterprise_id));
            Ok(diesel::select(diesel::dsl::exists(users)).get_result(conn)?)
        });
        Ok(found.await?)
    }

    async fn appoint(&self, context: &AuditContext, id: UserId) -> Result<bool, PortError> {
        let at_ms = context.at_ms;
        let appointed = self.db.write(context, move |conn| {
            // Locked, so that of two that appoint the user one finds it done.
            let Some(user) = lock_for_update_in(conn, id)? else { return Ok(Outcome::Refuse(false)) };
            if is_administrator_in(conn, id)? {
                return Ok(Outcome::Refuse(true));
            }
            insert_administrator_in(conn, id, at_ms)?;
            Ok(Outcome::Commit(true, event(&user, "appoint", &["administrator"])))
        });
        Ok(appointed.await?)
    }

    async fn dismiss(
        &self,
        context: &AuditContext,
        id: UserId,
        scope: AdminScope,
    ) -> Result<Removal, PortError> {
        let dismissed = self.db.write(context, move |conn| {
            lock_administrators_in(conn)?;
            let user = lock_for_update_in(conn, id)?;
            let Some(user) = user else { return Ok(Outcome::Refuse(Removal::Absent)) };
            if !is_administrator_in(conn, id)? {
                return Ok(Outcome::Refuse(Removal::Absent));
            }
            if is_last_administrator_in(conn, id, &scope)? {
                return Ok(Outcome::Refuse(Removal::LastAdministrator));
            }
            diesel::delete(enterprise_administrators::table.find(id.0)).execute(conn)?;
            Ok(Outcome::Commit(Removal::Done, event(&user, "dismiss", &["administrator"])))
        });
        Ok(dismissed.await?)
    }
}
