//! `--demo`: fixed, well-known data, so that every example of the documentation works as it
//! stands. Only ever on a loopback address.

use roster_kernel::Secret;

use crate::credentials::{Provisioner, Result};

/// Puts the demonstration data into a new store.
pub(crate) async fn seed(provisioner: &Provisioner<'_>) -> Result<()> {
    provisioner.operator("demo", &Secret::from("demo-operator-token")).await?;
    provisioner.enterprise_user("demo", "admin", true, &"demo-enterprise-key".into()).await?;
    provisioner.enterprise_user("demo", "member", false, &"demo-member-key".into()).await?;
    provisioner.device_account("admin", &"demo-password".into(), 1..=100).await?;
    provisioner.tenant("demo", &["age"], "demo-client", &"demo-secret".into()).await?;
    provisioner.tenant("other", &[], "other-client", &"other-secret".into()).await?;
    provisioner.iot_objects(roster_iot_roles::demo::objects()).await?;
    provisioner.iot_administrator("admin", &"demo-password".into()).await?;
    Ok(())
}
