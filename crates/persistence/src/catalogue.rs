//! What a database says of its own tables: nobody keeps a list that a new table could be missing from.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use roster_migrations::MigrationSet;

use crate::connection::AnyConn;
use crate::error::StoreError;

/// Where diesel keeps the versions that have run.
const VERSIONS: &str = "__diesel_schema_migrations";

/// What the name of a table ends with that triggers keep: how many rows others have. A backup leaves it
/// out, since restored rows are counted as they come.
const KEPT_BY_TRIGGERS: &str = "_totals";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    BigInt,
    Bool,
    Binary,
}

impl Kind {
    const ALL: [(Self, &str); 5] = [
        (Self::Text, "text"),
        (Self::Integer, "integer"),
        (Self::BigInt, "bigint"),
        (Self::Bool, "boolean"),
        (Self::Binary, "binary"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// By Roster's name, or the one of either database.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let name = if matches!(name, "blob" | "bytea") { "binary" } else { name };
        Self::ALL.iter().find(|(_, other)| *other == name).map(|(kind, _)| *kind)
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The column that the database numbers, never using a number again.
    pub(crate) counter: Option<String>,
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    counts: bool,
}

/// A name as it stands in a statement. Names come from a catalogue alone.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables of `sets` that hold what is not said elsewhere, by name, each with its columns in their
/// order.
pub(crate) fn tables(conn: &mut AnyConn, sets: &[MigrationSet]) -> Result<Vec<Table>, StoreError> {
    let query = match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(_) => {
            "SELECT m.name AS table_name, c.name AS column_name, lower(c.type) AS kind, \
             c.pk = 1 AND m.sql LIKE '%AUTOINCREMENT%' AS counts \
             FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
             WHERE m.type = 'table' ORDER BY m.name, c.cid"
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(_) => {
            "SELECT c.relname::text AS table_name, a.attname::text AS column_name, \
             format_type(a.atttypid, a.atttypmod) AS kind, a.attidentity <> '' AS counts \
             FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             JOIN pg_attribute AS a ON a.attrelid = c.oid \
             WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') \
             AND a.attnum > 0 AND NOT a.attisdropped \
             ORDER BY c.relname COLLATE \"C\", a.attnum"
        }
    };
    let mut tables: Vec<Table> = Vec::new();
    for row in diesel::sql_query(query).load::<ColumnRow>(conn)? {
        let name = row.table_name.as_str();
        if name.ends_with(KEPT_BY_TRIGGERS) || !sets.iter().any(|set| name.starts_with(set.table_prefix)) {
            continue;
        }
        let Some(kind) = Kind::of(&row.kind) else {
            return Err(StoreError::Inconsistent {
                table: "the catalogue",
                column: "kind",
                id: format!("{}.{}", row.table_name, row.column_name),
                what: format!("columns of kind {} are not Roster's", row.kind),
            });
        };
        if tables.last().is_none_or(|table| table.name != row.table_name) {
            tables.push(Table { name: row.table_name, columns: Vec::new(), counter: None });
        }
        if let Some(table) = tables.last_mut() {
            if row.counts {
                table.counter = Some(row.column_name.clone());
            }
            table.columns.push(Column { name: row.column_name, kind });
        }
    }
    Ok(tables)
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The versions of the migrations that have run, in their order; none in an empty database. Unlike
/// diesel's own look it makes no table.
pub(crate) fn applied(conn: &mut AnyConn) -> Result<Vec<String>, StoreError> {
    let exists = match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(_) => "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name = $1",
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(_) => {
            "SELECT count(*) AS n FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = $1"
        }
    };
    let exists = diesel::sql_query(exists).bind::<Text, _>(VERSIONS).get_result::<Number>(conn)?;
    if exists.n == 0 {
        return Ok(Vec::new());
    }
    let versions = diesel::sql_query(format!("SELECT version AS version FROM {VERSIONS} ORDER BY version"));
    Ok(versions.load::<Version>(conn)?.into_iter().map(|row| row.version).collect())
}

/// One number.
#[derive(QueryableByName)]
pub(crate) struct Number {
    #[diesel(sql_type = BigInt)]
    pub(crate) n: i64,
}

/// One number that a statement answers as `n`.
pub(crate) fn number(conn: &mut AnyConn, sql: &str) -> Result<i64, StoreError> {
    Ok(diesel::sql_query(sql).get_result::<Number>(conn)?.n)
}
