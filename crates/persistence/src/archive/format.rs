//! The lines of a backup.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ArchiveError, FORMAT, Summary};
use crate::catalogue::{Column, Kind, Table};

/// The first line.
pub(super) fn header(summary: &Summary) -> Value {
    json!({
        "roster_backup": FORMAT,
        "roster": summary.roster,
        "database": summary.database,
        "taken_ms": summary.taken_ms,
        "migrations": summary.migrations,
    })
}

/// Reads the first line.
pub(super) fn parse_header(line: &Map<String, Value>) -> Result<Summary, ArchiveError> {
    match line.get("roster_backup").and_then(Value::as_u64) {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(ArchiveError::Refused(format!(
                "the backup is in format {other}; this version of Roster reads format {FORMAT}"
            )));
        }
        None => return Err(damaged("it does not begin as one")),
    }
    let migrations = list(line, "migrations")?.iter().map(|version| Some(version.as_str()?.to_owned()));
    Ok(Summary {
        roster: text(line, "roster")?.to_owned(),
        database: text(line, "database")?.to_owned(),
        taken_ms: line.get("taken_ms").and_then(Value::as_i64).ok_or_else(|| damaged("no time"))?,
        migrations: migrations.collect::<Option<_>>().ok_or_else(|| damaged("no migrations"))?,
        rows: BTreeMap::new(),
    })
}

/// The line before the rows of a table. `last`: the last number that it gave, if it numbers its rows.
pub(super) fn table(table: &Table, last: Option<i64>) -> Value {
    let columns: Vec<Value> =
        table.columns.iter().map(|column| json!([column.name, column.kind.name()])).collect();
    json!({"table": table.name, "columns": columns, "counter": table.counter, "last": last})
}

/// Reads the line before the rows of a table.
pub(super) fn parse_table(line: &Map<String, Value>) -> Result<(Table, Option<i64>), ArchiveError> {
    let name = text(line, "table")?.to_owned();
    let column = |column: &Value| {
        let kind = Kind::of(column.get(1)?.as_str()?)?;
        Some(Column { name: column.get(0)?.as_str()?.to_owned(), kind })
    };
    let columns: Option<Vec<Column>> = list(line, "columns")?.iter().map(column).collect();
    let columns = columns.ok_or_else(|| damaged(&format!("the columns of {name} are none")))?;
    let counter = line.get("counter").and_then(Value::as_str).map(str::to_owned);
    Ok((Table { name, columns, counter }, line.get("last").and_then(Value::as_i64)))
}

/// The last line.
pub(super) fn end(rows: &BTreeMap<String, u64>, sha256: &str) -> Value {
    json!({"end": {"rows": rows, "sha256": sha256}})
}

pub(super) fn damaged(what: &str) -> ArchiveError {
    ArchiveError::Damaged(what.to_owned())
}

fn text<'a>(line: &'a Map<String, Value>, name: &str) -> Result<&'a str, ArchiveError> {
    line.get(name).and_then(Value::as_str).ok_or_else(|| damaged(&format!("no {name}")))
}

fn list<'a>(line: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], ArchiveError> {
    let list = line.get(name).and_then(Value::as_array).ok_or_else(|| damaged(&format!("no {name}")))?;
    Ok(list)
}
