//! Weak passwords of device accounts, and of imported users.

use std::io::Write as _;
use std::process::{Output, Stdio};

use roster_testkit::{TestDatabase, TestGateway};

use super::{printed, refused, roster, url_of};

#[test]
fn a_device_account_gets_none() {
    let folder = tempfile::tempdir().unwrap();
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |_| {});
        let url = url_of(gateway.database());
        let create = |name: &str, password: &str| -> Output {
            let mut command = roster(folder.path());
            command.args(["device-account", "create", name, "--password-stdin", "--database-url", &url]);
            let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = piped.spawn().unwrap();
            child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        };
        for weak in ["password", "12345678", "PassW0rd", "ＰＡＳＳＷＯＲＤ", "demo-password"] {
            let told = refused(&create("gate", weak));
            assert!(told.contains("password is one of the most common"), "{told}");
            assert!(weak == "password" || !told.contains(weak), "{told}");
        }
        printed(&create("gate", "not among the common ones"));
        // The demonstration's own goes on to work.
        gateway
            .post("/v1/auth/login", r#"{"username":"admin","password":"demo-password"}"#)
            .send()
            .expect(200);
    }
}

#[test]
fn an_import_refuses_them_where_the_dialect_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(
        folder.join("enterprise.jsonl"),
        "{\"nick_name\":\"a\",\"password\":\"password\",\"enterprise_id\":\"e\"}\n\
         {\"nick_name\":\"b\",\"password\":\"not among them\",\"enterprise_id\":\"e\"}\n",
    )
    .unwrap();
    std::fs::write(
        folder.join("iot.jsonl"),
        "{\"username\":\"a\",\"password\":\"password\",\"email\":\"a@example.com\",\"role\":\"AREA\"}\n\
         {\"username\":\"b\",\"password\":\"not among them\",\"email\":\"b@example.com\",\"role\":\"AREA\"}\n",
    )
    .unwrap();
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |_| {});
        let url = url_of(gateway.database());
        for (dialect, file) in [("enterprise-users", "enterprise.jsonl"), ("iot-roles", "iot.jsonl")] {
            let variable = format!("ROSTER_{}__WEAK_PASSWORDS", dialect.replace('-', "_").to_uppercase());
            let import = |policy: &str| {
                let mut command = roster(folder);
                command.args(["import", dialect, file, "--database-url", &url]).env(&variable, policy);
                command.output().unwrap()
            };
            let output = import("refuse");
            let told = String::from_utf8(output.stderr.clone()).unwrap();
            assert!(told.contains("\"line\":1") && told.contains("password"), "{told}");
            assert!(told.contains("1 created"), "{told}");
            refused(&output);
            printed(&import("accept"));
        }
    }
}
