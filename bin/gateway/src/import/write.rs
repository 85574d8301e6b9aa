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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::import::{Input, Records, Table};

    const COLUMNS: &[Column] = &[Column::text("name"), Column::json("groups"), Column::text("remark")];

    struct Given(Vec<Map<String, Value>>);

    impl Origin for Given {
        type Item = Map<String, Value>;

        fn columns(&self) -> Vec<Column> {
            COLUMNS.to_vec()
        }

        async fn page(&mut self) -> Result<Vec<Self::Item>, Box<dyn std::error::Error>> {
            Ok(std::mem::take(&mut self.0))
        }

        async fn members(&self, item: Self::Item) -> Result<Map<String, Value>, Box<dyn std::error::Error>> {
            Ok(item)
        }
    }

    fn written(users: &[Map<String, Value>], format: Format) -> Vec<u8> {
        let mut out = Vec::new();
        let count = roster_auth::doctest_block_on(export(Given(users.to_vec()), format, &mut out)).unwrap();
        assert_eq!(count as usize, users.len());
        out
    }

    fn read(mut records: impl Records) -> Vec<Map<String, Value>> {
        let mut all = Vec::new();
        while let Some(record) = records.next().unwrap() {
            all.push(serde_json::from_slice(&record.body.unwrap()).unwrap());
        }
        all
    }

    fn input(bytes: &[u8]) -> Input {
        Input::new(Box::new(io::Cursor::new(bytes.to_vec()))).unwrap()
    }

    /// Any text but none, of all characters that mean something to somebody.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[=+@'\"\t\r\n,; ａ＝＋－＠x-]{1,8}", "\\PC{1,20}", "'{0,3}[=＠-].{0,5}"]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_no_cell_begins_a_formula(
            users in prop::collection::vec((text(), prop::collection::vec(any::<i32>(), 0..4), text()), 1..6)
        ) {
            let members = |(name, groups, remark): (String, Vec<i32>, String)| {
                let mut members = Map::from_iter([("name".to_owned(), json!(name))]);
                if !groups.is_empty() {
                    members.insert("groups".into(), json!(groups));
                }
                members.insert("remark".into(), json!(remark));
                members
            };
            let users: Vec<_> = users.into_iter().map(members).collect();
            let table = written(&users, Format::Csv);
            for row in csv::ReaderBuilder::new().has_headers(false).from_reader(&table[..]).records() {
                for cell in &row.unwrap() {
                    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
                    prop_assert!(!cell.starts_with(formula), "{cell:?}");
                }
            }
            prop_assert_eq!(&read(Table::new(input(&table), 10_000, COLUMNS).unwrap()), &users);
            let lines = written(&users, Format::Jsonl);
            prop_assert_eq!(&read(crate::import::Lines::new(input(&lines), 10_000)), &users);
        }
    }
}
