use std::collections::HashSet;

use super::{Administrator, MAX_ROUNDS, overtaken};
use crate::center_error::{CenterError, Missing};
use crate::domain::TenantId;
use crate::mobile::AreaCodes;
use crate::password::PasswordPolicy;
use crate::service::TenantCiam;
use crate::store::WeakEdit;
use crate::validate::center::MAX_WEAK;

impl TenantCiam {
    /// Replaces the area codes. Numbers that users have stay as they are.
    ///
    /// # Errors
    /// [`Missing::Tenant`].
    pub async fn put_area_codes(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        codes: AreaCodes,
    ) -> Result<(), CenterError> {
        let there = self.ports.store.put_area_codes(&self.changed_by(by), tenant, codes).await?;
        if there { Ok(()) } else { Err(Missing::Tenant.into()) }
    }

    /// Replaces the password policy. Passwords that users have stay good.
    ///
    /// # Errors
    /// [`Missing::Tenant`].
    pub async fn put_password_policy(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        policy: PasswordPolicy,
    ) -> Result<(), CenterError> {
        let there = self.ports.store.put_password_policy(&self.changed_by(by), tenant, policy).await?;
        if there { Ok(()) } else { Err(Missing::Tenant.into()) }
    }

    /// Changes the tenant's own weak passwords, and answers how many there are then.
    ///
    /// # Errors
    /// [`Missing::Tenant`]; [`CenterError::Conflict`] for more than
    /// [`MAX_WEAK`](crate::validate::center::MAX_WEAK).
    pub async fn edit_weak_passwords(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        edit: WeakEdit,
    ) -> Result<usize, CenterError> {
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            let rules = self.tenant_rules(by, tenant).await?;
            let former = rules.weak_passwords.iter().filter(|_| !edit.clear);
            let mut after: HashSet<&String> = former.collect();
            edit.remove.iter().for_each(|password| {
                after.remove(password);
            });
            after.extend(&edit.add);
            if after.len() > MAX_WEAK {
                let what =
                    format!("the tenant's own weak passwords would be {}; at most {MAX_WEAK}", after.len());
                return Err(CenterError::Conflict(what));
            }
            let (store, change) = (&self.ports.store, self.changed_by(by));
            if store.edit_weak_passwords(&change, tenant, rules.version, edit.clone()).await? {
                return Ok(after.len());
            }
        }
        Err(overtaken())
    }
}
