//! A backup under load holds one moment of the store: every transaction that was acknowledged before
//! it began, none that began after its moment, and of each the whole.

use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl as _};
use roster_persistence::{AnyConn, Db};
use roster_testkit::{TestDatabase, TestGateway, block_on};
use serde_json::{Value, json};

const WRITERS: usize = 6;
/// What is acknowledged before the backup begins, and between its moment and its first row.
const AT_LEAST: usize = 40;

/// Paths, and what a read of each answered.
type Answers = Vec<(String, Value)>;

/// What was acknowledged, in its order.
#[derive(Default)]
struct Acknowledged {
    paths: Mutex<Answers>,
    more: Condvar,
    /// A writer has failed: there is nothing to wait for.
    failed: AtomicBool,
}

/// Held by a writer.
struct Writing<'a>(&'a Acknowledged);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failed.store(true, Ordering::SeqCst);
            drop(self.0.paths.lock());
            self.0.more.notify_all();
        }
    }
}

impl Acknowledged {
    fn add(&self, path: String, answer: Value) {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).push((path, answer));
        self.more.notify_all();
    }

    /// Waits until there are `count`, and answers all that there are.
    fn at_least(&self, count: usize) -> Answers {
        let paths = self.paths.lock().unwrap();
        let waiting = |paths: &mut Vec<_>| paths.len() < count && !self.failed.load(Ordering::SeqCst);
        let paths = self.more.wait_while(paths, waiting).unwrap().clone();
        assert!(paths.len() >= count, "a writer failed");
        paths
    }
}

/// Where a backup is written: after its moment is fixed and before any row is read, much happens.
struct Slow<'a> {
    file: Vec<u8>,
    acknowledged: &'a Acknowledged,
    /// What was acknowledged before the moment, and what by the time that the first row is read.
    before: usize,
    after: usize,
}

impl Write for Slow<'_> {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        if self.file.is_empty() {
            self.after = self.acknowledged.at_least(self.before + AT_LEAST).len();
        }
        self.file.extend(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Actor<'a> {
    gateway: &'a TestGateway,
    device: String,
    tenant: String,
}

