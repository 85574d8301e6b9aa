//! Access keys, through the admin API: E10.

use diesel::RunQueryDsl as _;
use roster_testkit::{Call, TestGateway, block_on, on_each_gateway, race};
use serde_json::json;

use super::{admin_id, created, key_of, user};

const CURRENT: &str = "/openapi/v1/currentuser";

fn path(id: i64) -> String {
    format!("/admin/v1/enterprise-users/{id}/keys")
}

fn operator(call: Call) -> Call {
    call.bearer("demo-operator-token")
}

fn issue(gateway: &TestGateway, id: i64, body: &str) -> roster_testkit::Reply {
    operator(gateway.post(&path(id), body)).send()
}

#[test]
fn e10_a_key_is_issued_once_listed_without_itself_and_revoked_at_once() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let issued = issue(gateway, id, r#"{"note":"for the CI %"}"#).expect(201);
        assert_eq!(issued.keys(), ["note", "key"]);
        let key = issued.json()["key"].as_str().unwrap().to_owned();
        assert!(key.len() == 40 && key.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
        assert_eq!(gateway.get(CURRENT).key(&key).send().expect(200).json()["bean"]["nick_name"], "ada");

        issue(gateway, id, r#"{"note":"ending","lifetime_seconds":60}"#).expect(201);
        let listed = operator(gateway.get(&path(id))).send().expect(200);
        assert!(!listed.text.contains(&key));
        let keys = listed.json()["items"].as_array().unwrap().clone();
        assert_eq!(keys.len(), 2);
        let ending = keys.iter().find(|key| key["note"] == "ending").unwrap();
        let life = ending["expires_ms"].as_i64().unwrap() - ending["created_ms"].as_i64().unwrap();
        assert_eq!(life, 60_000);
        let lasting = keys.iter().find(|key| key["note"] == "for the CI %").unwrap();
        assert!(lasting["expires_ms"].is_null());

        let one = format!("{}/for%20the%20CI%20%25", path(id));
        operator(gateway.call("DELETE", &one)).send().expect(204);
        gateway.get(CURRENT).key(&key).send().expect(401);
        operator(gateway.call("DELETE", &one)).send().expect(404);
    });
}

#[test]
fn what_cannot_be_issued_is_refused_as_a_problem() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        key_of(gateway, id, "n");
        let long = json!({"note": "n".repeat(65)}).to_string();
        for (body, status, named) in [
            (r#"{"note":"n"}"#, 409, "note"),
            (r#"{"note":""}"#, 400, "note"),
            (r#"{"note":"a/b"}"#, 400, "note"),
            (long.as_str(), 400, "note"),
            (r#"{"note":"x","lifetime_seconds":0}"#, 400, "lifetime_seconds"),
            (r#"{"note":"x","lifetime_seconds":9223372036854775807}"#, 400, "lifetime_seconds"),
            (r#"{"note":"x","lifetime":1}"#, 400, "lifetime"),
            ("{}", 400, "note"),
            ("[]", 400, "object"),
        ] {
            let refused = issue(gateway, id, body).expect(status);
            assert_eq!(refused.header("content-type"), Some("application/problem+json"));
            let detail = refused.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(named), "{body}: {detail}");
        }
        for nobody in ["999999", "ada", "%00"] {
            let path = format!("/admin/v1/enterprise-users/{nobody}/keys");
            operator(gateway.get(&path)).send().expect(404);
            operator(gateway.post(&path, r#"{"note":"x"}"#)).send().expect(404);
            operator(gateway.call("DELETE", &format!("{path}/n"))).send().expect(404);
        }
        operator(gateway.call("DELETE", &format!("{}/%00", path(id)))).send().expect(404);
        gateway.get(&path(id)).send().expect(401);
        gateway.post(&path(id), r#"{"note":"x"}"#).key("demo-enterprise-key").send().expect(401);
    });
}

#[test]
fn of_16_keys_of_one_note_one_is_issued() {
    on_each_gateway(|gateway| {
        let id = admin_id(gateway);
        let replies = race(16, |_| issue(gateway, id, r#"{"note":"racer"}"#));
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 15, "{replies:?}");
    });
}

#[test]
fn e10_a_key_stops_when_its_life_is_over() {
    on_each_gateway(|gateway| {
        let key = key_of(gateway, created(gateway, &user("ada")), "ending");
        gateway.get(CURRENT).key(&key).send().expect(200);
        let db = gateway.database().open(&[]);
        let ended = "UPDATE enterprise_access_keys SET expires_ms = 1 WHERE note = 'ending'";
        let end = db.bookkeep(move |conn| Ok(diesel::sql_query(ended).execute(conn)?));
        assert_eq!(block_on(end).unwrap(), 1);
        gateway.get(CURRENT).key(&key).send().expect(401);
    });
}
