//! Administrators: E10, E13.

use roster_enterprise_users::AdministratorsSpan;
use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with, race};
use serde_json::{Value, json};

use super::{
    ADMIN, MEMBER, USERS, admin_id, create, created, delete, key_of, no_found_user, read, rows, user,
};

const PATH: &str = "/openapi/v1/administrators";

fn appoint(gateway: &TestGateway, body: &Value) -> Reply {
    gateway.post(PATH, body.to_string()).key(ADMIN).send()
}

fn listed(gateway: &TestGateway, query: &str) -> (Vec<String>, Value) {
    let reply = gateway.get(&format!("{PATH}?{query}")).key(ADMIN).send().expect(200);
    assert_eq!(reply.keys(), ["users", "total"]);
    let name = |user: &Value| user["nick_name"].as_str().unwrap().to_owned();
    let reply = reply.json();
    (reply["users"].as_array().unwrap().iter().map(name).collect(), reply["total"].clone())
}

/// A second administrator, and his key.
fn second(gateway: &TestGateway, name: &str) -> (i64, String) {
    let id = created(gateway, &user(name));
    appoint(gateway, &json!({"user_id": id, "eid": "demo"})).expect(201);
    (id, key_of(gateway, id, "test"))
}

#[test]
fn e13_an_administrator_is_appointed_listed_and_dismissed() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let key = key_of(gateway, id, "n");
        let reads = |status| drop(gateway.get(&format!("{USERS}/admin")).key(&key).send().expect(status));
        reads(403);
        for user_id in [json!(id), json!(id.to_string())] {
            let appointed = appoint(gateway, &json!({"user_id": user_id, "eid": "demo"})).expect(201);
            assert_eq!(appointed.text, "", "and once more is no error");
        }
        reads(200);
        assert_eq!(listed(gateway, ""), (vec!["ada".into(), "admin".into()], json!(2)));
        assert_eq!(listed(gateway, "eid=demo&page=2&page_size=1"), (vec!["admin".into()], json!(2)));
        assert_eq!(listed(gateway, "page=9"), (vec![], json!(2)));
        for none in ["eid=nosuch", "eid=%00"] {
            assert_eq!(listed(gateway, none), (vec![], json!(0)));
        }
        assert_eq!(delete(gateway, &format!("{PATH}/{id}")).expect(200).text, "");
        reads(403);
        let refused = delete(gateway, &format!("{PATH}/{id}")).expect(404).json();
        assert_eq!(refused["msg_show"], json!(format!("用户'{id}'不是企业管理员")));
        read(gateway, &id.to_string()).expect(200);
    });
}

#[test]
fn e13_an_appointment_names_a_user_and_his_enterprise() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let mut elsewhere = user("bob");
        elsewhere["enterprise_id"] = json!("other");
        create(gateway, &elsewhere).expect(201);
        let empty = appoint(gateway, &json!({})).expect(400).json();
        assert_eq!(empty["err"], json!({"user_id": ["该字段是必填项。"], "eid": ["该字段是必填项。"]}));
        let nosuch = appoint(gateway, &json!({"user_id": id, "eid": "nosuch"})).expect(400).json();
        assert_eq!((&nosuch["code"], &nosuch["err"]), (&json!(20400), &json!(["企业'nosuch'不存在"])));
        let other = appoint(gateway, &json!({"user_id": id, "eid": "other"})).expect(400).json();
        assert_eq!(other["err"], json!([format!("用户'{id}'不属于企业'other'")]));
        for nobody in [json!(999_999), json!("ada"), json!("99999999999999999999")] {
            let unknown = appoint(gateway, &json!({"user_id": nobody, "eid": "demo"})).expect(404);
            assert_eq!(unknown.json(), no_found_user());
        }
        for reference in ["999999", "ada"] {
            let unknown = delete(gateway, &format!("{PATH}/{reference}")).expect(404);
            assert_eq!(unknown.json(), no_found_user());
        }
        assert_eq!(listed(gateway, "").1, 1);
    });
}

#[test]
fn e13_nobody_dismisses_himself() {
    on_each_gateway(|gateway| {
        let refused = delete(gateway, &format!("{PATH}/{}", admin_id(gateway))).expect(400).json();
        assert_eq!(refused["err"]["msg"], "不能删除自己");
    });
}

#[test]
fn e10_a_plain_member_has_nothing_to_do_with_ranks() {
    on_each_gateway(|gateway| {
        for (method, path) in [("GET", PATH), ("POST", PATH), ("DELETE", "/openapi/v1/administrators/1")] {
            let refused = gateway.call(method, path).json("{}").key(MEMBER).send().expect(403);
            assert_eq!(refused.json()["code"], 10402);
            gateway.call(method, path).json("{}").send().expect(401);
        }
    });
}

#[test]
fn e10_a_confined_administrator_appoints_in_his_own_enterprise_alone() {
    on_each_gateway_with(
        |config| config.enterprise_users.administrators_span = AdministratorsSpan::Own,
        |gateway| {
            gateway.get(&format!("{PATH}?eid=other")).key(ADMIN).send().expect(403);
            appoint(gateway, &json!({"user_id": 1, "eid": "other"})).expect(403);
            assert_eq!(listed(gateway, ""), (vec!["admin".into()], json!(1)));
        },
    );
}

/// What is left of two administrators who do this to each other at once.
fn duel(gateway: &TestGateway, round: usize, act: impl Fn(&TestGateway, &str, i64) -> Reply + Sync) {
    // The demonstration's own steps aside, so that the two are the only ones.
    let (first, second) = (second(gateway, &format!("a{round}")), second(gateway, &format!("b{round}")));
    let aside = gateway.call("DELETE", &format!("{PATH}/{}", admin_id(gateway))).key(&first.1).send();
    aside.expect(200);
    let replies =
        race(2, |n| if n == 0 { act(gateway, &first.1, second.0) } else { act(gateway, &second.1, first.0) });
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done, 1, "{replies:?}");
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert!([400, 401, 403].contains(&reply.status), "{reply:?}");
    }
    let active =
        "enterprise_administrators a JOIN enterprise_users u ON u.user_id = a.user_id WHERE u.is_active";
    assert_eq!(rows(gateway, active), 1);
    let (winner, loser) = if replies[0].status == 200 { (&first, &second) } else { (&second, &first) };
    // Everything as it was, for the next round.
    let body = json!({"user_id": admin_id_by(gateway, &winner.1), "eid": "demo"}).to_string();
    gateway.post(PATH, body).key(&winner.1).send().expect(201);
    delete(gateway, &format!("{USERS}/{}", winner.0)).expect(200);
    delete(gateway, &format!("{USERS}/{}", loser.0));
}

fn admin_id_by(gateway: &TestGateway, key: &str) -> Value {
    gateway.get(&format!("{USERS}/admin")).key(key).send().expect(200).json()["user_id"].clone()
}

#[test]
fn e13_of_two_who_remove_each_other_at_once_one_remains() {
    on_each_gateway(|gateway| {
        for round in 0..4 {
            duel(gateway, round * 3, |gateway, key, other| {
                gateway.call("DELETE", &format!("{PATH}/{other}")).key(key).send()
            });
            duel(gateway, round * 3 + 1, |gateway, key, other| {
                gateway.call("DELETE", &format!("{USERS}/{other}")).key(key).send()
            });
            duel(gateway, round * 3 + 2, |gateway, key, other| {
                let disable = gateway.call("PUT", &format!("{USERS}/{other}")).json(r#"{"is_active":false}"#);
                disable.key(key).send()
            });
        }
    });
}