impl<'a> Actor<'a> {
    fn demo(gateway: &'a TestGateway) -> Self {
        let login = gateway.post("/v1/auth/login", r#"{"username":"admin","password":"demo-password"}"#);
        let device = login.send().expect(200).json()["data"]["token"].as_str().unwrap().to_owned();
        let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let granted = gateway.call("POST", &format!("/api/v2/tenant/token?{form}")).send().expect(200);
        let tenant = granted.json()["access_token"].as_str().unwrap().to_owned();
        Self { gateway, device, tenant }
    }

    fn device(&self, method: &str, path: &str, body: &Value) {
        self.gateway.call(method, path).bearer(&self.device).json(body.to_string()).send().expect(200);
    }

    fn read(&self, path: &str) -> Value {
        let call = self.gateway.get(path);
        let call = match path {
            path if path.starts_with("/openapi") => call.key("demo-enterprise-key"),
            path if path.starts_with("/api") => call.bearer(&self.tenant),
            _ => call.bearer(&self.device),
        };
        call.send().expect(200).json()
    }

    /// Somebody of each dialect, who takes several rows of several tables each. A second device user is
    /// made and goes again, in one request with the one of the turn before, but each by himself (D8).
    fn turn(&self, writer: usize, turn: usize, acknowledged: &Acknowledged) {
        let id = 1_000 + (writer * 10_000 + turn) * 2;
        let user = |id: usize| json!({"user_id": id, "name": "Jack", "avatar": "AAAA".repeat(5_000), "groups": [1, 2]});
        self.device("POST", "/v1/user", &user(id));
        self.device("POST", "/v1/user", &user(id + 1));
        self.device("PUT", &format!("/v1/user/id/{id}"), &json!({"name": "Jill", "groups": [3, 4]}));
        let path = format!("/v1/user/id/{id}");
        acknowledged.add(path.clone(), self.read(&path));
        if turn % 2 == 1 {
            self.device("DELETE", "/v2/user", &json!({"ids": [id + 1, id - 1]}));
        }

        let name = format!("user-{writer}-{turn}");
        let body = json!({"nick_name": name, "password": "password", "enterprise_id": "demo"});
        let made = self.gateway.post("/openapi/v1/users", body.to_string()).key("demo-enterprise-key").send();
        let path = format!("/openapi/v1/users/{}", made.expect(201).json()["user_id"]);
        acknowledged.add(path.clone(), self.read(&path));

        let body = json!({"user_name": name, "pwd": "Qwe123!@#x", "email": format!("{name}@example.com"),
            "head_img": "data:image/jpeg;base64,AAAA", "extension": {"age": "28"}});
        let made = self.gateway.post("/api/v2/tenant/users", body.to_string()).bearer(&self.tenant).send();
        let path = format!("/api/v2/tenant/users/{}", made.expect(200).json()["user_id"].as_str().unwrap());
        acknowledged.add(path.clone(), self.read(&path));
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many rows are `from` there.
fn count(db: &Db, from: &str) -> i64 {
    let sql = format!("SELECT count(*) AS n FROM {from}");
    block_on(db.read(move |conn: &mut AnyConn| Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n)))
        .unwrap()
}

/// What would be half a transaction. The journal tells what should be there, the tables what is.
fn nothing_is_half(db: &Db) {
    for (table, id, dialect) in [
        ("device_users", "CAST(t.user_id AS TEXT)", "device-users"),
        ("enterprise_users", "CAST(t.user_id AS TEXT)", "enterprise-users"),
        ("tenant_users", "t.user_id", "tenant-ciam"),
    ] {
        let told = |verb: &str, id: &str| {
            format!(
                "EXISTS (SELECT 1 FROM store_journal AS j WHERE j.dialect = '{dialect}' \
                 AND j.verb = '{verb}' AND j.subject = {id})"
            )
        };
        for wrong in [
            format!("{table} AS t WHERE NOT {}", told("create", id)),
            format!("{table} AS t WHERE {}", told("delete", id)),
            // Tenants and groups are made, too.
            format!(
                "store_journal AS s WHERE s.dialect = '{dialect}' AND s.verb = 'create' AND s.subject NOT LIKE 'group:%' \
                 AND s.subject NOT IN ('demo', 'other') AND NOT {} \
                 AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {id} = s.subject)",
                told("delete", "s.subject")
            ),
        ] {
            assert_eq!(count(db, &wrong), 0, "{wrong}");
        }
        assert!(count(db, table) > 0, "{table}");
    }
    let renamed = "SELECT CAST(subject AS INTEGER) FROM store_journal WHERE dialect = 'device-users' \
                   AND verb = 'update' AND subject NOT LIKE 'group:%'";
    for wrong in [
        "device_users AS u WHERE NOT EXISTS (SELECT 1 FROM device_user_pictures AS p WHERE p.user_id = u.user_id)"
            .to_owned(),
        "device_users AS u WHERE 2 <> (SELECT count(*) FROM device_group_members AS m WHERE m.user_id = u.user_id)"
            .to_owned(),
        format!("device_users WHERE name = 'Jill' AND user_id NOT IN ({renamed})"),
        format!("device_users WHERE name = 'Jack' AND user_id IN ({renamed})"),
        format!("device_group_members WHERE group_id IN (3, 4) AND user_id NOT IN ({renamed})"),
        format!("device_group_members WHERE group_id IN (1, 2) AND user_id IN ({renamed})"),
        "tenant_users AS u WHERE NOT EXISTS (SELECT 1 FROM tenant_user_pictures AS p WHERE p.user_id = u.user_id)"
            .to_owned(),
        "tenant_users AS u WHERE NOT EXISTS (SELECT 1 FROM tenant_user_extensions AS e WHERE e.user_id = u.user_id)"
            .to_owned(),
        "tenant_users AS u WHERE NOT EXISTS (SELECT 1 FROM tenant_unique_values AS v WHERE v.user_id = u.user_id)"
            .to_owned(),
        "store_journal AS j WHERE j.verb = 'create' AND j.dialect <> 'auth' AND j.fields <> '[]' AND NOT EXISTS \
         (SELECT 1 FROM store_journal_values AS v WHERE v.entry_id = j.id) AND j.fields NOT LIKE '%access_key%'"
            .to_owned(),
    ] {
        assert_eq!(count(db, &wrong), 0, "{wrong}");
    }
}

/// Takes a backup while everybody writes; answers it, and what was acknowledged before its moment and
/// after.
fn under_load(gateway: &TestGateway) -> (Vec<u8>, Answers, Answers) {
    let db = gateway.database().open(&[]);
    let actor = Actor::demo(gateway);
    let (acknowledged, done) = (Acknowledged::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (acknowledged, done, actor) = (&acknowledged, &done, &actor);
        for writer in 0..WRITERS {
            scope.spawn(move || {
                let _writing = Writing(acknowledged);
                let mut turn = 0;
                while !done.load(Ordering::SeqCst) {
                    actor.turn(writer, turn, acknowledged);
                    turn += 1;
                }
            });
        }
        let before = acknowledged.at_least(AT_LEAST);
        let mut slow = Slow { file: Vec::new(), acknowledged, before: before.len(), after: 0 };
        // The moment is fixed somewhere before the first octet: what was acknowledged while nobody
        // can know is neither of both.
        let written = db.backup(roster_migrations::ALL, &mut slow);
        done.store(true, Ordering::SeqCst);
        written.unwrap();
        let all = acknowledged.at_least(0);
        let after = all[slow.after..].to_vec();
        (slow.file, before, after)
    })
}

#[test]
fn a_backup_under_load_is_one_moment_of_the_store() {
    for origin in TestDatabase::each() {
        let gateway = TestGateway::start(origin, |_| {});
        let (file, before, after) = under_load(&gateway);
        assert!(before.len() >= AT_LEAST);
        for target in TestDatabase::each() {
            let db = target.open(&[]);
            let lock = db.lock_start().unwrap();
            db.restore(&lock, roster_migrations::ALL, Cursor::new(&file)).unwrap();
            drop(lock);
            nothing_is_half(&db);
            // A gateway on it is no first start, and answers as the first one did.
            let restored = TestGateway::start(target, |_| {});
            let actor = Actor::demo(&restored);
            for (path, answer) in &before {
                assert_eq!(&actor.read(path), answer, "{path} from {:?}", gateway.backend());
            }
            for (path, _) in &after {
                let status =
                    restored.get(path).key("demo-enterprise-key").bearer(&actor.tenant).send().status;
                assert_ne!(status, 200, "{path} came after");
            }
        }
    }
}
