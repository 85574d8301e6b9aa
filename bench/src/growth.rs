//! What a store of a million users costs beside one of a thousand.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::RunQueryDsl as _;
use roster_kernel::{OsRandom, SystemClock};
use roster_persistence::{DatabaseUrl, Db, DbSettings};

use crate::gateway::{Gateway, sqlite};
use crate::measure::{Effort, median_of};
use crate::table::{Figure, Table, Target};
use crate::wrk::{Load, Report};
use crate::{reads, subjects};

/// Ids of device users end before a million (D2).
const MANY: usize = 999_000;
const FEW: usize = 1_000;

/// Nothing of size may take longer than this, 99 times of 100.
const LONGEST: Duration = Duration::from_millis(100);

/// Both stores, and everything that is asked of them.
pub(crate) fn run(effort: Effort, table: &mut Table) {
    let many = if effort == Effort::Full { MANY } else { 20 * FEW };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (small, large) = (folder.path().join("small.sqlite"), folder.path().join("large.sqlite"));
    fill(&small, FEW);
    fill(&large, many);
    let (few, lot) = (Asked::of(&small, FEW, effort), Asked::of(&large, many, effort));
    for question in Question::ALL {
        let pairs: Vec<(f64, f64)> =
            (0..effort.rounds(3)).map(|_| (lot.time(question), few.time(question))).collect();
        let time = |seconds: f64| Figure::Time(Duration::from_secs_f64(seconds));
        let figure = time(median_of(pairs.iter().map(|pair| pair.0)));
        let bound = time(median_of(pairs.iter().map(|pair| pair.1)));
        let work = format!("{many} users beside {FEW}: {}", question.words());
        table.row(&work, figure, bound, Target::AtMost(1.5));
    }
    for (work, script) in [
        ("device users, page at offset 100,000", get("'/v1/user/offset/100000/limit/10'")),
        ("enterprise users, page at offset 100,000", get("'/openapi/v1/users?page=10001&page_size=10'")),
        ("IoT roles, page at offset 100,000", get("'/users?page=10000&size=10'")),
        ("CIAM users, page at offset 100,000", get("'/api/v2/tenant/users?offset=10000&limit=10'")),
        ("device users, substring search", post("/v1/user/search", r#"{"name":"r 99999"}"#)),
        ("enterprise users, substring search with its total", get("'/openapi/v1/users?query=r99999'")),
        ("enterprise users, substring search that finds all", get("'/openapi/v1/users?query=user'")),
    ] {
        let p99 = lot.ask(work, &script).p99;
        table.limit(&format!("{many} users: {work}, p99"), Figure::Time(p99), Figure::Time(LONGEST));
    }
    drop((few, lot));
    reads::start(&sqlite(&large), many, table);
}

/// A store with the demonstration's data and `users` of every dialect, as the dialects would have written them.
fn fill(path: &Path, users: usize) {
    // Begins it.
    drop(Gateway::start(&sqlite(path)));
    let db = Db::open(
        &DatabaseUrl::sqlite(path),
        DbSettings::default(),
        Arc::new(SystemClock),
        Arc::new(OsRandom),
    );
    let db = db.expect("opens");
    let devices = "INSERT INTO device_users (user_id, name, user_type, is_admin, ic_number, id_number, job_number, \
         remark, guest_time_start_ms, guest_time_end_ms, created_ms, updated_ms, name_folded) \
         SELECT i, 'user ' || i, 1, 0, 'ic' || i, '', 'job' || i, '', 0, 0, 1700000000000 + i, 1700000000000 + i, \
         'user ' || i FROM n";
    // Everybody's password is the demonstration's.
    let enterprise = "INSERT INTO enterprise_users (enterprise_id, nick_name, nick_name_folded, email, email_folded, \
         is_active, password_hash, created_ms, updated_ms) \
         SELECT 'demo', 'user' || i, 'user' || i, 'user' || i || '@example.com', 'user' || i || '@example.com', 1, \
         (SELECT password_hash FROM iot_users WHERE username = 'admin'), 1700000000000, 1700000000000 FROM n";
    let iot = "INSERT INTO iot_users (id, username, email, role, status, password_hash, password_version, \
         created_ms, updated_ms) \
         SELECT printf('%024x', i), 'user' || i, 'u@example.com', 'SYSTEM', 'enable', (SELECT password_hash FROM \
         iot_users WHERE username = 'admin'), 1, 1700000000000, 1700000000000 FROM n";
    // The tenant's user names and mobile numbers are unique, and each user has an age. The last 500 were
    // changed in 2027, from 1,800,000,000 seconds on.
    let ciam_id = "printf('20231114221320000-0000-%09X', i)";
    let ciam = format!(
        "INSERT INTO tenant_users (user_id, tenant_id, user_name, user_name_key, name, mobile, \
         must_modify_password, disabled, created_ms, updated_ms) \
         SELECT {ciam_id}, 'demo', 'user' || i, 'user' || i, 'User ' || i, '+86-' || (13000000000 + i), 1, 0, \
         1700000000000 + i, 1700000000000 + i + (i > {users} - 500) * 100000000000 FROM n"
    );
    let unique = |attribute: &str, key: &str| {
        format!(
            "INSERT INTO tenant_unique_values (tenant_id, attribute, value_key, user_id) \
             SELECT 'demo', '{attribute}', {key}, {ciam_id} FROM n"
        )
    };
    let names = unique("user_name", "'user' || i");
    let mobiles = unique("mobile", "'+86-' || (13000000000 + i)");
    let ages = format!(
        "INSERT INTO tenant_user_extensions (user_id, key, kind, value, tenant_id) \
         SELECT {ciam_id}, 'age', 'text', i % 100, 'demo' FROM n"
    );
    let tables = [devices.to_owned(), enterprise.to_owned(), iot.to_owned(), ciam, names, mobiles, ages];
    let filled = db.bookkeep(move |conn| {
        for insert in tables {
            let numbers =
                format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {users})");
            // SQLite wants the clause before INSERT.
            diesel::sql_query(format!("{numbers} {insert}")).execute(conn)?;
        }
        Ok(())
    });
    futures_lite::future::block_on(filled).expect("filled");
}

/// A gateway on one of the stores, with what opens its doors.
struct Asked {
    gateway: Gateway,
    device: String,
    iot: String,
    ciam: String,
    users: usize,
    effort: Effort,
}

/// What must not grow with the store.
#[derive(Debug, Clone, Copy)]
enum Question {
    DeviceRead,
    DeviceLookUp,
    DevicePage,
    EnterpriseRead,
    EnterprisePage,
    IotRead,
    IotPage,
    IotLogin,
    CiamRead,
    CiamLookUp,
    CiamPage,
    CiamChanged,
}

impl Question {
    const ALL: [Self; 12] = [
        Self::DeviceRead,
        Self::DeviceLookUp,
        Self::DevicePage,
        Self::EnterpriseRead,
        Self::EnterprisePage,
        Self::IotRead,
        Self::IotPage,
        Self::IotLogin,
        Self::CiamRead,
        Self::CiamLookUp,
        Self::CiamPage,
        Self::CiamChanged,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::DeviceRead => "device users, read of one",
            Self::DeviceLookUp => "device users, look-up by card number",
            Self::DevicePage => "device users, first page with its total",
            Self::EnterpriseRead => "enterprise users, read of one",
            Self::EnterprisePage => "enterprise users, first page with its total",
            Self::IotRead => "IoT roles, read of one",
            Self::IotPage => "IoT roles, first page with its total",
            Self::IotLogin => "IoT roles, login",
            Self::CiamRead => "CIAM users, read of one",
            Self::CiamLookUp => "CIAM users, look-up by user name",
            Self::CiamPage => "CIAM users, first page with its total",
            Self::CiamChanged => "CIAM users, first page of the last 500 that changed",
        }
    }
}

