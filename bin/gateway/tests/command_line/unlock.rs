//! `roster unlock`.

use roster_testkit::{TestDatabase, TestGateway};

use super::{printed, refused, roster, url_of};

#[test]
fn an_account_and_an_address_are_unlocked() {
    let folder = tempfile::tempdir().unwrap();
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |_| {});
        let url = url_of(gateway.database());
        let run = |arguments: &[&str]| {
            let mut command = roster(folder.path());
            command.arg("unlock").args(arguments).args(["--database-url", &url]).output().unwrap()
        };
        let login = |path: &str, password: &str| {
            let body = format!(r#"{{"username":"admin","password":"{password}"}}"#);
            gateway.post(path, body).send().status
        };
        for (path, dialect) in [("/v1/auth/login", "device-users"), ("/server/login", "iot-roles")] {
            assert_eq!(printed(&run(&[dialect, "admin"])), "was not locked\n");
            while login(path, "wrong") == 401 {}
            assert_eq!(printed(&run(&[dialect, "admin"])), "unlocked\n");
            assert_eq!(login(path, "demo-password"), 200);
        }
        let guess = || gateway.get("/admin/v1/operator").bearer("guess").send().status;
        while guess() == 401 {}
        assert_eq!(printed(&run(&["--address", "127.0.0.1"])), "unlocked\n");
        assert_eq!(guess(), 401);
    }
}

#[test]
fn what_is_no_account_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    printed(&roster(folder).args(["init", "--json"]).output().unwrap());
    for (arguments, why) in [
        (
            vec!["devices", "admin"],
            "dialect must be enterprise-users, device-users, tenant-ciam or iot-roles",
        ),
        (vec!["iot-roles", "nobody"], "no such user"),
        (vec!["enterprise-users", "nobody"], "no such user; one given by nick_name needs its enterprise_id"),
        (vec!["tenant-ciam", "zhangsan"], "needs its tenant"),
        (vec!["tenant-ciam", "zhangsan", "--tenant", "none"], "no such tenant"),
        (vec!["device-users", "a b"], "no account can have this name"),
        (
            vec!["device-users", "admin", "--tenant", "demo"],
            "tenant belongs to an account of tenant-ciam alone",
        ),
    ] {
        let told = refused(&roster(folder).arg("unlock").args(&arguments).output().unwrap());
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}
