//! What happens to the machines.

pub(crate) mod clock;
pub(crate) mod crash;
pub(crate) mod failover;
pub(crate) mod freeze;
pub(crate) mod full_disk;
pub(crate) mod kill;
mod outage;
pub(crate) mod proxy;
pub(crate) mod standby;

use clap::ValueEnum;
use diesel::PgConnection;
use diesel::connection::{Connection as _, SimpleConnection as _};
use roster_persistence::testing::Cluster;

use crate::store::Store;

use outage::Outage;

/// Which database the gateway keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Database {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A store of the run's own.
enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(Cluster),
}

impl Place {
    fn new(database: Database) -> Result<Self, String> {
        match database {
            Database::Sqlite => Ok(Self::Sqlite(tempfile::tempdir().map_err(|e| e.to_string())?)),
            Database::Postgres => Cluster::start(&[]).map(Self::Postgres),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}/roster.sqlite", folder.path().display()),
            Self::Postgres(cluster) => on_port(cluster.port()),
        }
    }

    fn store(&self) -> Store {
        match self {
            Self::Sqlite(folder) => Store::Sqlite(format!("{}/roster.sqlite", folder.path().display())),
            Self::Postgres(_) => Store::Postgres(self.url()),
        }
    }
}

/// The URL of the database of a server on 127.0.0.1.
fn on_port(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// Runs statements on a server, each on its own.
fn run_sql(url: &str, statements: &[&str]) -> Result<(), String> {
    let mut conn = PgConnection::establish(url).map_err(|e| e.to_string())?;
    for statement in statements {
        conn.batch_execute(statement).map_err(|e| format!("{statement}: {e}"))?;
    }
    Ok(())
}
