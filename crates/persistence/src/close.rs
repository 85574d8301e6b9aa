//! The end of a store that was served from: its file is whole by itself afterwards.

use std::time::Duration;

use diesel::RunQueryDsl as _;
use diesel::sql_types::Integer;
use roster_kernel::PortError;

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::url::Backend;

/// What is left of a store that was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The SQLite file is whole by itself; a server always is.
    Whole,
    /// Another process reads an older state of the SQLite file: what was written since is in its `-wal`
    /// alone, which belongs to the file.
    LogRemains,
}

/// Of `PRAGMA wal_checkpoint`.
#[derive(diesel::QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

impl Db {
    /// Ends the writer and the connections of the pool, brings SQLite's log into its file and empties it.
    /// Waits for other processes' readers for so long as `limit` says. Later writes are
    /// refused. Blocks the thread.
    ///
    /// # Errors
    /// If the file cannot be opened or written, or is not in its place.
    pub fn close(&self, limit: Duration) -> Result<Closed, PortError> {
        self.end_connections();
        self.identity().close();
        if self.backend() != Backend::Sqlite {
            return Ok(Closed::Whole);
        }
        self.identity().keep_log(false);
        let mut conn = self.dedicated()?;
        // Within the pool all have ended: who is waited for is another process.
        let wait = format!("PRAGMA busy_timeout = {}", limit.as_millis());
        run(&mut conn, &wait)?;
        let checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)");
        let checkpoint: Checkpoint = checkpoint.get_result(&mut conn).map_err(StoreError::from)?;
        Ok(if checkpoint.busy == 0 { Closed::Whole } else { Closed::LogRemains })
    }
}

fn run(conn: &mut AnyConn, sql: &str) -> Result<(), StoreError> {
    use diesel::connection::SimpleConnection as _;
    Ok(crate::each_backend!(conn, |conn| conn.batch_execute(sql))?)
}
