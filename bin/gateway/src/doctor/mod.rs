//! What is wrong with an installation, and how to mend it. The doctor looks and changes nothing; it
//! needs no running gateway and disturbs none.

mod activity;
mod credentials;
mod files;
mod finding;
mod settings;
mod store;

use std::path::Path;
use std::sync::Arc;

use roster_kernel::{OsRandom, SystemClock};
use roster_persistence::{Db, DbSettings, store_clock};

pub use self::finding::{Finding, Level, Report};
use crate::compose::House;
use crate::config::{Config, ConfigError};

/// Examines what `loaded` configures, which was read from `file` if there is one.
pub async fn examine(loaded: Result<Config, ConfigError>, file: Option<&Path>) -> Report {
    let mut report = Report::default();
    let config = match loaded {
        Ok(config) => config,
        Err(error) => {
            report.error(
                "configuration",
                error.to_string(),
                "`roster config check` says the same until it is good",
            );
            return report;
        }
    };
    settings::check(&mut report, &config, file).await;
    let Ok(url) = config.database_url() else { return report };
    files::check(&mut report, &url);
    let settings = DbSettings::from(config.database);
    // A server that is away has no clock either; that is reported below.
    let clock = store_clock(&url, &settings.postgres, Arc::new(SystemClock))
        .unwrap_or_else(|_| Arc::new(SystemClock));
    let random = Arc::new(OsRandom);
    let db = match Db::open_to_look(&url, settings, clock.clone(), random.clone()) {
        Ok(db) => db,
        Err(error) => {
            report.error(
                "database",
                format!("cannot open {url}: {error}"),
                "look whether the server runs, database_url is right and this user may connect; \
                 a new SQLite store is made by `roster serve`",
            );
            return report;
        }
    };
    activity::check(&mut report, &db).await;
    // What the tables hold can be asked where they are as this version knows them.
    if store::check(&mut report, &config, &db).await
        && let Ok(house) = House::on(db, &config, clock, random)
    {
        credentials::check(&mut report, &config, &house).await;
    }
    report
}
