//! A file as records, one at a time, however long its lines are.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of a file is read at a time.
const BUFFER: usize = 64 * 1024;

/// One user's record.
pub(crate) struct Record {
    /// The line where it begins, from 1.
    pub(crate) line: u64,
    /// Its JSON object, not yet read.
    pub(crate) body: Result<Vec<u8>, Unreadable>,
}

/// Why a record is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is longer than a user's may be.
    TooLong,
    /// It does not fit its table; in words.
    Misfit(String),
}

/// Something that has records.
pub(crate) trait Records: Send {
    /// The next one.
    fn next(&mut self) -> io::Result<Option<Record>>;
}

/// What is read, without the mark that some programs begin UTF-8 with.
pub(crate) struct Input {
    reader: BufReader<Box<dyn Read + Send>>,
    bytes: Arc<AtomicU64>,
}

impl Input {
    /// Reads `source` from its beginning.
    pub(crate) fn new(mut source: Box<dyn Read + Send>) -> io::Result<Self> {
        let (mut start, mut got) = ([0; 3], 0);
        while got < start.len() {
            match source.read(&mut start[got..])? {
                0 => break,
                n => got += n,
            }
        }
        let start = if start[..got] == *b"\xEF\xBB\xBF" { Vec::new() } else { start[..got].to_vec() };
        let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(start).chain(source));
        Ok(Self { reader: BufReader::with_capacity(BUFFER, whole), bytes: Arc::default() })
    }

    /// How many bytes have been read so far, for whoever shows it.
    pub(crate) fn bytes(&self) -> Arc<AtomicU64> {
        self.bytes.clone()
    }

    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => break,
            }
        }
        Ok(self.reader.buffer())
    }

    pub(super) fn consume(&mut self, n: usize) {
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        self.reader.consume(n);
    }
}

/// JSON Lines: an object a line; empty lines are passed over.
pub(crate) struct Lines {
    input: Input,
    limit: usize,
    line: u64,
}

impl Lines {
    /// The lines of `input`, none longer than `limit` bytes.
    pub(crate) fn new(input: Input, limit: usize) -> Self {
        Self { input, limit, line: 0 }
    }

    /// The next line without its end, and whether it is too long; then the rest of it is gone.
    fn line(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        let (mut line, mut too_long) = (Vec::new(), false);
        loop {
            let limit = self.limit;
            let buffer = self.input.fill()?;
            if buffer.is_empty() {
                return Ok((!line.is_empty() || too_long).then_some((line, too_long)));
            }
            let end = buffer.iter().position(|&b| b == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            // One more, for the CR of a line that is just short enough.
            if line.len() + part.len() > limit + 1 {
                too_long = true;
                line = Vec::new();
            }
            if !too_long {
                line.extend_from_slice(part);
            }
            let read = part.len() + usize::from(end.is_some());
            self.input.consume(read);
            if end.is_some() {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                let too_long = too_long || line.len() > limit;
                return Ok(Some((line, too_long)));
            }
        }
    }
}

impl Records for Lines {
    fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            self.line += 1;
            match self.line()? {
                None => return Ok(None),
                Some((_, true)) => {
                    return Ok(Some(Record { line: self.line, body: Err(Unreadable::TooLong) }));
                }
                Some((line, false)) if line.iter().all(u8::is_ascii_whitespace) => {}
                Some((line, false)) => return Ok(Some(Record { line: self.line, body: Ok(line) })),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (u64, Result<String, Unreadable>);

    fn lines(text: &[u8], limit: usize) -> Vec<Read> {
        let input = Input::new(Box::new(io::Cursor::new(text.to_vec()))).unwrap();
        let mut lines = Lines::new(input, limit);
        let mut all = Vec::new();
        while let Some(Record { line, body }) = lines.next().unwrap() {
            all.push((line, body.map(|body| String::from_utf8(body).unwrap())));
        }
        all
    }

    #[test]
    fn lines_end_in_any_way_and_empty_ones_are_none() {
        let good = |line, text: &str| (line, Ok(text.to_owned()));
        assert_eq!(
            lines(b"\xEF\xBB\xBF{1}\r\n\r\n  \n{2}\n{3}", 9),
            [good(1, "{1}"), good(4, "{2}"), good(5, "{3}")]
        );
        assert_eq!(lines(b"", 9), []);
        assert_eq!(lines(b"\n\n", 9), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_passed_over() {
        let long = vec![b'x'; 300_000];
        let text = [b"12345\r\n", &long[..], b"\n123456\n1\n", &long[..]].concat();
        let too_long = |line| (line, Err(Unreadable::TooLong));
        let good = |line, text: &str| (line, Ok(text.to_owned()));
        assert_eq!(lines(&text, 5), [good(1, "12345"), too_long(2), too_long(3), good(4, "1"), too_long(5)]);
    }
}
