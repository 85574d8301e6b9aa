//! Whether anybody can call: operators, keys, accounts; and rows that no foreign key holds together.

use roster_auth::OperatorState;
use roster_kernel::{PortError, Realm};

use super::Report;
use crate::compose::House;
use crate::config::Config;

/// Tokens that expire within so many milliseconds, two weeks, are named.
const SOON_MS: i64 = 14 * 24 * 60 * 60 * 1000;

pub(super) async fn check(report: &mut Report, config: &Config, house: &House) {
    if let Err(error) = all(report, config, house).await {
        report.error("credentials", format!("cannot be read: {error}"), "see what the database says above");
    }
}

async fn all(report: &mut Report, config: &Config, house: &House) -> Result<(), PortError> {
    operators(report, &house.tokens.operators().await?, house.clock.now_ms());
    callers(report, config, house).await?;
    for (realm, enabled) in [
        (roster_device_users::REALM, config.device_users.enabled),
        (roster_iot_roles::REALM, config.iot_roles.enabled),
    ] {
        if enabled {
            let there = house.signer.has_key(realm).await?;
            let what = if there { "has one" } else { "gets one with its first token" };
            report.ok("signing-keys", format!("{realm} {what}"));
        }
    }
    let orphans = roster_iot_roles::DieselStore::new(house.db.clone()).orphans().await?;
    if orphans.is_empty() {
        report.ok("orphans", "every place that is named is there");
    } else {
        let named: Vec<String> =
            orphans.iter().map(|(column, rows)| format!("{column} ({rows} rows)")).collect();
        report.error(
            "orphans",
            format!("places that are not there are named by {}", named.join(", ")),
            "somebody else wrote into the store; restore the last backup, or take those rows out",
        );
    }
    Ok(())
}

/// Whether anybody can use the admin API, and for how long.
fn operators(report: &mut Report, all: &[OperatorState], now_ms: i64) {
    if all.iter().all(|one| one.is_expired(now_ms)) {
        report.error("operators", "nobody can use the admin API", "roster operator create NAME");
    } else {
        report.ok("operators", "there is one at least");
    }
    for one in all {
        let Some(end) = one.expires_ms.filter(|end| *end <= now_ms.saturating_add(SOON_MS)) else { continue };
        let date = chrono::DateTime::from_timestamp_millis(end).unwrap_or_default().format("%Y-%m-%d %H:%M");
        let (name, state) = (&one.name, if end <= now_ms { "expired at" } else { "expires at" });
        report.warning(
            "operator-expiry",
            format!("the token of the operator {name} {state} {date} UTC"),
            format!(
                "`roster operator create {name}` replaces it, `roster operator revoke {name}` removes it"
            ),
        );
    }
}

/// Whether every dialect that is switched on can be called by anybody.
async fn callers(report: &mut Report, config: &Config, house: &House) -> Result<(), PortError> {
    let enterprise = roster_enterprise_users::DieselStore::new(house.db.clone());
    let iot = roster_iot_roles::DieselStore::new(house.db.clone());
    let dialects = [
        (
            roster_enterprise_users::DIALECT,
            config.enterprise_users.enabled,
            enterprise.any_key().await?,
            "roster key create ENTERPRISE/NICK_NAME NOTE",
        ),
        (
            roster_device_users::REALM,
            config.device_users.enabled,
            any_account(house, roster_device_users::REALM).await?,
            "roster device-account create NAME",
        ),
        (
            roster_tenant_ciam::REALM,
            config.tenant_ciam.enabled,
            any_account(house, roster_tenant_ciam::REALM).await?,
            "roster client create TENANT",
        ),
        (
            roster_iot_roles::REALM,
            config.iot_roles.enabled,
            iot.any_administrator().await?,
            "restore a backup that has a user of role SYSTEM: only such a one makes others",
        ),
    ];
    for (realm, enabled, any, mend) in dialects {
        match (enabled, any) {
            (false, _) => {}
            (true, true) => report.ok("credentials", format!("{realm} can be called")),
            (true, false) => {
                let what = format!("{realm} is switched on, and nobody has a credential for it");
                report.warning("credentials", what, format!("{mend}; or switch it off: enabled = false"));
            }
        }
    }
    Ok(())
}

async fn any_account(house: &House, realm: Realm) -> Result<bool, PortError> {
    Ok(house.accounts.list(realm).await?.iter().any(|account| !account.disabled))
}
