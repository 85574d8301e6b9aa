//! CSV (RFC 4180) as records: each row becomes the JSON object of its cells.

use std::collections::HashSet;
use std::io;

use csv_core::{ReadRecordResult, Reader};
use roster_kernel::{Column, ColumnKind};
use serde::de::IgnoredAny;

use super::formula::unescape;
use super::read::{Input, Record, Records, Unreadable};

/// The most columns of a table.
const MAX_COLUMNS: usize = 256;

/// A table with a header.
pub(crate) struct Table {
    rows: Rows,
    columns: Vec<Column>,
}

/// The rows of a table, whatever they mean.
struct Rows {
    input: Input,
    core: Reader,
    limit: usize,
    /// Line ends that were passed over between rows; the parser has not seen them.
    passed: u64,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

/// What a row is.
enum Row {
    /// So many cells stand in the buffers.
    Cells(usize),
    TooLong,
}

impl Table {
    /// The table that `input` holds, of some of these `columns`. No row has more than `limit` bytes.
    ///
    /// # Errors
    /// If it cannot be read, or its header names a column twice or one that is unknown.
    pub(crate) fn new(input: Input, limit: usize, columns: &[Column]) -> io::Result<Self> {
        let mut rows =
            Rows { input, core: Reader::new(), limit, passed: 0, cells: vec![0; 4096], ends: vec![0; 32] };
        let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
        let header = match rows.next()? {
            None => return Ok(Self { rows, columns: Vec::new() }),
            Some((_, Row::TooLong)) => return Err(invalid("the header is too long".into())),
            Some((_, Row::Cells(n))) => (0..n).map(|at| rows.cell(at).to_vec()).collect::<Vec<_>>(),
        };
        let (mut found, mut unknown, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for name in header {
            let name = String::from_utf8_lossy(&name).trim().to_owned();
            match columns.iter().find(|column| column.name == name) {
                None => unknown.push(format!("'{name}'")),
                Some(_) if !seen.insert(name.clone()) => {
                    return Err(invalid(format!("the header has the column '{name}' twice")));
                }
                Some(column) => found.push(*column),
            }
        }
        if !unknown.is_empty() {
            let names: Vec<_> = columns.iter().map(|column| column.name).collect();
            let (unknown, names) = (unknown.join(", "), names.join(", "));
            return Err(invalid(format!("the header has unknown columns: {unknown}; there are {names}")));
        }
        Ok(Self { rows, columns: found })
    }

    fn body(&self, cells: usize) -> Result<Vec<u8>, Unreadable> {
        if cells != self.columns.len() {
            let columns = self.columns.len();
            return Err(Unreadable::Misfit(format!("the row has {cells} cells, the header {columns}")));
        }
        let mut body = String::from("{");
        for (at, column) in self.columns.iter().enumerate() {
            let cell = std::str::from_utf8(self.rows.cell(at));
            let cell = cell.map_err(|_| Unreadable::Misfit(format!("{}: invalid UTF-8", column.name)))?;
            let cell = unescape(cell);
            if cell.is_empty() {
                continue;
            }
            if body.len() > 1 {
                body.push(',');
            }
            body.push_str(&quoted(column.name));
            body.push(':');
            match column.kind {
                ColumnKind::Json if serde_json::from_str::<IgnoredAny>(cell).is_ok() => body.push_str(cell),
                _ => body.push_str(&quoted(cell)),
            }
        }
        body.push('}');
        Ok(body.into_bytes())
    }
}

impl Records for Table {
    fn next(&mut self) -> io::Result<Option<Record>> {
        Ok(self.rows.next()?.map(|(line, row)| {
            let body = match row {
                Row::TooLong => Err(Unreadable::TooLong),
                Row::Cells(cells) => self.body(cells),
            };
            Record { line, body }
        }))
    }
}

impl Rows {
    fn cell(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.cells[start..self.ends[at]]
    }

