use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{AuditContext, fold};
use roster_persistence::{AnyConn, Outcome, StoreError, later};

use super::domain::{Credential, Login};
use super::port::PasswordStore;
use crate::access::sql::lock_for_update_in;
use crate::base::UserId;
use crate::base::row::event;
use crate::schema::enterprise_users;
use crate::store::DieselStore;

#[async_trait]
impl PasswordStore for DieselStore {
    async fn credential(&self, login: Login) -> Result<Option<Credential>, PortError> {
        Ok(self.db.look_up(move |conn| credential_in(conn, &login)).await?)
    }

    async fn set_password(
        &self,
        context: &AuditContext,
        id: UserId,
        hash: PasswordHash,
    ) -> Result<bool, PortError> {
        let at_ms = context.at_ms;
        let set = self.db.write(context, move |conn| {
            let Some(user) = lock_for_update_in(conn, id)? else { return Ok(Outcome::Refuse(false)) };
            let (password_hash, updated_ms) = (enterprise_users::password_hash, enterprise_users::updated_ms);
            diesel::update(enterprise_users::table.find(id.0))
                .set((password_hash.eq(hash.as_str()), updated_ms.eq(later!(updated_ms, at_ms))))
                .execute(conn)?;
            Ok(Outcome::Commit(true, event(&user, "update", &["password"])))
        });
        Ok(set.await?)
    }

    async fn renew_hash(&self, id: UserId, old: PasswordHash, new: PasswordHash) -> Result<(), PortError> {
        // No journal entry: the password is the same.
        let renewed = self.db.bookkeep(move |conn| {
            diesel::update(enterprise_users::table.find(id.0))
                .filter(enterprise_users::password_hash.eq(old.as_str()))
                .set(enterprise_users::password_hash.eq(new.as_str()))
                .execute(conn)?;
            Ok(())
        });
        Ok(renewed.await?)
    }
}

fn credential_in(conn: &mut AnyConn, login: &Login) -> Result<Option<Credential>, StoreError> {
    let columns = (enterprise_users::user_id, enterprise_users::is_active, enterprise_users::password_hash);
    let users = enterprise_users::table.select(columns);
    let found: Option<(i32, bool, String)> = match login {
        Login::Id(id) => users.find(id.0).get_result(conn).optional()?,
        Login::NickName { enterprise_id, nick_name } => users
            .filter(enterprise_users::enterprise_id.eq(enterprise_id))
            .filter(enterprise_users::nick_name.eq(nick_name))
            .get_result(conn)
            .optional()?,
        Login::Email(email) => {
            users.filter(enterprise_users::email_folded.eq(fold(email))).get_result(conn).optional()?
        }
    };
    Ok(found.map(|(id, is_active, hash)| Credential {
        user_id: UserId(id),
        is_active,
        password: PasswordHash::new(hash),
    }))
}
