//! Two gateways on one PostgreSQL, of which one is killed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use diesel::RunQueryDsl as _;
use roster_persistence::{AnyConn, Backend, DatabaseUrl, Db};
use roster_testkit::{TestDatabase, block_on, race};
use serde_json::{Value, json};

use crate::running::{Running, roster};

/// Clients of each gateway: two of each dialect.
const CLIENTS: usize = 8;
/// The victim is killed when it has acknowledged so much.
const KILLED_AFTER: usize = 120;
/// So much each client of the survivor creates after that.
const AFTERWARDS: usize = 15;

fn postgres() -> Option<(TestDatabase, String)> {
    let database = TestDatabase::of(Backend::Postgres)?;
    let DatabaseUrl::Postgres(url) = database.url().clone() else { panic!("asked for PostgreSQL") };
    Some((database, url))
}

fn start(url: &str) -> Running {
    start_with(url, &[])
}

fn start_with(url: &str, environment: &[(&str, &str)]) -> Running {
    // As many as there are clients, and both together far fewer than the server takes.
    let environment = [environment, &[("ROSTER_DATABASE__POOL_SIZE", "8")]].concat();
    Running::start(&["--demo", "--database-url", url], &environment)
}

/// The credentials of all dialects, got at one gateway and good at both.
struct Credentials([String; 4]);

impl Credentials {
    fn of(gateway: &Running) -> Self {
        let login = r#"{"username":"admin","password":"demo-password"}"#;
        let token = |answer: &Value| format!("Bearer {}", answer.as_str().unwrap());
        let device = gateway.json("POST", "/v1/auth/login", "", login).unwrap().1;
        let iot = gateway.json("POST", "/server/login", "", login).unwrap().1;
        let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let ciam = gateway.call("POST", "/api/v2/tenant/token", &kind, form).unwrap().1;
        Self([
            "demo-enterprise-key".into(),
            token(&device["data"]["token"]),
            token(&ciam["access_token"]),
            token(&iot["token"]),
        ])
    }

    /// Creates the user of this number in the client's dialect; what it came to, if it came to anything.
    fn create(&self, at: &Running, client: usize, number: usize) -> Option<(u16, Value)> {
        let authorization = &self.0[client % 4];
        let name = name(client, number);
        let (path, body) = match client % 4 {
            0 => (
                "/openapi/v1/users",
                json!({"nick_name": name, "password": "password", "enterprise_id": "demo"}),
            ),
            1 => (
                "/v1/user",
                json!({
                    "user_id": device_id(client, number), "name": name, "avatar": "/9j/2wCE", "type": 1,
                    "groups": [1, 2],
                }),
            ),
            2 => ("/api/v2/tenant/users", json!({"user_name": name, "pwd": "qwe123!@#"})),
            _ => (
                "/server/users",
                json!({
                    "username": name, "password": "password", "email": "u@example.com", "role": "AREA",
                    "area": [],
                }),
            ),
        };
        at.json("POST", path, authorization, &body.to_string())
    }

    /// Whether the user of this number is there.
    fn has(&self, at: &Running, client: usize, number: usize) -> bool {
        let authorization = &self.0[client % 4];
        let name = name(client, number);
        let (status, _) = match client % 4 {
            0 => at.json("GET", &format!("/openapi/v1/users/{name}"), authorization, ""),
            1 => {
                let path = format!("/v1/user/id/{}", device_id(client, number));
                at.json("GET", &path, authorization, "")
            }
            2 => {
                let body = json!({"user_name": name}).to_string();
                at.json("POST", "/api/v2/tenant/users/user-by-username", authorization, &body)
            }
            _ => at.json("GET", &format!("/server/users/{name}"), authorization, ""),
        }
        .unwrap();
        status == 200
    }
}

fn name(client: usize, number: usize) -> String {
    format!("user-{client}-{number}")
}

fn device_id(client: usize, number: usize) -> usize {
    1 + client * 10_000 + number
}

