//! Ends the lock of an account or of an address before its time: `roster unlock`, and the same over
//! the admin API.

use std::net::IpAddr;

use roster_device_users::{AccountName, Caller};
use roster_enterprise_users::{Login as EnterpriseLogin, UserId};
use roster_iot_roles::SystemAdministrator;
use roster_kernel::ports::{Lock, Throttle as _};
use roster_kernel::{Change, Fault, PortError};
use roster_tenant_ciam::{CenterError, Login as TenantLogin, Missing, TenantId};

use crate::compose::{Dialects, House};

/// What is to be unlocked: an address, or an account of a dialect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// A client address.
    pub(crate) address: Option<IpAddr>,
    /// The dialect's name.
    pub(crate) dialect: Option<String>,
    /// The account, as it signs in or by its id.
    pub(crate) account: Option<String>,
    /// Of an account of CIAM: its tenant.
    pub(crate) tenant: Option<String>,
    /// Of an enterprise user given by nick_name: the enterprise.
    pub(crate) enterprise_id: Option<String>,
}

/// Why nothing is unlocked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnlockError {
    /// The target is incomplete or contradicts itself; the text says how.
    #[error("{0}")]
    Invalid(String),
    /// There is no such account.
    #[error("{0}")]
    NotFound(String),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<PortError> for UnlockError {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

/// Forgets the failures of `target`. Whether there were any.
pub(crate) async fn unlock(
    house: &House,
    dialects: &Dialects,
    change: &Change,
    target: &Target,
) -> Result<bool, UnlockError> {
    let (dialect, account) = match target {
        Target {
            address: Some(address),
            dialect: None,
            account: None,
            tenant: None,
            enterprise_id: None,
        } => {
            return Ok(house.throttle.unlock(change, Lock::Address(*address)).await?);
        }
        Target { address: None, dialect: Some(dialect), account: Some(account), .. } => {
            (dialect.as_str(), account.as_str())
        }
        _ => return Err(invalid("give either a dialect and an account, or an address alone")),
    };
    let one_of = |wanted: &str, given: &Option<String>, of: &str| match given {
        Some(_) if dialect != of => Err(invalid(&format!("{wanted} belongs to an account of {of} alone"))),
        _ => Ok(()),
    };
    one_of("tenant", &target.tenant, TENANT_CIAM)?;
    one_of("enterprise_id", &target.enterprise_id, ENTERPRISE_USERS)?;
    match dialect {
        ENTERPRISE_USERS => enterprise_user(dialects, change, account, target.enterprise_id.as_deref()).await,
        DEVICE_USERS => device_account(dialects, change, account).await,
        TENANT_CIAM => tenant_user(dialects, change, account, target.tenant.as_deref()).await,
        IOT_ROLES => iot_user(dialects, change, account).await,
        _ => Err(invalid(&format!(
            "dialect must be {ENTERPRISE_USERS}, {DEVICE_USERS}, {TENANT_CIAM} or {IOT_ROLES}"
        ))),
    }
}

const ENTERPRISE_USERS: &str = roster_enterprise_users::DIALECT.name();
const DEVICE_USERS: &str = roster_device_users::REALM.name();
const TENANT_CIAM: &str = roster_tenant_ciam::REALM.name();
const IOT_ROLES: &str = roster_iot_roles::REALM.name();

/// Tries the account as an id, then as a nick_name of the enterprise, then as an e-mail address.
async fn enterprise_user(
    dialects: &Dialects,
    change: &Change,
    account: &str,
    enterprise_id: Option<&str>,
) -> Result<bool, UnlockError> {
    let by = roster_enterprise_users::Administrator::operator(&change.principal, change.origin.clone());
    let nick_name = |enterprise_id: &str| EnterpriseLogin::NickName {
        enterprise_id: enterprise_id.to_owned(),
        nick_name: account.to_owned(),
    };
    let logins = [
        account.parse().ok().map(|id| EnterpriseLogin::Id(UserId(id))),
        enterprise_id.map(nick_name),
        Some(EnterpriseLogin::Email(account.to_owned())),
    ];
    for login in logins.into_iter().flatten() {
        match dialects.enterprise_users.unlock(&by, &login).await {
            Err(roster_enterprise_users::Error::NotFound) => {}
            Err(roster_enterprise_users::Error::Fault(fault)) => return Err(fault.into()),
            Err(other) => return Err(unexpected(other)),
            Ok(unlocked) => return Ok(unlocked),
        }
    }
    Err(UnlockError::NotFound("no such user; one given by nick_name needs its enterprise_id".into()))
}

/// An account that does not exist has failures too, once its name was tried.
async fn device_account(dialects: &Dialects, change: &Change, account: &str) -> Result<bool, UnlockError> {
    let name = AccountName::parse(account);
    let name = name.map_err(|_| UnlockError::NotFound("no account can have this name".into()))?;
    let by = Caller::operator(&change.principal, change.origin.clone());
    dialects.device_users.unlock(&by, &name).await.map_err(|error| match error {
        roster_device_users::Error::Fault(fault) => fault.into(),
        other => unexpected(other),
    })
}

/// Tries the account as an id, a user name, an e-mail address and a mobile number.
async fn tenant_user(
    dialects: &Dialects,
    change: &Change,
    account: &str,
    tenant: Option<&str>,
) -> Result<bool, UnlockError> {
    let tenant = tenant.ok_or_else(|| invalid("an account of tenant-ciam needs its tenant"))?;
    let missing = |missing: Missing| UnlockError::NotFound(missing.words().into());
    let tenant = TenantId::parse(tenant).map_err(|_| missing(Missing::Tenant))?;
    let by = roster_tenant_ciam::Administrator::operator(&change.principal, change.origin.clone());
    for login in [TenantLogin::Id, TenantLogin::UserName, TenantLogin::Email, TenantLogin::Mobile] {
        match dialects.tenant_ciam.unlock(&by, &tenant, &login(account.to_owned())).await {
            Err(CenterError::NotFound(Missing::User)) => {}
            Err(CenterError::NotFound(what)) => return Err(missing(what)),
            Err(CenterError::Port(error)) => return Err(error.into()),
            Err(other) => return Err(unexpected(other)),
            Ok(unlocked) => return Ok(unlocked),
        }
    }
    Err(missing(Missing::User))
}

async fn iot_user(dialects: &Dialects, change: &Change, account: &str) -> Result<bool, UnlockError> {
    let by = SystemAdministrator::operator(&change.principal, change.origin.clone());
    dialects.iot_roles.unlock(&by, account).await.map_err(|error| match error {
        roster_iot_roles::Error::NotFound(_) => UnlockError::NotFound("no such user".into()),
        roster_iot_roles::Error::Fault(fault) => fault.into(),
        other => unexpected(other),
    })
}

fn invalid(text: &str) -> UnlockError {
    UnlockError::Invalid(text.to_owned())
}

fn unexpected(error: impl std::error::Error + Send + Sync + 'static) -> UnlockError {
    PortError::failed(error).into()
}
