//! Lists: E10 and E11.

use std::collections::BTreeSet;

use roster_enterprise_users::AdministratorsSpan;
use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with, race};
use serde_json::{Value, json};

use super::{ADMIN, MEMBER, USERS, create, fixture_keys, user};

fn list(gateway: &TestGateway, query: &str) -> Reply {
    gateway.get(&format!("{USERS}?{query}")).key(ADMIN).send().expect(200)
}

fn names(reply: &Reply) -> Vec<String> {
    let name = |user: &Value| user["nick_name"].as_str().unwrap().to_owned();
    reply.json()["users"].as_array().unwrap().iter().map(name).collect()
}

fn elsewhere(name: &str) -> Value {
    json!({"nick_name": name, "password": "password", "enterprise_id": "other"})
}

#[test]
fn e11_pages_are_newest_first_with_the_true_total() {
    on_each_gateway(|gateway| {
        for n in 0..11 {
            create(gateway, &user(&format!("u{n}"))).expect(201);
        }
        create(gateway, &elsewhere("last")).expect(201);
        let first = list(gateway, "");
        assert_eq!(first.keys(), ["users", "total"]);
        assert_eq!(first.json()["total"], 14, "admin and member among them");
        assert_eq!(names(&first)[..3], ["last", "u10", "u9"]);
        assert_eq!(names(&first).len(), 10);
        let keys: Vec<String> = first.json()["users"][0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, fixture_keys("seeds/enterprise-users.read.response.json"));
        assert_eq!(names(&list(gateway, "page=2")), ["u1", "u0", "member", "admin"]);
        assert_eq!(names(&list(gateway, "page=3&page_size=5")), ["u1", "u0", "member", "admin"]);
        for beyond in ["page=3", "page=0", "page=-1", "page=99999999999999999999", "page=9223372036854775807"]
        {
            let beyond = list(gateway, beyond);
            assert_eq!((names(&beyond).len(), &beyond.json()["total"]), (0, &json!(14)));
        }
        for (query, len) in [
            ("page=x&page_size=y", 10),
            ("page=&page_size=", 10),
            ("page_size=0", 1),
            ("page_size=-5", 1),
            ("page_size=5000", 14),
            ("%ff=%ff&&=&page_size=2", 2),
        ] {
            assert_eq!(names(&list(gateway, query)).len(), len, "{query}");
        }
    });
}

#[test]
fn e11_a_query_is_a_literal_part_without_regard_to_case() {
    on_each_gateway(|gateway| {
        let body = json!({"nick_name": "Zhang 三", "password": "password", "enterprise_id": "demo",
            "email": "Z.Hang@Example.com", "phone": "+86-1"});
        create(gateway, &body).expect(201);
        create(gateway, &user(r"100%_\")).expect(201);
        for (query, found) in [
            ("query=zHANG", vec!["Zhang 三"]),
            ("query=%E4%B8%89", vec!["Zhang 三"]),
            ("query=g+%E4%B8%89", vec!["Zhang 三"]),
            ("query=%2B86", vec!["Zhang 三"]),
            ("query=@EXAMPLE.", vec!["Zhang 三"]),
            ("query=%25", vec![r"100%_\"]),
            ("query=_", vec![r"100%_\"]),
            ("query=%5C", vec![r"100%_\"]),
            ("query=nobody", vec![]),
            ("query=%00", vec![]),
            ("query=a%00", vec![]),
        ] {
            let reply = list(gateway, query);
            assert_eq!(names(&reply), found, "{query}");
            assert_eq!(reply.json()["total"], found.len(), "{query}");
        }
        let long = format!("query={}", "%25".repeat(15_000));
        assert_eq!(names(&list(gateway, &long)), Vec::<String>::new());
    });
}

#[test]
fn e10_a_plain_member_lists_his_own_enterprise_alone() {
    on_each_gateway(|gateway| {
        create(gateway, &elsewhere("outside")).expect(201);
        let members = gateway.get(USERS).key(MEMBER).send().expect(200);
        assert_eq!(names(&members), ["member", "admin"]);
        assert_eq!(members.json()["total"], 2);
        let search = gateway.get(&format!("{USERS}?query=outside")).key(MEMBER).send().expect(200);
        assert_eq!(search.json(), json!({"users": [], "total": 0}));
        gateway.get(USERS).send().expect(401);
    });
}

#[test]
fn e10_a_confined_administrator_lists_his_own_enterprise_alone() {
    on_each_gateway_with(
        |config| config.enterprise_users.administrators_span = AdministratorsSpan::Own,
        |gateway| assert_eq!(names(&list(gateway, "")), ["member", "admin"]),
    );
}

#[test]
fn e11_pages_under_concurrent_writers_repeat_nobody_and_lose_nobody() {
    on_each_gateway(|gateway| {
        for n in 0..30 {
            create(gateway, &user(&format!("old{n}"))).expect(201);
        }
        let seen = race(4, |n| {
            if n > 0 {
                for i in 0..15 {
                    create(gateway, &user(&format!("new{n}-{i}"))).expect(201);
                }
                return Vec::new();
            }
            // While the others push them on, every page holds each at most once, newest first.
            (1..=20)
                .flat_map(|page| {
                    let reply = list(gateway, &format!("page={page}&page_size=5")).json();
                    let users = reply["users"].as_array().unwrap().clone();
                    let ids: Vec<i64> = users.iter().map(|user| user["user_id"].as_i64().unwrap()).collect();
                    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "{ids:?}");
                    assert!(reply["total"].as_i64().unwrap() >= 32);
                    users
                })
                .map(|user| user["nick_name"].as_str().unwrap().to_owned())
                .collect()
        });
        let seen: BTreeSet<&String> = seen[0].iter().collect();
        for n in 0..30 {
            assert!(seen.contains(&format!("old{n}")), "old{n} was there all the time");
        }
    });
}
