//! A store that an earlier version wrote is opened, and everybody in it is still there.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use roster_persistence::{Backend, DatabaseUrl};
use roster_testkit::{TestDatabase, TestGateway, fixture};
use serde_json::json;

/// The folders of `tests/fixtures/stores`, one for each version.
fn versions() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stores");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let versions: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    assert!(!versions.is_empty());
    versions
}

/// A database as the version of `folder` left it.
fn restored(folder: &Path, backend: Backend) -> Option<TestDatabase> {
    let database = TestDatabase::of(backend)?;
    match database.url() {
        DatabaseUrl::Sqlite(path) => {
            std::fs::copy(folder.join("demo.sqlite"), path).unwrap();
        }
        DatabaseUrl::Postgres(url) => {
            let dump = std::fs::read_to_string(folder.join("demo.postgres.sql")).unwrap();
            PgConnection::establish(url).unwrap().batch_execute(&dump).unwrap();
        }
    }
    Some(database)
}

#[test]
fn every_earlier_store_opens_with_everybody_in_it() {
    for folder in versions() {
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let Some(database) = restored(&folder, backend) else { continue };
            everybody_is_there(&TestGateway::start(database, |_| {}));
        }
    }
}

/// A backup of it, taken before it was brought up to date, is as good, in either kind of database.
#[test]
fn a_backup_of_every_earlier_store_is_restored_with_everybody_in_it() {
    for folder in versions() {
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let Some(database) = restored(&folder, backend) else { continue };
            let mut file = Vec::new();
            let taken = database.open(&[]).backup(roster_migrations::ALL, &mut file).unwrap();
            assert!(!taken.rows.contains_key("store_leases"), "it had none");
            for target in TestDatabase::each() {
                let db = target.open(&[]);
                let lock = db.lock_start().unwrap();
                db.restore(&lock, roster_migrations::ALL, Cursor::new(&file)).unwrap();
                drop((lock, db));
                everybody_is_there(&TestGateway::start(target, |_| {}));
            }
        }
    }
}

fn everybody_is_there(gateway: &TestGateway) {
    let key = "demo-enterprise-key";
    let user = gateway.get("/openapi/v1/users/3").key(key).send().expect(200).json();
    assert_eq!((&user["nick_name"], &user["email"]), (&json!("string"), &json!("user@example.com")));
    // He was written before there was a search, and is found by one.
    let found = gateway.get("/openapi/v1/users?query=STRING").key(key).send().expect(200).json();
    assert_eq!((&found["total"], &found["users"][0]["user_id"]), (&json!(1), &json!(3)));
    let again = fixture("seeds/enterprise-users.create.request.json");
    gateway.post("/openapi/v1/users", again).key(key).send().expect(409);
    let next = r#"{"nick_name":"next","password":"password","enterprise_id":"demo"}"#;
    assert_eq!(gateway.post("/openapi/v1/users", next).key(key).send().expect(201).json()["user_id"], 4);

    let login = gateway.post("/v1/auth/login", r#"{"username":"admin","password":"demo-password"}"#).send();
    let token = login.expect(200).json()["data"]["token"].as_str().unwrap().to_owned();
    let again = fixture("seeds/device-users.create.request.json");
    gateway.post("/v1/user", again).bearer(&token).send().expect(409);
    let found = gateway.post("/v1/user/search", r#"{"name":"JACK"}"#).bearer(&token).send().expect(200);
    assert_eq!(found.json()["data"]["items"], json!([3]), "names of before are found too");

    let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
    let granted = gateway.call("POST", &format!("/api/v2/tenant/token?{form}")).send().expect(200).json();
    let again = fixture("seeds/tenant-ciam.create.request.json");
    let client = granted["access_token"].as_str().unwrap();
    let refused = gateway.post("/api/v2/tenant/users", again).bearer(client).send().expect(400).json();
    assert_eq!(refused["error_code"], "IDAAS.TENANT.USER.0034", "the user name is taken");

    let search = gateway.post("/admin/v1/tenants/demo/users/search", r#"{"key":"age","value":"28"}"#);
    let found = search.bearer("demo-operator-token").send().expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "values of before are found too");

    let login = gateway.post("/server/login", r#"{"username":"caoxinyu","password":"password"}"#).send();
    assert!(login.expect(200).json()["token"].is_string(), "his password still holds");
}
