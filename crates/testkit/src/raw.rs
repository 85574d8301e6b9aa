use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

/// A connection on which a test says whatever it wants.
pub struct RawConnection {
    stream: TcpStream,
    /// What was read beyond the last answer.
    ahead: Vec<u8>,
}

/// One answer, as it came.
#[derive(Debug)]
pub struct RawReply {
    /// The status.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl RawConnection {
    /// Connects to `address`.
    ///
    /// # Panics
    /// If it cannot.
    pub fn open(address: &str) -> Self {
        Self { stream: TcpStream::connect(address).expect("a connection"), ahead: Vec::new() }
    }

    /// Connects to `address` from another address of this machine, such as 127.0.0.2.
    ///
    /// # Panics
    /// If it cannot.
    pub fn open_from(source: IpAddr, address: &str) -> Self {
        let address: SocketAddr = address.parse().expect("an address with a port");
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        bind(&socket, &SocketAddr::new(source, 0)).expect("an address of this machine");
        connect(&socket, &address).expect("a connection");
        Self { stream: TcpStream::from(socket), ahead: Vec::new() }
    }

    /// Sends these bytes.
    ///
    /// # Panics
    /// If it cannot.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("sent");
    }

    /// Sends these bytes, if the other side still takes them.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Reads one answer, of known length. `None` if the connection ended before.
    pub fn reply(&mut self) -> Option<RawReply> {
        let head = loop {
            if let Some(end) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break self.ahead.drain(..end + 4).collect::<Vec<_>>();
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.unwrap_or(0);
        while self.ahead.len() < length {
            self.more()?;
        }
        let body: Vec<u8> = self.ahead.drain(..length).collect();
        Some(RawReply { status, head, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// Reads until the other side ends the connection; answers how many bytes that were.
    pub fn until_end(&mut self) -> usize {
        while self.more().is_some() {}
        self.ahead.len()
    }

    /// Whether the other side has ended the connection, without waiting for it; what it sent is kept.
    pub fn has_ended(&mut self) -> bool {
        self.stream.set_nonblocking(true).expect("a socket");
        let mut piece = [0; 4096];
        let ended = loop {
            match self.stream.read(&mut piece) {
                Ok(0) => break true,
                Ok(read) => self.ahead.extend_from_slice(&piece[..read]),
                Err(error) => break error.kind() != ErrorKind::WouldBlock,
            }
        };
        self.stream.set_nonblocking(false).expect("a socket");
        ended
    }

    fn more(&mut self) -> Option<()> {
        let mut piece = [0; 16 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) | Err(_) => None,
            Ok(read) => {
                self.ahead.extend_from_slice(&piece[..read]);
                Some(())
            }
        }
    }
}
