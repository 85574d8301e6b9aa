//! What sessions of a PostgreSQL server wait for, and whether its disk has room.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use roster_kernel::PortError;

use crate::connection::AnyConn;
use crate::db::Db;
use crate::each_backend;
use crate::error::StoreError;
use crate::url::Backend;

/// What happens on the server now, as far as the role may see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Activity {
    /// Sessions that wait for a lock, the longest wait first; ten at the most.
    pub blocked: Vec<Session>,
    /// Sessions whose commit waits for a synchronous standby; ten at the most.
    pub commits: Vec<Session>,
    /// Sessions that hold a transaction open and do nothing; ten at the most.
    pub idle: Vec<Session>,
    /// Why the server cannot write a temporary file of 200 kB, if it cannot.
    pub temporary: Option<String>,
}

/// A session of the server that waits.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Session {
    /// The process id of its backend.
    #[diesel(sql_type = BigInt)]
    pub pid: i64,
    /// The name its client gave, or nothing.
    #[diesel(sql_type = Text)]
    pub application: String,
    /// How long it has been so, in seconds.
    #[diesel(sql_type = BigInt)]
    pub seconds: i64,
    /// The process ids that hold what it waits for, divided by commas; nothing unless it waits for a lock.
    #[diesel(sql_type = Text)]
    pub holders: String,
}

impl Db {
    /// Reads what sessions wait for, and tries whether the server can write a temporary file. Changes
    /// nothing. On SQLite the answer is empty.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn activity(&self) -> Result<Activity, PortError> {
        if self.backend() == Backend::Sqlite {
            return Ok(Activity::default());
        }
        let waits = self.read(|conn| {
            Ok(Activity {
                blocked: sessions(conn, "wait_event_type = 'Lock'")?,
                commits: sessions(conn, "wait_event = 'SyncRep'")?,
                idle: sessions(conn, "state LIKE 'idle in transaction%'")?,
                temporary: None,
            })
        });
        let waits = waits.await?;
        // By itself: where it fails it ends its transaction.
        let temporary = self.read(|conn| Ok(sort_on_disk(conn).err().map(|error| error.to_string()))).await;
        Ok(Activity { temporary: temporary.unwrap_or_else(|error| Some(error.to_string())), ..waits })
    }
}

fn sessions(conn: &mut AnyConn, which: &str) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "SELECT pid::bigint AS pid, application_name AS application, \
         COALESCE(floor(extract(epoch FROM clock_timestamp() - state_change)), 0)::bigint AS seconds, \
         array_to_string(pg_blocking_pids(pid), ', ') AS holders \
         FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
         AND {which} ORDER BY state_change LIMIT 10"
    );
    Ok(diesel::sql_query(sql).load(conn)?)
}

/// Sorts more than fits into its memory. `SET LOCAL` holds within the transaction of a store that is only
/// looked at, and does nothing elsewhere but warn.
fn sort_on_disk(conn: &mut AnyConn) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection as _;
    let sort = "SET LOCAL work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 8192)";
    Ok(each_backend!(conn, |conn| conn.batch_execute(sort))?)
}
