//! Rows into tables, many at a time.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{BigInt, Binary, Bool, HasSqlType, Integer, Nullable, Text};

use super::ArchiveError;
use super::format::damaged;
use super::row::Value;
use crate::catalogue::{self, Kind, Table, quoted};
use crate::connection::AnyConn;
use crate::each_backend;
use crate::error::StoreError;
use crate::url::Backend;

/// How many values one statement inserts at the most; both databases take many more.
const VALUES_AT_ONCE: usize = 4_000;
/// After how many octets a statement is sent.
const OCTETS_AT_ONCE: usize = 4 << 20;

/// Gathers the rows of one table and inserts them, many with one statement.
pub(super) struct Loader {
    table: Table,
    last: Option<i64>,
    rows: Vec<Vec<Value>>,
    octets: usize,
}

impl Loader {
    pub(super) fn new(table: Table, last: Option<i64>) -> Self {
        Self { table, last, rows: Vec::new(), octets: 0 }
    }

    pub(super) fn put(&mut self, conn: &mut AnyConn, row: Vec<Value>) -> Result<(), StoreError> {
        self.octets += row.iter().map(Value::size).sum::<usize>();
        self.rows.push(row);
        if self.octets >= OCTETS_AT_ONCE || self.rows.len() * self.table.columns.len() >= VALUES_AT_ONCE {
            self.send(conn)?;
        }
        Ok(())
    }

    fn send(&mut self, conn: &mut AnyConn) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut self.rows);
        self.octets = 0;
        if rows.is_empty() {
            return Ok(());
        }
        let columns: Vec<String> = self.table.columns.iter().map(|column| quoted(&column.name)).collect();
        let width = columns.len();
        // SQLite finds `$1` by its name, which takes long where there are thousands.
        let mark = match conn.backend() {
            Backend::Sqlite => '?',
            Backend::Postgres => '$',
        };
        let tuple = |row: usize| {
            let places: Vec<String> = (1..=width).map(|n| format!("{mark}{}", row * width + n)).collect();
            format!("({})", places.join(", "))
        };
        let tuples: Vec<String> = (0..rows.len()).map(tuple).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            quoted(&self.table.name),
            columns.join(", "),
            tuples.join(", ")
        );
        each_backend!(conn, |conn| {
            let mut query = diesel::sql_query(sql).into_boxed();
            for row in rows {
                for (value, column) in row.into_iter().zip(&self.table.columns) {
                    query = bound(query, value, column.kind);
                }
            }
            query.execute(conn)
        })?;
        Ok(())
    }
}

/// `query` with one more value, as the column has it.
fn bound<'f, DB>(
    query: BoxedSqlQuery<'f, DB, SqlQuery>,
    value: Value,
    kind: Kind,
) -> BoxedSqlQuery<'f, DB, SqlQuery>
where
    DB: diesel::backend::Backend + HasSqlType<Bool>,
    Option<i64>: diesel::serialize::ToSql<Nullable<BigInt>, DB>,
    Option<i32>: diesel::serialize::ToSql<Nullable<Integer>, DB>,
    Option<bool>: diesel::serialize::ToSql<Nullable<Bool>, DB>,
    Option<String>: diesel::serialize::ToSql<Nullable<Text>, DB>,
    Option<Vec<u8>>: diesel::serialize::ToSql<Nullable<Binary>, DB>,
{
    match (value, kind) {
        (Value::Whole(n), Kind::Integer) => query.bind::<Nullable<Integer>, _>(i32::try_from(n).ok()),
        (Value::Whole(n), _) => query.bind::<Nullable<BigInt>, _>(Some(n)),
        (Value::Bool(b), _) => query.bind::<Nullable<Bool>, _>(Some(b)),
        (Value::Text(text), _) => query.bind::<Nullable<Text>, _>(Some(text)),
        (Value::Binary(octets), _) => query.bind::<Nullable<Binary>, _>(Some(octets)),
        (Value::Null, Kind::Integer) => query.bind::<Nullable<Integer>, _>(None::<i32>),
        (Value::Null, Kind::BigInt) => query.bind::<Nullable<BigInt>, _>(None::<i64>),
        (Value::Null, Kind::Bool) => query.bind::<Nullable<Bool>, _>(None::<bool>),
        (Value::Null, Kind::Text) => query.bind::<Nullable<Text>, _>(None::<String>),
        (Value::Null, Kind::Binary) => query.bind::<Nullable<Binary>, _>(None::<Vec<u8>>),
    }
}

