//! Looks at the database itself: the journal, the kept totals, and rows whose reference leads nowhere.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{PgConnection, SqliteConnection, sql_query};

use crate::client::Client;
use crate::ledger::Outcome;
use crate::record::Record;
use crate::wait::until;

/// Where the database is, from here: not through what stands between it and the gateway.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    /// A file.
    Sqlite(String),
    /// A server's URL.
    Postgres(String),
}

enum Conn {
    Sqlite(Box<SqliteConnection>),
    Postgres(PgConnection),
}

/// The tables with kept totals, what a total counts, and by which column if not all rows.
const TOTALS: [(&str, &str, &str); 5] = [
    ("enterprise_totals", "enterprise_users", "''"),
    ("enterprise_totals", "enterprise_users", "enterprise_id"),
    ("device_totals", "device_users", "'users'"),
    ("tenant_totals", "tenant_users", "tenant_id"),
    ("iot_totals", "iot_users", "'users'"),
];

/// References that no foreign key guards.
const REFERENCES: [(&str, &str); 2] = [
    (
        "iot_user_areas",
        "SELECT count(*) AS n FROM iot_user_areas AS a WHERE a.area_id NOT IN (SELECT id FROM iot_objects) \
         AND a.area_id NOT IN (SELECT id FROM iot_domains)",
    ),
    (
        "iot_location_ancestors",
        "SELECT count(*) AS n FROM iot_location_ancestors AS a \
         WHERE a.descendant_id NOT IN (SELECT id FROM iot_objects) \
         AND a.descendant_id NOT IN (SELECT id FROM iot_domains)",
    ),
];

/// PostgreSQL's foreign keys, each as a query that counts the rows which lead nowhere.
const FOREIGN_KEYS: &str = "SELECT format('SELECT count(*) AS n FROM %s AS c LEFT JOIN %s AS p ON %s \
     WHERE p.%I IS NULL AND %s', k.conrelid::regclass, k.confrelid::regclass, \
     (SELECT string_agg(format('p.%I = c.%I', f.attname, a.attname), ' AND ') \
      FROM unnest(k.conkey, k.confkey) AS u (child, parent) \
      JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.child \
      JOIN pg_attribute AS f ON f.attrelid = k.confrelid AND f.attnum = u.parent), \
     (SELECT attname FROM pg_attribute WHERE attrelid = k.confrelid AND attnum = k.confkey[1]), \
     (SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') \
      FROM unnest(k.conkey) AS u (child) \
      JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.child)) AS word \
     FROM pg_constraint AS k WHERE k.contype = 'f' ORDER BY 1";

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = Text)]
    request_id: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Conn {
    fn load<T>(&mut self, sql: &str) -> Result<Vec<T>, String>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        match self {
            Self::Sqlite(conn) => sql_query(sql).load(conn.as_mut()),
            Self::Postgres(conn) => sql_query(sql).load(conn),
        }
        .map_err(|error| format!("{sql}: {error}"))
    }

    fn count(&mut self, sql: &str) -> Result<i64, String> {
        Ok(self.load::<Count>(sql)?.first().map_or(0, |count| count.n))
    }
}

