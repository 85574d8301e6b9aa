use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::running::Running;

/// A listener without work of its own must not end the process while the other one still works.
#[test]
fn what_is_in_flight_at_the_operators_listener_is_answered_before_the_end() {
    let running = Running::start(&["--demo"], &[("ROSTER_ADMIN_LISTEN", "127.0.0.1:0")]);
    let line = running.wait_for("operators at http://");
    let address = line.rsplit("http://").next().unwrap().trim();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let body = r#"{"id":"late","name":"Late"}"#;
    let head = format!(
        "POST /admin/v1/tenants HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer demo-operator-token\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = [0; 1024];
    let read = stream.read(&mut text).unwrap();
    assert!(text[..read].starts_with(b"HTTP/1.1 100"), "it wants the body, so it is in flight");
    stream.write_all(&body.as_bytes()[..1]).unwrap();
    running.signal("-TERM");
    running.wait_for("stopping");
    let silent = stream.read(&mut text).unwrap_err();
    assert!(matches!(silent.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silent}");
    stream.write_all(&body.as_bytes()[1..]).unwrap();
    let mut answer = String::new();
    stream.set_read_timeout(None).unwrap();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    running.ends_well();
}

/// After a clean end the file alone holds everything, without what lies beside it.
#[test]
fn a_sqlite_file_is_whole_by_itself_after_the_end() {
    for round in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("r.sqlite");
        let url = format!("sqlite:{}", file.display());
        let running = Running::start(&["--demo", "--database-url", &url], &[]);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let names: Vec<String> = (0..20).map(|n| format!("kept-{round}-{n}")).collect();
        for name in &names {
            let body = format!(r#"{{"nick_name":"{name}","password":"password","enterprise_id":"demo"}}"#);
            let sent = agent
                .post(format!("{}/openapi/v1/users", running.base))
                .header("Authorization", "demo-enterprise-key")
                .header("Content-Type", "application/json")
                .send(body);
            assert_eq!(sent.unwrap().status(), 201);
        }
        running.signal("-TERM");
        running.ends_well();
        let copy = folder.path().join("copy.sqlite");
        std::fs::copy(&file, &copy).unwrap();
        let copied =
            Running::start(&["--demo", "--database-url", &format!("sqlite:{}", copy.display())], &[]);
        for name in &names {
            let found = agent
                .get(format!("{}/openapi/v1/users/{name}", copied.base))
                .header("Authorization", "demo-enterprise-key")
                .call();
            assert_eq!(found.unwrap().status(), 200, "{name}");
        }
    }
}
