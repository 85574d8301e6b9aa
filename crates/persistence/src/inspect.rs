//! What an operator's doctor asks a database about itself. Nothing here changes anything.

use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_kernel::PortError;
use roster_migrations::MigrationSet;

use crate::catalogue;
use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::journal::store_journal;
use crate::migrate;

/// Which migrations a store has had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// Those that have run.
    pub applied: Vec<String>,
    /// Those that this version of Roster would run.
    pub pending: Vec<String>,
    /// Those that this version of Roster does not know.
    pub unknown: Vec<String>,
}

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Facts {
    /// A SQLite file.
    Sqlite(SqliteFacts),
    /// A PostgreSQL server, and the database on it.
    Postgres(PostgresFacts),
}

/// What SQLite says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFacts {
    /// SQLite's version.
    pub version: String,
    /// How it keeps its journal: `wal`, as Roster sets it.
    pub journal_mode: String,
    /// What `quick_check` found, five things at the most; nothing in a good file.
    pub damage: Vec<String>,
    /// Tables with rows whose foreign key leads nowhere.
    pub orphaned: Vec<String>,
}

/// What a PostgreSQL server says of itself and of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresFacts {
    /// The server's version, as `17.2`.
    pub version: String,
    /// The same as a number: 170002.
    pub version_number: i64,
    /// How the database stores texts.
    pub encoding: String,
    /// Which of `fsync`, `full_page_writes` and `synchronous_commit` are off.
    pub off: Vec<String>,
    /// How many connections this database and role may have at once.
    pub connections: i64,
    /// Whether it refuses to write: a standby, or set so.
    pub read_only: bool,
    /// Its clock, in milliseconds since the epoch.
    pub now_ms: i64,
}

impl Db {
    /// The store's migrations, beside those of `sets`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn versions(&self, sets: &'static [MigrationSet]) -> Result<Versions, PortError> {
        let applied = self.read(catalogue::applied).await?;
        let known = migrate::known(self.backend(), sets).map_err(PortError::failed)?;
        let without = |some: &[String], others: &[String]| -> Vec<String> {
            some.iter().filter(|version| !others.contains(version)).cloned().collect()
        };
        Ok(Versions { pending: without(&known, &applied), unknown: without(&applied, &known), applied })
    }

    /// The latest time that the journal holds, in milliseconds since the epoch; none if it is empty. Reads all
    /// of it.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn latest_entry_ms(&self) -> Result<Option<i64>, PortError> {
        let latest = self.read(|conn| {
            Ok(store_journal::table.select(diesel::dsl::max(store_journal::at_ms)).get_result(conn)?)
        });
        Ok(latest.await?)
    }

    /// What the database says of itself. Reads all of a SQLite file.
    ///
    /// # Errors
    /// If the database does not answer, or is too damaged to.
    pub async fn facts(&self) -> Result<Facts, PortError> {
        let facts = self.read(|conn| match conn {
            #[cfg(feature = "sqlite")]
            AnyConn::Sqlite(_) => sqlite(conn).map(Facts::Sqlite),
            #[cfg(feature = "postgres")]
            AnyConn::Postgres(_) => postgres(conn).map(Facts::Postgres),
        });
        Ok(facts.await?)
    }
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

fn words(conn: &mut AnyConn, sql: &str) -> Result<Vec<String>, StoreError> {
    Ok(diesel::sql_query(sql).load::<Word>(conn)?.into_iter().map(|row| row.word).collect())
}

#[cfg(feature = "sqlite")]
fn sqlite(conn: &mut AnyConn) -> Result<SqliteFacts, StoreError> {
    #[derive(QueryableByName)]
    struct Mode {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    #[derive(QueryableByName)]
    struct Check {
        #[diesel(sql_type = Text)]
        quick_check: String,
    }
    let mode: Mode = diesel::sql_query("PRAGMA journal_mode").get_result(conn)?;
    let damage: Vec<Check> = diesel::sql_query("PRAGMA quick_check(5)").load(conn)?;
    let damage = damage.into_iter().map(|row| row.quick_check).filter(|found| found != "ok").collect();
    Ok(SqliteFacts {
        version: words(conn, "SELECT sqlite_version() AS word")?.concat(),
        journal_mode: mode.journal_mode,
        damage,
        orphaned: words(
            conn,
            "SELECT DISTINCT \"table\" AS word FROM pragma_foreign_key_check ORDER BY word",
        )?,
    })
}

#[cfg(feature = "postgres")]
fn postgres(conn: &mut AnyConn) -> Result<PostgresFacts, StoreError> {
    use diesel::sql_types::{BigInt, Bool};
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        version: String,
        #[diesel(sql_type = BigInt)]
        version_number: i64,
        #[diesel(sql_type = Text)]
        encoding: String,
        #[diesel(sql_type = BigInt)]
        connections: i64,
        #[diesel(sql_type = Bool)]
        read_only: bool,
        #[diesel(sql_type = BigInt)]
        now_ms: i64,
    }
    // What the session set for itself is not what a gateway gets: its reset value is.
    let row: Row = diesel::sql_query(
        "SELECT current_setting('server_version') AS version, \
         current_setting('server_version_num')::bigint AS version_number, \
         pg_encoding_to_char(d.encoding)::text AS encoding, \
         LEAST(current_setting('max_connections')::bigint \
               - current_setting('superuser_reserved_connections')::bigint, \
               NULLIF(d.datconnlimit, -1), NULLIF(r.rolconnlimit, -1))::bigint AS connections, \
         pg_is_in_recovery() OR (SELECT reset_val = 'on' FROM pg_settings \
                                 WHERE name = 'default_transaction_read_only') AS read_only, \
         floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms \
         FROM pg_database AS d, pg_roles AS r \
         WHERE d.datname = current_database() AND r.rolname = current_user",
    )
    .get_result(conn)?;
    let off = "SELECT name AS word FROM pg_settings WHERE reset_val = 'off' \
               AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name";
    Ok(PostgresFacts {
        version: row.version,
        version_number: row.version_number,
        encoding: row.encoding,
        off: words(conn, off)?,
        connections: row.connections,
        read_only: row.read_only,
        now_ms: row.now_ms,
    })
}