/// Clients write through both; the one is killed in the midst of it. Either way round, for which one
/// began the store, and migrated it, may make a difference.
#[test]
fn killing_either_of_two_gateways_loses_nothing_and_disturbs_nobody() {
    for first_dies in [true, false] {
        let Some((_database, url)) = postgres() else { return };
        let gateways = [start(&url), start(&url)];
        let (victim, survivor) =
            if first_dies { (&gateways[0], &gateways[1]) } else { (&gateways[1], &gateways[0]) };
        let credentials = Credentials::of(victim);
        let (acknowledged, killed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let done = race(2 * CLIENTS, |client| {
            let mut created = Vec::new();
            if client < CLIENTS {
                for number in 0.. {
                    match credentials.create(victim, client, number) {
                        Some((200 | 201, _)) => created.push((client, number)),
                        Some(other) => panic!("{client} {number}: {other:?}"),
                        None => break,
                    }
                    if acknowledged.fetch_add(1, Ordering::SeqCst) + 1 == KILLED_AFTER {
                        victim.signal("-KILL");
                        killed.store(true, Ordering::SeqCst);
                    }
                }
            } else {
                let mut afterwards = 0;
                for number in 0.. {
                    let was_killed = killed.load(Ordering::SeqCst);
                    match credentials.create(survivor, client, number) {
                        Some((200 | 201, _)) => created.push((client, number)),
                        refused => panic!("the survivor refused {client} {number}: {refused:?}"),
                    }
                    afterwards += usize::from(was_killed);
                    if afterwards == AFTERWARDS {
                        break;
                    }
                }
            }
            created
        })
        .concat();
        let of_victim = done.iter().filter(|(client, _)| *client < CLIENTS).count();
        assert!(of_victim >= KILLED_AFTER, "{of_victim}");
        assert!(done.len() - of_victim >= CLIENTS * AFTERWARDS);
        for (client, number) in &done {
            assert!(credentials.has(survivor, *client, *number), "{client} {number} was acknowledged");
        }
        // Whoever comes back finds the same.
        let again = start(&url);
        for (client, number) in done.iter().rev().take(50) {
            assert!(credentials.has(&again, *client, *number), "{client} {number} was acknowledged");
        }
    }
}

/// Operators' tokens are changed at the command line, and all gateways know.
#[test]
fn an_operators_new_token_ends_the_old_one_at_both() {
    let Some((_database, url)) = postgres() else { return };
    // Else the old one would be believed for a second more.
    let ask = || start_with(&url, &[("ROSTER_DATABASE__BELIEVE_MS", "0")]);
    let gateways = [ask(), ask()];
    let me = |token: &str| {
        let header = format!("Bearer {token}");
        gateways.each_ref().map(|at| at.json("GET", "/admin/v1/operator", &header, "").unwrap().0)
    };
    let create = || {
        let arguments = ["operator", "create", "shared", "--database-url", &url];
        let output = roster().args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let first = create();
    assert_eq!(me(&first), [200; 2]);
    let second = create();
    assert_eq!((me(&first), me(&second)), ([401; 2], [200; 2]));
}

/// Holds a lock on the journal until it is told to let go, so that every write stands still in the
/// midst of its transaction.
fn hold_journal(db: Db) -> (mpsc::Sender<()>, std::thread::JoinHandle<()>) {
    let ((locked, is_locked), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let released = Arc::new(Mutex::new(released));
    let holder = std::thread::spawn(move || {
        let held = db.bookkeep(move |conn: &mut AnyConn| {
            diesel::sql_query("LOCK TABLE store_journal IN EXCLUSIVE MODE").execute(conn)?;
            locked.send(()).unwrap();
            // Until the test is over, however it ends.
            let _ = released.lock().unwrap().recv();
            Ok(())
        });
        block_on(held).unwrap();
    });
    is_locked.recv().unwrap();
    (release, holder)
}

/// Returns when so many wait for a lock of this database.
fn await_waiting(db: &Db, many: u32) {
    let wait = format!(
        "DO $$ BEGIN WHILE (SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN \
         (SELECT pid FROM pg_stat_get_activity(NULL) WHERE datid = (SELECT oid FROM pg_database \
         WHERE datname = current_database()))) < {many} LOOP PERFORM pg_sleep(0.005); END LOOP; END $$"
    );
    block_on(db.read(move |conn| Ok(diesel::sql_query(wait).execute(conn)?))).unwrap();
}

#[test]
fn whoever_waits_for_a_killed_gateway_is_served() {
    for first_dies in [true, false] {
        let Some((database, url)) = postgres() else { return };
        let gateways = [start(&url), start(&url)];
        let (victim, survivor) =
            if first_dies { (&gateways[0], &gateways[1]) } else { (&gateways[1], &gateways[0]) };
        let credentials = Credentials::of(survivor);
        let db = database.open(&[]);
        let (release, holder) = hold_journal(db.clone());
        std::thread::scope(|scope| {
            // The victim has inserted these users, and stands before its journal.
            let lost: Vec<_> = (0..4)
                .map(|client| {
                    scope.spawn({
                        let credentials = &credentials;
                        move || credentials.create(victim, client, 1)
                    })
                })
                .collect();
            await_waiting(&db, 1);
            // The survivor waits for the same names, which nobody but the victim's transactions has.
            let waiting: Vec<_> = (0..4)
                .map(|client| {
                    scope.spawn({
                        let credentials = &credentials;
                        move || credentials.create(survivor, client, 1)
                    })
                })
                .collect();
            await_waiting(&db, 2);
            victim.signal("-KILL");
            for lost in lost {
                assert!(lost.join().unwrap().is_none(), "not acknowledged");
            }
            drop(release);
            for waiting in waiting {
                let (status, answer) = waiting.join().unwrap().unwrap();
                assert!([200, 201].contains(&status), "{status} {answer}");
            }
        });
        holder.join().unwrap();
        for client in 0..4 {
            assert!(credentials.has(survivor, client, 1));
            let (status, answer) = credentials.create(survivor, client, 2).unwrap();
            assert!([200, 201].contains(&status), "{status} {answer}");
        }
    }
}