    /// The next row, and the line where it begins.
    fn next(&mut self) -> io::Result<Option<(u64, Row)>> {
        self.pass_empty_lines()?;
        let line = self.core.line() + self.passed;
        let (mut out, mut ends, mut too_long) = (0, 0, false);
        loop {
            let buffer = self.input.fill()?;
            let (result, read, wrote, ended) =
                self.core.read_record(buffer, &mut self.cells[out..], &mut self.ends[ends..]);
            self.input.consume(read);
            out += wrote;
            ends += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record if too_long || out > self.limit => {
                    return Ok(Some((line, Row::TooLong)));
                }
                ReadRecordResult::Record => return Ok(Some((line, Row::Cells(ends)))),
                ReadRecordResult::OutputFull if !too_long && out <= self.limit => {
                    let grown = (self.cells.len() * 2).min(self.limit + 4096);
                    self.cells.resize(grown, 0);
                }
                ReadRecordResult::OutputEndsFull if !too_long && ends < MAX_COLUMNS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                // Whatever it was, it is read over what was read before.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    too_long = true;
                    (out, ends) = (0, 0);
                }
            }
        }
    }

    /// The parser passes over them too, but would count them to the row that follows.
    fn pass_empty_lines(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill()?;
            let empty = buffer.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            if empty == 0 {
                return Ok(());
            }
            self.passed += buffer[..empty].iter().filter(|&&b| b == b'\n').count() as u64;
            self.input.consume(empty);
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[Column::text("name"), Column::json("groups"), Column::json("admin")];

    type Read = (u64, Result<String, Unreadable>);

    fn table(text: &[u8], limit: usize) -> Result<Vec<Read>, String> {
        let input = Input::new(Box::new(io::Cursor::new(text.to_vec()))).unwrap();
        let mut table = Table::new(input, limit, COLUMNS).map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        while let Some(Record { line, body }) = table.next().unwrap() {
            all.push((line, body.map(|body| String::from_utf8(body).unwrap())));
        }
        Ok(all)
    }

    fn good(line: u64, body: &str) -> Read {
        (line, Ok(body.to_owned()))
    }

    #[test]
    fn cells_become_members() {
        let text =
            b"\xEF\xBB\xBFgroups,name,admin\r\n\"[1,2]\",\"a \"\"b\"\"\r\nc\",true\r\n\r\n,,\n,7,maybe\n";
        let rows = [
            good(2, r#"{"groups":[1,2],"name":"a \"b\"\r\nc","admin":true}"#),
            good(5, "{}"),
            good(6, r#"{"name":"7","admin":"maybe"}"#),
        ];
        assert_eq!(table(text, 1000).unwrap(), rows);
        assert_eq!(table(b"", 10).unwrap(), []);
        assert_eq!(table(b"name\n", 10).unwrap(), []);
        let formula = table(b"name,admin\n'=1+1,'-1\n'',x\n", 100).unwrap();
        assert_eq!(
            formula,
            [good(2, r#"{"name":"=1+1","admin":-1}"#), good(3, r#"{"name":"''","admin":"x"}"#)]
        );
    }

    #[test]
    fn a_header_names_what_there_is_once() {
        assert_eq!(table(b"name,groups,name\n", 100).unwrap_err(), "the header has the column 'name' twice");
        let unknown = table(b"name,nmae,\n", 100).unwrap_err();
        assert_eq!(unknown, "the header has unknown columns: 'nmae', ''; there are name, groups, admin");
    }

    #[test]
    fn rows_that_do_not_fit_are_told_and_passed_over() {
        let long = "x".repeat(9000);
        let many = ",".repeat(1000);
        let text = format!("name,groups\na\nb,1,2\n\"{long}\n\",1\n{many}\nok,[1]\n\"open\n{long}");
        let rows = table(text.as_bytes(), 6000).unwrap();
        let misfit =
            |line, cells| (line, Err(Unreadable::Misfit(format!("the row has {cells} cells, the header 2"))));
        let too_long = |line| (line, Err(Unreadable::TooLong));
        let ok = good(7, r#"{"name":"ok","groups":[1]}"#);
        assert_eq!(rows, [misfit(2, 1), misfit(3, 3), too_long(4), too_long(6), ok, too_long(8)]);
        let invalid = table(b"name\na\xff\n", 100).unwrap();
        assert_eq!(invalid, [(2, Err(Unreadable::Misfit("name: invalid UTF-8".into())))]);
    }
}
