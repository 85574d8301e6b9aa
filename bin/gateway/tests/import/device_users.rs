//! Many users, some of them bad; interrupted, repeated, all or nothing, not at all.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Child, Stdio};

use roster_testkit::{TestDatabase, TestGateway};
use serde_json::json;

use super::house::{House, on_each_house, report};

/// `admin` with `demo-password`.
const BASIC: &str = "Basic YWRtaW46ZGVtby1wYXNzd29yZA==";

/// `count` users, every `bad`th of them without a name.
fn users(count: u32, bad: u32) -> String {
    let mut text = String::new();
    for id in 1..=count {
        let name = if id % bad == 0 { String::new() } else { format!("Jack {id}") };
        writeln!(text, r#"{{"user_id":{id},"name":"{name}","avatar":"/9j/{id:08}","groups":[1,2]}}"#)
            .unwrap();
    }
    text
}

fn total(gateway: &TestGateway) -> u64 {
    let page = gateway.get("/v1/user/offset/0/limit/1").key(BASIC).send();
    page.json()["data"]["total"].as_u64().unwrap()
}

/// What the process has held in memory at most so far, in KiB.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn through_a_pipe(house: &House, arguments: &[&str]) -> Child {
    let arguments = [&["import", "device-users", "-", "--format", "jsonl"], arguments].concat();
    house.command(&arguments).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Imports `count` users with 50 bad ones; the gateway takes others meanwhile.
fn imports(house: &House, count: u32) {
    let text = users(count, count / 50);
    let errors = house.path("errors.jsonl");
    let mut child = through_a_pipe(house, &["--errors", errors.to_str().unwrap()]);
    let mut pipe = child.stdin.take().unwrap();
    for (part, number) in text.as_bytes().chunks(text.len() / 10 + 1).zip(0..) {
        pipe.write_all(part).unwrap();
        let body = json!({"user_id": 900_000 + number, "name": "meanwhile", "avatar": "AAAA"}).to_string();
        let made = house.gateway.post("/v1/user", body).key(BASIC).send();
        assert_eq!(made.status, 200, "the gateway serves: {}", made.text);
    }
    // All but the last batches are done.
    let peak = peak(&child);
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let good = count - 50;
    assert!(told.contains(&format!("{count} lines: {good} created, 0 replaced, 0 unchanged")), "{told}");
    assert_eq!(output.status.code(), Some(1), "lines were refused");
    assert!(peak < 150 * 1024, "{peak} KiB");
    assert_eq!(total(&house.gateway), u64::from(good) + 10);
    let report = report(&errors);
    assert_eq!(report.len(), 50);
    let error = json!({"data": null, "code": 400, "msg": "name must not be empty"});
    for (line, number) in report.iter().zip(1..) {
        assert_eq!(*line, json!({"line": number * (count / 50), "status": 400, "error": error}));
    }
}

#[test]
fn good_lines_go_in_and_bad_ones_are_told_while_a_gateway_serves() {
    on_each_house(|house| imports(house, 5_000));
}

#[test]
#[ignore = "takes half a minute"]
fn a_hundred_thousand_users_in_little_memory() {
    on_each_house(|house| imports(house, 100_000));
}

#[test]
fn an_import_that_was_killed_is_run_again_and_ends_the_same() {
    let text = users(6_000, 1_000);
    let control = House::on(TestDatabase::sqlite());
    let file = control.file("users.jsonl", &text);
    control.import(&["device-users", &file]);
    let expected = control.export(&["device-users", "--format", "jsonl", "--with-pictures"]);
    on_each_house(|house| {
        for strict in [true, false] {
            let option = if strict { "--strict" } else { "--if-exists=fail" };
            let mut child = through_a_pipe(house, &["--batch", "100", option]);
            // More than the pipe and the batches ahead can hold: some batches are written by then.
            child.stdin.take().unwrap().write_all(&text.as_bytes()[..text.len() * 3 / 4]).unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            let there = total(&house.gateway);
            assert_eq!(there == 0, strict, "{there}");
        }
        let there = total(&house.gateway);
        let file = house.file("users.jsonl", &text);
        let (_, told) = house.import(&["device-users", &file]);
        let created = 5_994 - there;
        let summary =
            format!("6000 lines: {created} created, 0 replaced, {there} unchanged, 0 skipped, 6 refused");
        assert!(told.contains(&summary), "{told}");
        assert!(house.export(&["device-users", "--format", "jsonl", "--with-pictures"]) == expected);
        let (_, told) = house.import(&["device-users", &file]);
        assert!(told.contains("0 created, 0 replaced, 5994 unchanged"), "{told}");
    });
}

#[test]
fn strict_is_all_or_nothing_and_a_dry_run_is_nothing() {
    on_each_house(|house| {
        let twice = r#"{"user_id":7,"name":"Jill","avatar":"AAAA"}"#;
        let bad = house.file("bad.jsonl", &format!("{}{twice}\n", users(20, 100)));
        for (arguments, told) in [
            (vec!["--strict"], "20 created, 0 replaced, 0 unchanged, 0 skipped, 1 refused"),
            (vec!["--strict", "--dry-run"], "20 created, 0 replaced, 0 unchanged, 0 skipped, 1 refused"),
            // Each batch stands for itself: what clashes with another batch is not seen.
            (vec!["--dry-run", "--batch", "10"], "21 created"),
        ] {
            let (_, said) = house.import(&[&["device-users", &bad], &arguments[..]].concat());
            assert!(said.contains(told), "{arguments:?} {said}");
            assert_eq!(total(&house.gateway), 0, "{arguments:?}");
        }
        let good = house.file("good.jsonl", &users(20, 100));
        assert!(house.import(&["device-users", &good, "--strict", "--batch", "3"]).0);
        assert_eq!(total(&house.gateway), 20);
    });
}

#[test]
fn users_who_are_there_and_differ() {
    on_each_house(|house| {
        let line = |name: &str| format!(r#"{{"user_id":7,"name":"{name}","avatar":"AAAA"}}"#);
        let import = |name: &str, if_exists: &str| {
            house.import_text(&["device-users", "--if-exists", if_exists], "one.jsonl", &line(name))
        };
        let user = || {
            let user = house.gateway.get("/v1/user/id/7").key(BASIC).send();
            user.json()["data"]["name"].clone()
        };
        assert!(import("Jack", "fail").contains("1 created"));
        let refused = import("Jill", "fail");
        assert!(refused.contains(r#"{"line":1,"status":409,"error":{"data":null,"code":409,"#), "{refused}");
        assert!(import("Jill", "skip").contains("1 skipped"));
        assert_eq!(user(), "Jack");
        assert!(import("Jill", "replace").contains("1 replaced"));
        assert!(import("Jill", "replace").contains("1 unchanged"));
        assert_eq!(user(), "Jill");
    });
}

#[test]
fn what_is_no_import_is_told_before_anything_is_done() {
    let house = House::on(TestDatabase::sqlite());
    let csv = |text: &str| house.file("users.csv", text);
    let unknown = csv("user_id,name,avtar\n1,Jack,AAAA\n");
    let jsonl = house.file("users.jsonl", "{}");
    for (arguments, why) in [
        (vec!["device-users", &unknown], "unknown columns: 'avtar'; there are user_id, name"),
        (vec!["device-users", "nowhere.csv"], "nowhere.csv: No such file"),
        (vec!["device-users", "-"], "'-' does not say its format"),
        (vec!["device-users", &jsonl, "--tenant", "demo"], "--tenant is for tenant-ciam alone"),
        (vec!["iot-roles", &jsonl, "--if-exists", "replace"], "device-users and enterprise-users alone"),
        (vec!["device-users", &jsonl, "--errors", &jsonl], "--errors names the file"),
        (vec!["tenant-ciam", &jsonl], "--tenant"),
        (vec!["tenant-ciam", &jsonl, "--tenant", "nobody"], "no such tenant"),
    ] {
        let (good, told) = house.import(&arguments);
        assert!(!good && told.contains(why), "{arguments:?} {told}");
    }
    assert_eq!(std::fs::read_to_string(&jsonl).unwrap(), "{}");
    let twice = csv("name,user_id,name\n");
    assert!(house.import(&["device-users", &twice]).1.contains("the column 'name' twice"));
}

#[test]
fn tables_are_read_however_they_were_written() {
    on_each_house(|house| {
        let table = "\u{feff}user_id,name,groups,is_admin,feature\r\n1,\"Jack \"\"J\"\"\r\nSmith\",\"[2,1]\",true,f\r\n\
                     \r\n2,Jill,,,f\r\nx,Joe,1,,f\r\n3,Ann,\r\n4,'=1+1,,,'-f\r\n";
        let told = house.import_text(&["device-users"], "users.csv", table);
        assert!(told.contains("5 lines: 3 created, 0 replaced, 0 unchanged, 0 skipped, 2 refused"), "{told}");
        assert!(told.contains(r#"{"line":6,"status":400,"error":{"data":null,"code":400,"msg":"user_id must be an integer, got string; groups must be an array of integers, got integer"}}"#), "{told}");
        assert!(told.contains(r#"{"line":7,"error":"the row has 3 cells, the header 5"}"#), "{told}");
        let user = |id: u32| {
            let user = house.gateway.get(&format!("/v1/user/id/{id}")).key(BASIC).send();
            user.json()["data"].clone()
        };
        let jack = user(1);
        assert_eq!((&jack["name"], &jack["groups"]), (&json!("Jack \"J\"\r\nSmith"), &json!([2, 1])));
        assert_eq!(jack["is_admin"], true);
        assert_eq!((&user(4)["name"], &user(4)["feature"]), (&json!("=1+1"), &json!("-f")));
    });
}
