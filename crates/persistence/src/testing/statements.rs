//! What a store's methods really send to the database: how many statements, and by which plan.
//!
//! A test that explains a query of its own wording proves nothing about the query that diesel
//! builds; these are diesel's.

use std::sync::{Arc, Mutex, PoisonError};

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::watch::without_values;

/// Where the connections of one pool write their statements, while somebody listens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Option<Vec<Statement>>>>);

impl Recorder {
    /// A statement begins; somebody may be listening.
    pub(crate) fn hear(&self, shown: impl FnOnce() -> String) {
        if let Some(statements) = &mut *self.lock() {
            statements.extend(Statement::of(&shown()));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Statement>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Db {
    /// Records every statement that this store's connections begin, until
    /// [`Recording::finish`]; one recording at a time.
    pub fn record(&self) -> Recording {
        let recorder = self.recorder().clone();
        let former = recorder.lock().replace(Vec::new());
        assert!(former.is_none(), "one recording at a time");
        Recording(recorder)
    }
}

/// A recording that goes on.
#[derive(Debug)]
#[must_use = "finish it"]
pub struct Recording(Recorder);

impl Recording {
    /// The statements since its begin, in their order; without `BEGIN` and its like,
    /// and without the pool's pings.
    pub fn finish(self) -> Vec<Statement> {
        self.0.lock().take().unwrap_or_default()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.0.lock().take();
    }
}

/// A statement as it was sent, with placeholders for its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    sql: String,
}

impl Statement {
    fn of(shown: &str) -> Option<Self> {
        if shown.contains(crate::marks::STORE_ID) {
            return None;
        }
        let sql = without_values(shown);
        let control = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA busy_timeout"];
        // What the pool asks a connection before it lends it.
        let ping = sql == "SELECT 1";
        (!ping && !control.iter().any(|word| sql.starts_with(word))).then(|| Self { sql: sql.to_owned() })
    }

    /// Its text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// How the database would run it, whatever its values. PostgreSQL is told to avoid scans
    /// where it can, so that the plan depends on the indexes, not on how full the tables are.
    ///
    /// # Panics
    /// If the database cannot plan it.
    pub async fn plan(&self, db: &Db) -> Plan {
        let sql = self.sql.clone();
        let lines = db.snapshot(move |conn| explain(conn, &sql)).await;
        Plan(lines.unwrap_or_else(|error| panic!("{error}: {}", self.sql)))
    }
}

/// How the database runs a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan(Vec<String>);

impl Plan {
    /// What is walked from its first row to its last without an index: names of tables, or what
    /// the database calls them.
    pub fn scans(&self) -> Vec<&str> {
        let indexed = |line: &str| line.contains("USING INDEX") || line.contains("USING COVERING INDEX");
        let lines = self.0.iter().filter(|line| !indexed(line));
        let scanned = lines.filter_map(|line| match line.split_once("Seq Scan on ") {
            Some((_, name)) => Some(name),
            // The one row of `SELECT EXISTS (…)` is no table's.
            None => line.strip_prefix("SCAN ").filter(|rest| !rest.contains("CONSTANT ROW")),
        });
        scanned.filter_map(|rest| rest.split_whitespace().next()).collect()
    }

    /// Whether rows are sorted for it, rather than read in order.
    pub fn sorts(&self) -> bool {
        self.0.iter().any(|line| line.contains("Sort") || line.contains("USE TEMP B-TREE FOR ORDER BY"))
    }

    /// Whether it uses this index.
    pub fn uses(&self, index: &str) -> bool {
        self.0.iter().any(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == index))
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

#[cfg(feature = "sqlite")]
#[derive(QueryableByName)]
struct SqliteLine {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[cfg(feature = "postgres")]
#[derive(QueryableByName)]
struct PostgresLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

fn explain(conn: &mut AnyConn, sql: &str) -> Result<Vec<String>, StoreError> {
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(conn) => {
            let plan = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
            Ok(plan.load::<SqliteLine>(conn)?.into_iter().map(|row| row.detail).collect())
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => {
            let mut run = |sql: &str| diesel::sql_query(sql).execute(conn);
            run("SET LOCAL enable_seqscan = off")?;
            // A plan for any values, so that there is no need to know them.
            run("SET LOCAL plan_cache_mode = force_generic_plan")?;
            run(&format!("PREPARE explained AS {sql}"))?;
            let values = vec!["NULL"; placeholders(sql)].join(", ");
            let values = if values.is_empty() { values } else { format!("({values})") };
            let plan = diesel::sql_query(format!("EXPLAIN EXECUTE explained{values}"));
            let lines = plan.load::<PostgresLine>(conn);
            // It would outlive the transaction. After a failure there is no more to be run in it.
            if lines.is_ok() {
                diesel::sql_query("DEALLOCATE explained").execute(conn)?;
            }
            Ok(lines?.into_iter().map(|row| row.line).collect())
        }
    }
}

/// The highest `$n`.
#[cfg(feature = "postgres")]
fn placeholders(sql: &str) -> usize {
    let digits = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count();
    sql.split('$').skip(1).filter_map(|rest| rest[..digits(rest)].parse().ok()).max().unwrap_or(0)
}
