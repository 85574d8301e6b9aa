//! An export from its first user to its last.

use std::io::{self, Write};

use roster_kernel::{Column, ColumnKind};
use serde_json::{Map, Value};

use super::formula::escape;
use super::{Format, Origin};

/// Writes all users of `origin` to `out`; how many there were.
///
/// # Errors
/// If the store fails, or `out` takes no more.
pub(crate) async fn export<O: Origin>(
    mut origin: O,
    format: Format,
    out: &mut dyn Write,
) -> Result<u64, Box<dyn std::error::Error>> {
    let columns = origin.columns();
    if format == Format::Csv {
        write_row(out, columns.iter().map(|column| column.name.into()))?;
    }
    let mut users = 0;
    loop {
        let page = origin.page().await?;
        if page.is_empty() {
            break;
        }
        for item in page {
            let members = origin.members(item).await?;
            match format {
                Format::Jsonl => writeln!(out, "{}", Value::Object(members))?,
                Format::Csv => write_row(out, columns.iter().map(|column| cell(column, &members)))?,
            }
            users += 1;
        }
    }
    out.flush()?;
    Ok(users)
}

fn cell(column: &Column, members: &Map<String, Value>) -> String {
    match (members.get(column.name), column.kind) {
        (None | Some(Value::Null), _) => String::new(),
        (Some(Value::String(text)), ColumnKind::Text) => text.clone(),
        (Some(value), _) => value.to_string(),
    }
}

fn write_row(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let mut row = csv::Writer::from_writer(Vec::new());
    row.write_record(cells.map(|cell| escape(&cell).into_owned())).map_err(io::Error::other)?;
    let row = row.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&row)
}