fn get(path: &str) -> String {
    format!("request = function() return wrk.format('GET', {path}) end")
}

fn post(path: &str, body: &str) -> String {
    format!("request = function() return wrk.format('POST', '{path}', nil, '{body}') end")
}

impl Asked {
    fn of(path: &Path, users: usize, effort: Effort) -> Self {
        let gateway = Gateway::start(&sqlite(path));
        let (device, iot) = (subjects::device_token(&gateway), subjects::iot_token(&gateway));
        let ciam = subjects::ciam_token(&gateway);
        Self { gateway, device, iot, ciam, users, effort }
    }

    /// What one answer takes when nobody else asks, in seconds: of users at random.
    fn time(&self, question: Question) -> f64 {
        let any = format!("math.random(2, {})", self.users);
        let (script, authorization) = match question {
            Question::DeviceRead => (get(&format!("'/v1/user/id/' .. {any}")), self.device.as_str()),
            Question::DeviceLookUp => (
                post("/v1/user/search", &format!(r#"{{"ic_number":"ic' .. {any} .. '"}}"#)),
                self.device.as_str(),
            ),
            Question::DevicePage => (get("'/v1/user/offset/0/limit/10'"), self.device.as_str()),
            Question::EnterpriseRead => (get(&format!("'/openapi/v1/users/' .. {any}")), KEY),
            Question::EnterprisePage => (get("'/openapi/v1/users?page=1&page_size=10'"), KEY),
            Question::IotRead => (get(&format!("'/users/user' .. {any}")), self.iot.as_str()),
            Question::IotPage => (get("'/users?page=0&size=10'"), self.iot.as_str()),
            Question::IotLogin => {
                let body = r#"{"username":"user' .. N .. '","password":"demo-password"}"#.replace('N', &any);
                (post("/server/login", &body), self.iot.as_str())
            }
            Question::CiamRead => {
                let id = format!("string.format('20231114221320000-0000-%09X', {any})");
                (get(&format!("'/api/v2/tenant/users/' .. {id}")), self.ciam.as_str())
            }
            Question::CiamLookUp => {
                let body = format!(r#"{{"user_name":"user' .. {any} .. '"}}"#);
                (post("/api/v2/tenant/users/user-by-username", &body), self.ciam.as_str())
            }
            Question::CiamPage => (get("'/api/v2/tenant/users?offset=0&limit=10'"), self.ciam.as_str()),
            Question::CiamChanged => {
                let query = "offset=0&limit=10&updated_at_greater=2027-01-15%2008:00:00";
                (get(&format!("'/api/v2/tenant/users?{query}'")), self.ciam.as_str())
            }
        };
        1.0 / self.load(&script, authorization, 1).rate
    }

    fn ask(&self, work: &str, script: &str) -> Report {
        let authorization = match work.split(' ').next() {
            Some("enterprise") => KEY,
            Some("IoT") => &self.iot,
            Some("CIAM") => &self.ciam,
            _ => &self.device,
        };
        self.load(script, authorization, 2)
    }

    fn load(&self, script: &str, authorization: &str, seconds: u64) -> Report {
        let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
        let (url, seconds) = (self.gateway.base.clone(), self.effort.seconds(seconds));
        Load { url, headers: &headers, connections: 1, seconds, script: Some(script) }.run()
    }
}

/// The demonstration's key.
const KEY: &str = "demo-enterprise-key";