/// Sends what is left of a table's rows and goes on numbering where the original was.
pub(super) fn finish(conn: &mut AnyConn, loader: Option<Loader>) -> Result<(), StoreError> {
    let Some(mut loader) = loader else { return Ok(()) };
    loader.send(conn)?;
    let (Some(column), Some(last)) = (&loader.table.counter, loader.last.filter(|last| *last > 0)) else {
        return Ok(());
    };
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(_) => {
            let _ = column;
            let table = &loader.table.name;
            diesel::sql_query("DELETE FROM sqlite_sequence WHERE name = $1")
                .bind::<Text, _>(table)
                .execute(conn)?;
            diesel::sql_query("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)")
                .bind::<Text, _>(table)
                .bind::<BigInt, _>(last)
                .execute(conn)?;
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(_) => {
            let sequence = sequence(conn, &loader.table.name, column)?;
            catalogue::number(conn, &format!("SELECT setval('{sequence}', {last}, true) AS n"))?;
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The sequence behind a column, as it stands in a statement.
#[cfg(feature = "postgres")]
pub(super) fn sequence(conn: &mut AnyConn, table: &str, column: &str) -> Result<String, StoreError> {
    let sequence = diesel::sql_query("SELECT pg_get_serial_sequence($1, $2) AS name");
    Ok(sequence.bind::<Text, _>(quoted(table)).bind::<Text, _>(column).get_result::<Named>(conn)?.name)
}

/// Nobody else touches the tables until the transaction ends. On SQLite nobody else writes anyway.
pub(super) fn lock(conn: &mut AnyConn, tables: &[Table]) -> Result<(), StoreError> {
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(_) => {
            let _ = tables;
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => {
            let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
            if !names.is_empty() {
                conn.batch_execute(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.join(", ")))?;
            }
        }
    }
    Ok(())
}

/// A foreign key that was taken away.
pub(super) struct ForeignKey {
    table: String,
    name: String,
    definition: String,
}

/// Lets rows come in whatever order: foreign keys are judged when all are there.
pub(super) fn loosen(conn: &mut AnyConn, tables: &[Table]) -> Result<Vec<ForeignKey>, StoreError> {
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(conn) => {
            let _ = tables;
            // Until the end of the transaction.
            conn.batch_execute("PRAGMA defer_foreign_keys = ON")?;
            Ok(Vec::new())
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => {
            #[derive(QueryableByName)]
            struct Row {
                #[diesel(sql_type = Text)]
                name: String,
                #[diesel(sql_type = Text)]
                definition: String,
            }
            let mut keys = Vec::new();
            for table in tables {
                let rows = diesel::sql_query(
                    "SELECT conname::text AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint \
                     WHERE contype = 'f' AND conrelid = $1::regclass ORDER BY conname",
                );
                for row in rows.bind::<Text, _>(quoted(&table.name)).load::<Row>(conn)? {
                    let (table, name) = (table.name.clone(), row.name);
                    conn.batch_execute(&format!(
                        "ALTER TABLE {} DROP CONSTRAINT {}",
                        quoted(&table),
                        quoted(&name)
                    ))?;
                    keys.push(ForeignKey { table, name, definition: row.definition });
                }
            }
            Ok(keys)
        }
    }
}

/// Judges the foreign keys, and puts them back where they were taken away.
pub(super) fn tighten(conn: &mut AnyConn, keys: &[ForeignKey]) -> Result<(), ArchiveError> {
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(_) => {
            let wanting =
                diesel::sql_query("SELECT DISTINCT \"table\" AS name FROM pragma_foreign_key_check");
            match wanting.load::<Named>(conn)?.first() {
                Some(table) => Err(damaged(&format!("rows of {} belong to none that is there", table.name))),
                None => Ok(()),
            }
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => {
            for ForeignKey { table, name, definition } in keys {
                conn.batch_execute(&format!(
                    "ALTER TABLE {} ADD CONSTRAINT {} {definition}",
                    quoted(table),
                    quoted(name)
                ))
                .map_err(|error| match &error {
                    diesel::result::Error::DatabaseError(
                        diesel::result::DatabaseErrorKind::ForeignKeyViolation,
                        _,
                    ) => damaged(&format!("rows of {table} belong to none that is there")),
                    _ => error.into(),
                })?;
            }
            Ok(())
        }
    }
}
