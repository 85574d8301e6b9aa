//! What strangers can hold: descriptors and memory, of a process that has few.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

use roster_testkit::RawConnection;

use crate::running::{Running, roster};

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A gateway that may open so many files.
fn with_files(files: u32, environment: &[(&str, &str)]) -> Running {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")]);
    let roster = roster();
    limited.arg(roster.get_program());
    for (name, value) in roster.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    Running::start_by(limited, &["--demo"], environment)
}

/// Whether a client at another address is served.
fn another_is_served(running: &Running) {
    let mut another = RawConnection::open_from(ANOTHER, running.address());
    another.send(GET);
    assert_eq!(another.reply().map(|reply| reply.status), Some(200));
    // With the store, too: it has files of its own.
    another.send("GET /openapi/v1/currentuser HTTP/1.1\r\nHost: localhost\r\nAuthorization: demo-enterprise-key\r\n\r\n");
    assert_eq!(another.reply().map(|reply| reply.status), Some(200));
}

/// What connections of one address may be doing that never end by themselves.
fn flood(running: &Running, each: impl Fn(&mut RawConnection)) {
    let mut all = Vec::new();
    for _ in 0..400 {
        let mut connection = RawConnection::open(running.address());
        each(&mut connection);
        all.push(connection);
    }
    another_is_served(running);
    drop(all);
}

#[test]
fn four_hundred_connections_of_one_address_shut_nobody_else_out() {
    let running = with_files(256, &[("ROSTER_LIMITS__ADDRESS_CONNECTIONS", "0")]);
    flood(&running, |_| {});
    flood(&running, |connection| {
        connection.try_send("GET /healthz HTTP/1.1\r\nHost");
    });
    flood(&running, |connection| {
        if connection.try_send(GET) && connection.reply().is_some() {
            connection.try_send("GET /healthz HTTP/1.1\r\nHost");
        }
    });
    flood(&running, |connection| {
        let post = "POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                    Content-Length: 250000\r\n\r\n{";
        connection.try_send(post);
    });
    let logs = running.logs();
    assert!(!logs.contains("Error accepting"), "{logs}");
    assert!(!logs.contains("ERROR"), "{logs}");
}

#[test]
fn the_default_cap_of_an_address_holds_beside_few_files() {
    let running = with_files(256, &[]);
    flood(&running, |_| {});
}

/// The memory of the process that is resident, in KiB.
fn resident(running: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

#[test]
fn bodies_that_stand_still_hold_no_memory_and_leave_none_behind() {
    let settings = [
        ("ROSTER_LIMITS__ADDRESS_CONNECTIONS", "0"),
        ("ROSTER_LOG__FILTER", "off,roster_gateway::memory=debug"),
    ];
    let running = with_files(2048, &settings);
    let stalled = || {
        let mut connection = RawConnection::open(running.address());
        let head = "POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                    Expect: 100-continue\r\nContent-Length: 250000\r\n\r\n";
        connection.send(head);
        assert_eq!(connection.reply().unwrap().status, 100, "it is being worked on");
        connection.send(vec![b' '; 240_000]);
        connection
    };
    // What a process takes once and keeps: threads, pools, buffers.
    drop((0..50).map(|_| stalled()).collect::<Vec<_>>());
    another_is_served(&running);
    let before = resident(&running);
    let all: Vec<_> = (0..600).map(|_| stalled()).collect();
    another_is_served(&running);
    let during = resident(&running);
    drop(all);
    let is_back = |now: u64| now * 10 < before * 12;
    // Memory is given back every few seconds, as long as there is more than there has to be.
    for _ in 0..5 {
        if !is_back(resident(&running)) {
            running.wait_for("memory given back");
        }
    }
    let after = resident(&running);
    println!("resident before {before} KiB, during {during} KiB, after {after} KiB");
    assert!(during < before + 64 * 1024, "before {before} KiB, during {during} KiB");
    assert!(is_back(after), "before {before} KiB, after {after} KiB");
}

#[test]
fn what_a_stranger_writes_wrongly_is_one_line_for_those_who_look() {
    let running = with_files(256, &[("ROSTER_LOG__FILTER", "debug")]);
    let mut stranger = RawConnection::open_from(ANOTHER, running.address());
    stranger.send("nonsense\r\n\r\n");
    assert_eq!(stranger.reply().unwrap().status, 400);
    stranger.until_end();
    let (_, figures) = running.call("GET", "/metrics", &[], "").unwrap();
    assert!(figures.as_str().unwrap().contains("roster_malformed_requests_total 1"));
    let logs = running.logs();
    let lines: Vec<_> = logs.lines().filter(|line| line.contains("malformed request")).collect();
    assert!(matches!(lines[..], [line] if line.contains("DEBUG") && line.contains("127.0.0.2")), "{logs}");
    assert!(!logs.contains("ERROR"), "{logs}");
}
