use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, mpsc};

use diesel::RunQueryDsl as _;
use roster_gateway::Config;
use roster_persistence::{AnyConn, Backend};
use roster_testkit::{TestGateway, block_on, on_each_gateway_with, race};

use super::{actors, is_refused};

/// Runs `work` while nobody else can write.
fn while_locked<T>(gateway: &TestGateway, work: impl FnOnce() -> T) -> T {
    let db = gateway.database().open(&[]);
    let backend = gateway.backend();
    let ((locked, is_locked), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let released = Arc::new(Mutex::new(released));
    let holder = std::thread::spawn(move || {
        let held = db.bookkeep(move |conn: &mut AnyConn| {
            // On SQLite the transaction itself is the lock.
            if backend == Backend::Postgres {
                let all = "DO $$ DECLARE t text; BEGIN \
                           FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP \
                           EXECUTE format('LOCK TABLE %I IN EXCLUSIVE MODE', t); END LOOP; END $$";
                diesel::sql_query(all).execute(conn)?;
            }
            locked.send(()).unwrap();
            // Until the test is over, however it ends.
            let _ = released.lock().unwrap().recv();
            Ok(())
        });
        block_on(held).unwrap();
    });
    is_locked.recv().unwrap();
    let done = work();
    drop(release);
    holder.join().unwrap();
    done
}

fn a_second(set: impl Fn(&mut Config) -> &mut NonZeroU32) -> impl Fn(&mut Config) {
    move |config| *set(config) = NonZeroU32::MIN
}

#[test]
fn a_request_that_takes_too_long_is_answered_503_in_its_dialects_own_shape() {
    on_each_gateway_with(a_second(|config| &mut config.limits.request_seconds), |gateway| {
        let actors = actors(gateway);
        let replies = while_locked(gateway, || race(5, |n| actors[n].write(gateway)));
        for (actor, reply) in actors.iter().zip(&replies) {
            is_refused(actor.dialect, reply, 503);
            assert!(!reply.text.contains("lock"), "{reply:?}");
        }
        // Nothing stands still for it afterwards; and what was given up may have been done or not.
        for actor in &actors {
            assert_eq!(actor.read(gateway).status, 200, "{}", actor.dialect);
            let again = actor.write(gateway);
            // CIAM tells what is taken with 400.
            assert!([200, 201, 400, 409].contains(&again.status), "{again:?}");
        }
    });
}

fn talk(gateway: &TestGateway, text: &str) -> String {
    let mut stream = TcpStream::connect(gateway.base().trim_start_matches("http://")).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    // Until the gateway ends the connection: this side never does.
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The head of a `POST` that announces more than it sends.
fn trickle(path: &str, authorization: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    )
}

#[test]
fn a_body_that_trickles_is_given_up_in_its_dialects_own_shape() {
    on_each_gateway_with(a_second(|config| &mut config.limits.body_seconds), |gateway| {
        let actors = actors(gateway);
        let answers = race(5, |n| talk(gateway, &trickle(actors[n].write.0, &actors[n].authorization)));
        for (actor, answer) in actors.iter().zip(&answers) {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 503 "), "{}: {answer}", actor.dialect);
            assert!(head.to_lowercase().contains("\r\nretry-after: 1\r\n"), "{answer}");
            let shape = match actor.dialect {
                "enterprise-users" => r#""error_type":"ServiceUnavailable""#,
                "device-users" => r#"{"data":null,"code":503,"#,
                "tenant-ciam" => r#""error_code":"#,
                "iot-roles" => r#""error":"Service Unavailable""#,
                _ => r#""title":"Service Unavailable""#,
            };
            assert!(body.contains(shape), "{}: {answer}", actor.dialect);
        }
    });
}

#[test]
fn the_time_of_a_body_is_not_that_of_its_request() {
    // It has a minute for its body, and waits longer for it than its work may take.
    on_each_gateway_with(a_second(|config| &mut config.limits.request_seconds), |gateway| {
        let body = r#"{"nick_name":"slow","password":"password","enterprise_id":"demo"}"#;
        let mut stream = TcpStream::connect(gateway.base().trim_start_matches("http://")).unwrap();
        let head = format!(
            "POST /openapi/v1/users HTTP/1.1\r\nHost: localhost\r\nAuthorization: demo-enterprise-key\r\n\
             Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Another's request is given up meanwhile, so more than a second has passed.
        let actors = actors(gateway);
        let given_up = while_locked(gateway, || actors[0].write(gateway));
        is_refused("enterprise-users", &given_up, 503);
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    });
}

#[test]
fn a_head_that_trickles_is_cut() {
    on_each_gateway_with(a_second(|config| &mut config.limits.head_seconds), |gateway| {
        let answer = talk(gateway, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    });
}

#[test]
fn a_connection_without_requests_is_closed() {
    on_each_gateway_with(a_second(|config| &mut config.limits.keep_alive_seconds), |gateway| {
        let answer = talk(gateway, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
}
