//! Passwords that come along: plain ones, and hashes of other systems.

use serde_json::{Value, json};

use super::house::{House, on_each_house, report};

/// Of `password` each.
const HASHES: [&str; 4] = [
    "$2b$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
    "$argon2i$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$MA/e0o/dq9Q/NG3lCZc1jvi52oDgoBHmr9bc9hirGVY",
    "$pbkdf2-sha256$1000$ZUxprZXy/j9nzJlzbs2Zcw$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY",
    "$pbkdf2-sha512$i=1000$c2FsdHNhbHRzYWx0c2FsdA$715rqIr5dXOVPpBhqqsugl037zT5bWJTWYmZtIcK8hBnisKpwfY7kokvwjDrNHqHhF50Pb7MD6HvkJwiDQw4ww",
];

fn stored(house: &House, name: &str) -> String {
    let all = house.export(&["iot-roles", "--format", "jsonl", "--with-password-hashes"]);
    let users = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let user = users.into_iter().find(|user| user["username"] == name).unwrap();
    user["password_hash"].as_str().unwrap().to_owned()
}

#[test]
fn a_user_with_another_systems_hash_signs_in_and_his_hash_is_renewed() {
    on_each_house(|house| {
        let mut table = String::from("username,email,role,password_hash\n");
        for (hash, n) in HASHES.iter().zip(0..) {
            table += &format!("user{n},user{n}@x.org,SYSTEM,\"{hash}\"\n");
        }
        let told = house.import_text(&["iot-roles"], "users.csv", &table);
        assert!(told.contains("4 lines: 4 created"), "{told}");
        for (hash, n) in HASHES.iter().zip(0..) {
            let name = format!("user{n}");
            let login = |password: &str| {
                let body = json!({"username": name, "password": password}).to_string();
                house.gateway.post("/server/login", body).send().status
            };
            assert_eq!(login("Password"), 401, "{hash}");
            assert_eq!(stored(house, &name), *hash, "as it came");
            assert_eq!(login("password"), 200, "{hash}");
            assert!(stored(house, &name).starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "renewed");
            assert_eq!(login("password"), 200);
        }
        let told = house.import_text(&["iot-roles"], "users.csv", &table);
        assert!(told.contains("4 unchanged"), "{told}");
    });
}

#[test]
fn a_hash_that_costs_too_much_is_refused_in_the_dialects_words_and_told_nowhere() {
    on_each_house(|house| {
        let dear = "$2b$15$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm";
        let cap = "a cheaper hash: the cost of bcrypt must be 4 to 14, got 15";
        for (dialect, line, status) in [
            (vec!["enterprise-users"], json!({"nick_name": "ada", "enterprise_id": "demo"}), 400),
            (vec!["tenant-ciam", "--tenant", "demo"], json!({"user_name": "ada"}), 400),
            (vec!["iot-roles"], json!({"username": "ada", "email": "a@x.org", "role": "SYSTEM"}), 406),
        ] {
            let with = |member: &str, value: &str| {
                let mut line = line.clone();
                line["password_hash"] = json!(dear);
                line[member] = json!(value);
                line.to_string()
            };
            let name = if dialect[0] == "tenant-ciam" { "pwd" } else { "password" };
            let lines = format!("{}\n{}\n", with("other", ""), with(name, "secret-password-1"));
            let errors = house.path("errors.jsonl");
            let told = house.import_text(
                &[&dialect[..], &["--errors", errors.to_str().unwrap()]].concat(),
                "users.jsonl",
                &lines,
            );
            assert!(told.contains("2 refused"), "{told}");
            let report = report(&errors);
            assert_eq!(report[0]["status"], status, "{report:?}");
            assert!(report[0]["error"].to_string().contains(cap), "{report:?}");
            assert!(report[1]["error"].to_string().contains("absent where there is a"), "{report:?}");
            let all = format!("{told}{report:?}");
            assert!(!all.contains("abcdefghijklmno") && !all.contains("secret-password-1"), "{all}");
        }
    });
}

#[test]
fn a_password_is_hashed_once_and_not_again_by_the_same_import() {
    on_each_house(|house| {
        let lines: String = (0..20)
            .map(|n| {
                format!("{{\"username\":\"user{n}\",\"password\":\"pass-word-{n}\",\"email\":\"u{n}@x.org\",\"role\":\"SYSTEM\"}}\n")
            })
            .collect();
        let import = || house.import_text(&["iot-roles", "--batch", "7"], "users.jsonl", &lines);
        assert!(import().contains("20 created"));
        let before = stored(house, "user7");
        assert!(before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(import().contains("20 unchanged"));
        assert_eq!(stored(house, "user7"), before);
        let body = json!({"username": "user7", "password": "pass-word-7"}).to_string();
        assert_eq!(house.gateway.post("/server/login", body).send().status, 200);
    });
}
