//! SIGTERM: what arrives is answered, whatever the connections and the database do.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use roster_testkit::Cluster;

/// A running gateway, ended with its test.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_roster"))
            .env_remove("DATABASE_URL")
            .env("ROSTER_HASHING__MEMORY_KIB", "8")
            .env("ROSTER_HASHING__ITERATIONS", "1")
            .envs(settings.iter().copied())
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("it is ready").to_owned();
        Self { child, address }
    }

    fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    fn connect(&self) -> Client {
        self.try_connect().unwrap()
    }

    fn try_connect(&self) -> std::io::Result<Client> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Client { stream: BufReader::new(stream) })
    }

    /// Waits for the end, which has to be a good one.
    fn ends(&mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
}

struct Answer {
    status: u16,
    /// Whether it announces the connection's end.
    closes: bool,
    body: String,
}

const READ: &str =
    "GET /openapi/v1/currentuser HTTP/1.1\r\nHost: localhost\r\nAuthorization: demo-enterprise-key\r\n\r\n";
const READY: &str = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";

impl Client {
    fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(text.as_bytes())
    }

    /// The answer; none if the connection ends before its first byte.
    fn answer(&mut self) -> Option<Answer> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let (mut length, mut closes) = (0, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let header = line.trim().to_ascii_lowercase();
            match header.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("connection", value)) => closes = value == "close",
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        Some(Answer { status, closes, body: String::from_utf8(body).unwrap() })
    }

    fn ask(&mut self, text: &str) -> Option<Answer> {
        self.send(text).ok()?;
        self.answer()
    }
}

#[test]
fn requests_on_kept_connections_are_answered_and_announce_their_end() {
    let mut gateway = Running::start(&[], &[]);
    let (busy, answered) = (48, AtomicUsize::new(0));
    let all_at_work = Barrier::new(busy + 1);
    std::thread::scope(|scope| {
        for _ in 0..busy {
            let (mut client, all_at_work, answered) = (gateway.connect(), &all_at_work, &answered);
            scope.spawn(move || {
                assert_eq!(client.ask(READ).unwrap().status, 200);
                all_at_work.wait();
                loop {
                    // A connection whose end was not announced takes another request.
                    let answer = client.ask(READ).expect("no request is without an answer");
                    assert_eq!(answer.status, 200);
                    answered.fetch_add(1, Ordering::Relaxed);
                    if answer.closes {
                        assert!(client.answer().is_none(), "the end that was announced");
                        return;
                    }
                }
            });
        }
        all_at_work.wait();
        gateway.terminate();
    });
    assert!(answered.load(Ordering::Relaxed) >= busy);
    gateway.ends();
}

#[test]
fn readiness_turns_first_and_the_listener_stays_for_a_while() {
    let mut gateway = Running::start(&[], &[("ROSTER_DRAIN_SECONDS", "2")]);
    let (mut idle, mut begun) = (gateway.connect(), gateway.connect());
    assert_eq!(idle.ask(READY).unwrap().status, 200);
    let body = r#"{"nick_name":"late","password":"password","enterprise_id":"demo"}"#;
    let (first, rest) = body.split_at(20);
    begun
        .send(&format!(
            "POST /openapi/v1/users HTTP/1.1\r\nHost: localhost\r\nAuthorization: demo-enterprise-key\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
            body.len()
        ))
        .unwrap();
    gateway.terminate();
    // New connections are taken, and each answer announces the end of its own.
    let stopping = loop {
        let answer = gateway.connect().ask(READY).unwrap();
        if answer.status == 503 {
            break answer;
        }
        assert!(!answer.closes);
    };
    assert!(stopping.closes && stopping.body.contains("stopping"), "{}", stopping.body);
    let mut late = gateway.connect();
    let answer = late.ask(READ).unwrap();
    assert!(answer.status == 200 && answer.closes);
    // A body that was on its way when the stop began.
    begun.send(rest).unwrap();
    let answer = begun.answer().unwrap();
    assert!(answer.status == 201 && answer.closes, "{}", answer.body);
    // The idle one may send one more request.
    let answer = idle.ask(READ).unwrap();
    assert!(answer.status == 200 && answer.closes);
    // Then no one connects any more.
    while let Ok(mut client) = gateway.try_connect() {
        let _ = client.ask(READY);
    }
    gateway.ends();
}

#[test]
fn idle_connections_do_not_hold_up_the_end() {
    let mut gateway = Running::start(&[], &[]);
    let mut idle: Vec<Client> = (0..8).map(|_| gateway.connect()).collect();
    for client in &mut idle {
        assert_eq!(client.ask(READ).unwrap().status, 200);
    }
    let silent = gateway.connect();
    let begun = Instant::now();
    gateway.terminate();
    gateway.ends();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?} of 30 s", begun.elapsed());
    assert!(idle.iter_mut().all(|client| client.answer().is_none()));
    drop(silent);
}

#[test]
fn a_client_that_never_finishes_is_cut_at_the_end_of_the_time() {
    let settings = [("ROSTER_SHUTDOWN_SECONDS", "2")];
    let mut gateway = Running::start(&[], &settings);
    let mut client = gateway.connect();
    assert_eq!(client.ask(READ).unwrap().status, 200);
    client.send("POST /openapi/v1/users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n").unwrap();
    gateway.terminate();
    gateway.ends();
    assert!(client.answer().is_none());
}

#[test]
fn a_frozen_database_does_not_hold_up_the_end() {
    let cluster = match Cluster::start(&[]) {
        Ok(cluster) => cluster,
        Err(reason) => {
            assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{reason}");
            return;
        }
    };
    let settings = [
        ("ROSTER_SHUTDOWN_SECONDS", "20"),
        ("ROSTER_DATABASE__SILENCE_SECONDS", "1"),
        ("ROSTER_DATABASE__PATIENCE_SECONDS", "1"),
        ("ROSTER_DATABASE__BELIEVE_MS", "0"),
    ];
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port());
    let mut gateway = Running::start(&["--database-url", &url], &settings);
    let mut clients: Vec<Client> = (0..4).map(|_| gateway.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.ask(READ).unwrap().status, 200);
    }
    cluster.freeze();
    for client in &mut clients {
        client.send(READ).unwrap();
    }
    let begun = Instant::now();
    gateway.terminate();
    for client in &mut clients {
        let answer = client.answer().expect("an answer");
        assert_eq!(answer.status, 503, "{}", answer.body);
    }
    gateway.ends();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
