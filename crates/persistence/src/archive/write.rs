//! From a store into a file.

use std::io::Write;

use diesel::RunQueryDsl as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use roster_migrations::MigrationSet;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::format;
use super::row::Values;
use super::{ArchiveError, Summary};
use crate::catalogue::{self, Table, quoted};
use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::migrate;
use crate::url::Backend;

impl Db {
    /// Writes the tables of `sets` into `out` as they are at one moment, whoever writes meanwhile, a
    /// row at a time. Blocks the thread, and holds one connection outside the pool.
    ///
    /// # Errors
    /// [`ArchiveError::Refused`] for a store without tables, or one that a newer version of Roster
    /// migrated; else if the store or `out` fails, and then what was written is to be thrown away.
    pub fn backup(&self, sets: &[MigrationSet], out: impl Write) -> Result<Summary, ArchiveError> {
        let mut conn = self.dedicated()?;
        conn.begin_long_snapshot()?;
        // It has written nothing: its end is the same either way.
        let result = self.write_snapshot(&mut conn, sets, out);
        conn.rollback()?;
        result
    }

    fn write_snapshot(
        &self,
        conn: &mut AnyConn,
        sets: &[MigrationSet],
        out: impl Write,
    ) -> Result<Summary, ArchiveError> {
        let migrations = catalogue::applied(conn)?;
        if migrations.is_empty() {
            return Err(ArchiveError::Refused(format!("there is no store at {}", self.url())));
        }
        let unknown = migrate::unknown(self.backend(), sets, &migrations)?;
        if !unknown.is_empty() {
            return Err(ArchiveError::Refused(format!(
                "the store was migrated by a newer version of Roster (migrations {}): take its backup with that one",
                unknown.join(", ")
            )));
        }
        let mut summary = Summary {
            roster: env!("CARGO_PKG_VERSION").to_owned(),
            database: match self.backend() {
                Backend::Sqlite => "sqlite".to_owned(),
                Backend::Postgres => "postgres".to_owned(),
            },
            taken_ms: self.now_ms(),
            migrations,
            rows: std::collections::BTreeMap::new(),
        };
        // Pictures are compressed already, and an operator waits.
        let mut lines = Lines { out: GzEncoder::new(out, Compression::fast()), hash: Sha256::new() };
        lines.put(&format::header(&summary))?;
        for table in catalogue::tables(conn, sets)? {
            let last = table.counter.as_deref().map(|column| last_number(conn, &table.name, column));
            lines.put(&format::table(&table, last.transpose()?))?;
            let rows = write_rows(conn, &table, &mut lines)?;
            summary.rows.insert(table.name, rows);
        }
        let sha256 = hex::encode(lines.hash.clone().finalize());
        lines.put(&format::end(&summary.rows, &sha256))?;
        lines.out.finish()?.flush()?;
        Ok(summary)
    }
}

/// Lines, compressed; and the digest of them.
struct Lines<W: Write> {
    out: GzEncoder<W>,
    hash: Sha256,
}

impl<W: Write> Lines<W> {
    fn put(&mut self, line: &Json) -> Result<(), ArchiveError> {
        let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        text.push(b'\n');
        self.hash.update(&text);
        Ok(self.out.write_all(&text)?)
    }
}

fn write_rows<W: Write>(
    conn: &mut AnyConn,
    table: &Table,
    lines: &mut Lines<W>,
) -> Result<u64, ArchiveError> {
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let query = diesel::sql_query(format!("SELECT {} FROM {}", columns.join(", "), quoted(&table.name)));
    let mut written = 0;
    let mut put = |values: Values| {
        let mut row = Vec::with_capacity(table.columns.len());
        for (value, column) in values.0.into_iter().zip(&table.columns) {
            let json = value.into_json(column.kind).ok_or_else(|| {
                ArchiveError::Refused(format!(
                    "{}.{} holds a value that is no {}",
                    table.name,
                    column.name,
                    column.kind.name()
                ))
            })?;
            row.push(json);
        }
        written += 1;
        lines.put(&Json::Array(row))
    };
    // Row by row: a table need not fit into memory.
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(conn) => {
            use diesel::connection::DefaultLoadingMode;
            for row in query.load_iter::<Values, DefaultLoadingMode>(conn)? {
                put(row?)?;
            }
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => {
            for row in query.load_iter::<Values, diesel::pg::PgRowByRowLoadingMode>(conn)? {
                put(row?)?;
            }
        }
    }
    Ok(written)
}

/// The last number that the database gave in `column`, 0 if none. On PostgreSQL that is of now, not of
/// the snapshot: at least as large as any there.
fn last_number(conn: &mut AnyConn, table: &str, column: &str) -> Result<i64, StoreError> {
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(_) => {
            let _ = column;
            catalogue::number(
                conn,
                &format!("SELECT coalesce(max(seq), 0) AS n FROM sqlite_sequence WHERE name = '{table}'"),
            )
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(_) => {
            let sequence = super::load::sequence(conn, table, column)?;
            catalogue::number(
                conn,
                &format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS n FROM {sequence}"),
            )
        }
    }
}
