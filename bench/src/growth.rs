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
        ("device users, substring search", post("/v1/user/search", r#"{"name":"r 99999"}"#)),
        ("enterprise users, substring search with its total", get("'/openapi/v1/users?query=r99999'")),
    ] {
        let p99 = lot.ask(&script, work.starts_with("enterprise")).p99;
        table.limit(&format!("{many} users: {work}, p99"), Figure::Time(p99), Figure::Time(LONGEST));
    }
    drop((few, lot));
    reads::start(&sqlite(&large), many, table);
}

/// A store with the demonstration's data and `users` of three dialects.
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
    let filled = db.bookkeep(move |conn| {
        for insert in [devices, enterprise, iot] {
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
}

impl Question {
    const ALL: [Self; 8] = [
        Self::DeviceRead,
        Self::DeviceLookUp,
        Self::DevicePage,
        Self::EnterpriseRead,
        Self::EnterprisePage,
        Self::IotRead,
        Self::IotPage,
        Self::IotLogin,
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
        Self { gateway, device, iot, users, effort }
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
        };
        1.0 / self.load(&script, authorization).rate
    }

    fn ask(&self, script: &str, enterprise: bool) -> Report {
        self.load(script, if enterprise { KEY } else { &self.device })
    }

    fn load(&self, script: &str, authorization: &str) -> Report {
        let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
        let (url, seconds) = (self.gateway.base.clone(), self.effort.seconds(2));
        Load { url, headers: &headers, connections: 1, seconds, script: Some(script) }.run()
    }
}

/// The demonstration's key.
const KEY: &str = "demo-enterprise-key";
