//! Follows the framing of HTTP/1.1 messages, as far as the connection has to know it.

/// The longest part of a header line that is looked at: enough for `Content-Length` with twenty digits.
const KEPT: usize = 64;

/// Where in a message the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the request line or a header line.
    Head,
    /// In a body of known length, of which so much is to come.
    Sized(u64),
    /// In the line before a chunk.
    ChunkSize,
    /// In a chunk, of which so much is to come.
    Chunk(u64),
    /// In the line end after a chunk.
    ChunkEnd,
    /// In the lines after the last chunk.
    Trailer,
}

/// Follows the framing of the requests on one connection.
///
/// The HTTP parser accepts a bare LF as a line end (RFC 9112 §2.2 permits it); other parsers on the way
/// may not, and two parsers that disagree can be made to see different requests. A bare LF in a head is
/// overwritten with NUL, which no head may hold, so that the parser answers 400.
#[derive(Debug)]
pub(super) struct Scanner {
    place: Place,
    line: [u8; KEPT],
    /// Bytes of the current line so far, without its line end.
    length: usize,
    after_cr: bool,
    /// Whether a byte of the current head has arrived.
    begun: bool,
    content_length: Option<u64>,
    chunked: bool,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Head,
            line: [0; KEPT],
            length: 0,
            after_cr: false,
            begun: false,
            content_length: None,
            chunked: false,
        }
    }

    /// Whether a part of a head has arrived, and not all of it.
    pub(super) fn is_in_head(&self) -> bool {
        self.place == Place::Head && self.begun
    }

    /// Whether the next byte belongs to a body.
    pub(super) fn is_in_body(&self) -> bool {
        self.place != Place::Head
    }

    /// Follows `bytes`, the next ones on the connection. Answers whether a head with a body ended in them.
    pub(super) fn follow(&mut self, bytes: &mut [u8]) -> bool {
        let mut body_begins = false;
        let mut at = 0;
        while at < bytes.len() {
            let left = (bytes.len() - at) as u64;
            match self.place {
                Place::Sized(to_come) => {
                    let passed = to_come.min(left);
                    at += passed as usize;
                    self.place = rest(to_come - passed, Place::Sized, Place::Head);
                }
                Place::Chunk(to_come) => {
                    let passed = to_come.min(left);
                    at += passed as usize;
                    self.place = rest(to_come - passed, Place::Chunk, Place::ChunkEnd);
                }
                Place::Head | Place::ChunkSize | Place::ChunkEnd | Place::Trailer => {
                    at += self.line(&mut bytes[at..]);
                    body_begins |= self.place != Place::Head && self.begun;
                    self.begun &= self.place == Place::Head;
                }
            }
        }
        body_begins
    }

    /// Follows one line, or as much of it as there is; answers how many bytes that is.
    fn line(&mut self, bytes: &mut [u8]) -> usize {
        if self.place == Place::Head {
            self.begun = true;
        }
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            self.keep(bytes);
            self.after_cr = bytes.last() == Some(&b'\r');
            return bytes.len();
        };
        let has_cr = if end == 0 { self.after_cr } else { bytes[end - 1] == b'\r' };
        if self.place == Place::Head && !has_cr {
            bytes[end] = 0;
        }
        self.keep(&bytes[..end]);
        if has_cr {
            self.length -= 1;
        }
        self.end_of_line();
        self.length = 0;
        self.after_cr = false;
        end + 1
    }

    fn keep(&mut self, bytes: &[u8]) {
        if let Some(room) = self.line.get_mut(self.length..) {
            let kept = room.len().min(bytes.len());
            room[..kept].copy_from_slice(&bytes[..kept]);
        }
        self.length += bytes.len();
    }

    fn end_of_line(&mut self) {
        let line = &self.line[..self.length.min(KEPT)];
        self.place = match self.place {
            Place::Head if !line.is_empty() => {
                if let Some(value) = value_of(line, b"content-length") {
                    self.content_length = number(value, 10);
                } else if value_of(line, b"transfer-encoding").is_some() {
                    self.chunked = true;
                }
                Place::Head
            }
            Place::Head => {
                let (length, chunked) = (self.content_length.take().unwrap_or(0), self.chunked);
                self.chunked = false;
                // No body, or an empty line before the request line: the next head begins.
                self.begun = chunked || length > 0;
                if chunked { Place::ChunkSize } else { rest(length, Place::Sized, Place::Head) }
            }
            Place::ChunkSize => {
                let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
                match number(digits.trim_ascii(), 16) {
                    Some(size) => rest(size, Place::Chunk, Place::Trailer),
                    // The parser refuses it and closes the connection.
                    None => Place::ChunkSize,
                }
            }
            Place::ChunkEnd => Place::ChunkSize,
            Place::Trailer if line.is_empty() => Place::Head,
            place => place,
        };
    }
}

fn rest(to_come: u64, place: fn(u64) -> Place, next: Place) -> Place {
    if to_come == 0 { next } else { place(to_come) }
}

/// The value of a header line, if it has this name.
fn value_of<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (found, value) = line.split_at_checked(name.len())?;
    let value = value.strip_prefix(b":")?;
    found.eq_ignore_ascii_case(name).then_some(value.trim_ascii())
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    /// Follows `text` in pieces of `size` bytes; answers what the parser sees of it.
    fn follow(scanner: &mut Scanner, text: &str, size: usize) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for piece in bytes.chunks_mut(size) {
            scanner.follow(piece);
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn whole_messages_leave_it_before_the_next_head() {
        let sized = "POST / HTTP/1.1\r\nhost: a\r\nCONTENT-length:  5 \r\n\r\na\nb\nc";
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                       a;x=1\r\n012345678\n\r\n1\r\n\n\r\n0\r\nx: y\r\n\r\n";
        for size in 1..=80 {
            let mut scanner = Scanner::new();
            for message in [GET, sized, chunked, GET, chunked, sized] {
                assert_eq!(follow(&mut scanner, message, size), message, "{size}");
                assert!(!scanner.is_in_head() && !scanner.is_in_body(), "{size}: {scanner:?}");
            }
        }
    }

    #[test]
    fn it_knows_what_the_next_byte_belongs_to() {
        let mut scanner = Scanner::new();
        assert!(!scanner.is_in_head());
        assert!(!scanner.follow(&mut b"POST / HTTP/1.1\r\nContent-Length: 3\r\n".to_vec()));
        assert!(scanner.is_in_head());
        assert!(scanner.follow(&mut b"\r\nab".to_vec()), "a body begins");
        assert!(scanner.is_in_body() && !scanner.is_in_head());
        assert!(!scanner.follow(&mut b"cG".to_vec()));
        assert!(scanner.is_in_head() && !scanner.is_in_body());
    }

    #[test]
    fn a_bare_line_feed_in_a_head_is_made_unreadable() {
        for size in 1..=40 {
            let mut scanner = Scanner::new();
            follow(&mut scanner, GET, size);
            let head = "GET / HTTP/1.1\r\nHost: a\nX-B: c\r\n\r\n";
            let seen = follow(&mut scanner, head, size);
            assert_eq!(seen, head.replace("a\nX", "a\0X"), "{size}");
            assert_eq!(follow(&mut Scanner::new(), "\nGET", size), "\0GET");
        }
    }
}
