//! What the demonstration and a first start have in common: one credential for each dialect.

use std::ops::RangeInclusive;

use roster_auth::Existing;
use roster_device_users::{Caller, REALM as DEVICE};
use roster_enterprise_users::{Administrator, EnterpriseId, NewUser, NickName};
use roster_iot_roles::{NewUser as NewIotUser, Role, SystemAdministrator, Username, demo};
use roster_kernel::{Rule, Secret};
use roster_tenant_ciam::{AttributeDefinition, AttributeKind, ExtensionKey, REALM as CIAM, TenantId};

use crate::compose::{Dialects, House};

/// The errors of making credentials are for the log and the terminal alone.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Whether `name` names an operator or an account: 1 to 64 of `A-Za-z0-9._@-`.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@-".contains(&b))
}

/// Makes everybody that a new store needs.
pub(crate) struct Provisioner<'a> {
    pub(crate) house: &'a House,
    pub(crate) dialects: &'a Dialects,
    /// Who stands in the journal.
    pub(crate) principal: &'static str,
}

impl Provisioner<'_> {
    pub(crate) async fn operator(&self, name: &str, token: &Secret) -> Result<()> {
        let change = self.house.change(self.principal);
        self.house.tokens.put_operator(&change, name, token, None, Existing::Replace).await?;
        Ok(())
    }

    /// A user of `enterprise` with an access key and a password that nobody knows.
    pub(crate) async fn enterprise_user(
        &self,
        enterprise: &str,
        name: &str,
        administrator: bool,
        key: &Secret,
    ) -> Result<()> {
        let service = &self.dialects.enterprise_users;
        let by = Administrator::trusted(self.principal, enterprise);
        let refused = |rule: Rule| format!("{name}: {rule:?}");
        let enterprise = EnterpriseId::parse(enterprise.to_owned()).map_err(refused)?;
        let name = NickName::parse(name.to_owned()).map_err(refused)?;
        let user = NewUser { administrator, ..NewUser::new(enterprise, name) };
        let password = Secret::new(roster_kernel::hex_token(self.house.random.as_ref(), 32));
        let user = service.ensure(&by, user, &password).await?;
        Ok(service.grant_key(&by, &user, self.principal, key).await?)
    }

    /// An account of the terminals' software, and the groups of these ids.
    pub(crate) async fn device_account(
        &self,
        name: &str,
        password: &Secret,
        groups: RangeInclusive<i32>,
    ) -> Result<()> {
        let change = self.house.change(self.principal);
        self.house.accounts.put(&change, DEVICE, name, None, password).await?;
        let by = Caller::trusted(self.principal);
        Ok(self.dialects.device_users.ensure_groups(&by, groups).await?)
    }

    /// A tenant whose users may have these text attributes, and a client of it.
    pub(crate) async fn tenant(
        &self,
        id: &str,
        attributes: &[&str],
        client: &str,
        secret: &Secret,
    ) -> Result<()> {
        let change = self.house.change(self.principal);
        let tenant = TenantId::parse(id)?;
        let text = |key: &&str| -> Result<_> {
            Ok(AttributeDefinition::extension(ExtensionKey::parse(key)?, AttributeKind::Text))
        };
        let attributes = attributes.iter().map(text).collect::<Result<_>>()?;
        self.dialects.tenant_ciam.provision_tenant(&change, &tenant, id, attributes).await?;
        Ok(self.house.accounts.put(&change, CIAM, client, Some(id), secret).await?)
    }

    /// A user of role SYSTEM.
    pub(crate) async fn iot_administrator(&self, name: &str, password: &Secret) -> Result<()> {
        let by = SystemAdministrator::trusted(self.principal);
        let username = Username::parse(name.to_owned()).map_err(|rule: Rule| format!("{name}: {rule:?}"))?;
        let user = NewIotUser::new(username, Role::System);
        self.dialects.iot_roles.ensure_user(&by, user, password).await?;
        Ok(())
    }

    /// The domain, the site type and the sites of the documentation's examples.
    pub(crate) async fn iot_objects(&self, objects: demo::Objects) -> Result<()> {
        let (service, by) = (&self.dialects.iot_roles, SystemAdministrator::trusted(self.principal));
        service.ensure_domain(&by, objects.domain).await?;
        service.ensure_site_type(&by, objects.site_type).await?;
        for site in objects.sites {
            service.ensure_site(&by, site).await?;
        }
        Ok(())
    }
}