impl Store {
    fn connect(&self) -> Result<Conn, String> {
        match self {
            Self::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path).map_err(|e| format!("{path}: {e}"))?;
                sql_query("PRAGMA busy_timeout = 10000").execute(&mut conn).map_err(|e| e.to_string())?;
                Ok(Conn::Sqlite(Box::new(conn)))
            }
            Self::Postgres(url) => {
                let connected = until("a connection of the verifier", Duration::from_secs(30), || {
                    PgConnection::establish(url).ok()
                });
                Ok(Conn::Postgres(connected?.0))
            }
        }
    }

    /// Waits until no other session has a transaction open: what was sent before is done or given up.
    ///
    /// # Errors
    /// If one lasts for half a minute.
    pub(crate) fn wait_until_quiet(&self) -> Result<(), String> {
        let mut conn = self.connect()?;
        if matches!(conn, Conn::Sqlite(_)) {
            return Ok(());
        }
        let open = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '50 ms'";
        until("a quiet server", Duration::from_secs(30), || (conn.count(open) == Ok(0)).then_some(()))
            .map(drop)
    }

    /// Compares the journal with what `clients` wrote in `cycle`, and the totals with the rows.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub(crate) fn check(&self, cycle: usize, clients: &[Client], record: &Record) -> Result<(), String> {
        let mut conn = self.connect()?;
        journal(&mut conn, cycle, clients, record)?;
        totals(&mut conn, record)?;
        for (table, sql) in REFERENCES {
            orphans(&mut conn, table, sql, record)?;
        }
        match conn {
            Conn::Sqlite(_) => {
                for (sql, good) in [
                    ("SELECT integrity_check AS word FROM pragma_integrity_check", Some("ok")),
                    ("SELECT \"table\" AS word FROM pragma_foreign_key_check", None),
                ] {
                    for row in conn.load::<Word>(sql)? {
                        if row.word.as_deref() != good {
                            record.broken(format!("{sql}: {:?}", row.word));
                        }
                    }
                }
            }
            Conn::Postgres(_) => {
                for row in conn.load::<Word>(FOREIGN_KEYS)? {
                    let sql = row.word.unwrap_or_default();
                    orphans(&mut conn, "a foreign key", &sql, record)?;
                }
            }
        }
        Ok(())
    }
}

fn journal(conn: &mut Conn, cycle: usize, clients: &[Client], record: &Record) -> Result<(), String> {
    let sql = format!(
        "SELECT request_id, count(*) AS n FROM store_journal WHERE request_id LIKE 'c{cycle}.%' GROUP BY request_id"
    );
    let entries: HashMap<String, i64> =
        conn.load::<Entry>(&sql)?.into_iter().map(|entry| (entry.request_id, entry.n)).collect();
    for client in clients {
        for attempt in &client.ledger.attempts {
            let entries = entries.get(&attempt.request_id).copied().unwrap_or(0);
            let wanted = match attempt.outcome {
                Outcome::Acknowledged | Outcome::Resolved(true) => entries == 1,
                Outcome::NotDone | Outcome::Resolved(false) => entries == 0,
                Outcome::Pending | Outcome::Unknown => true,
            };
            if !wanted {
                record.broken(format!(
                    "{} {}: {:?}, with {entries} journal entries: {}",
                    client.dialect.name(),
                    attempt.request_id,
                    attempt.outcome,
                    attempt.what
                ));
            }
        }
    }
    Ok(())
}

fn totals(conn: &mut Conn, record: &Record) -> Result<(), String> {
    for (totals, rows, what) in TOTALS {
        // Totals of nothing may be kept or not.
        let kept = format!("SELECT coalesce(sum(n), 0) FROM {totals} WHERE what = c.what");
        let sql = format!(
            "SELECT count(*) AS n FROM (SELECT {what} AS what, count(*) AS n FROM {rows} GROUP BY 1) AS c \
             WHERE c.n <> ({kept})"
        );
        let differ = conn.count(&sql)?;
        if differ > 0 {
            record.broken(format!("{differ} of {totals} differ from the rows of {rows} by {what}"));
        }
    }
    for (totals, rows, what) in TOTALS.into_iter().filter(|(_, _, what)| what.ends_with("_id")) {
        let sql = format!(
            "SELECT count(*) AS n FROM (SELECT what, sum(n) AS n FROM {totals} WHERE what <> '' GROUP BY what) AS t \
             WHERE t.n <> 0 AND NOT EXISTS (SELECT 1 FROM {rows} WHERE {what} = t.what)"
        );
        let left = conn.count(&sql)?;
        if left > 0 {
            record.broken(format!("{left} of {totals} count rows of {rows} that do not exist"));
        }
    }
    Ok(())
}

fn orphans(conn: &mut Conn, table: &str, sql: &str, record: &Record) -> Result<(), String> {
    let count = conn.count(sql)?;
    if count > 0 {
        record.broken(format!("{count} rows of {table} lead nowhere: {sql}"));
    }
    Ok(())
}
