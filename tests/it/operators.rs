//! `/admin/v1/operators`: who may use the admin API, and for how long.

use diesel::RunQueryDsl as _;
use roster_testkit::{Reply, TestGateway, block_on, on_each_gateway, race};
use serde_json::{Value, json};

const DEMO: &str = "demo-operator-token";

fn send(gateway: &TestGateway, method: &str, path: &str, token: &str, body: Option<Value>) -> Reply {
    let call = gateway.call(method, &format!("/admin/v1/operators{path}")).bearer(token);
    match body {
        Some(body) => call.json(body.to_string()).send(),
        None => call.send(),
    }
}

/// Whose token it is, or the status.
fn whose(gateway: &TestGateway, token: &str) -> Result<String, u16> {
    let reply = gateway.get("/admin/v1/operator").bearer(token).send();
    match reply.status {
        200 => Ok(reply.json()["name"].as_str().unwrap().to_owned()),
        status => Err(status),
    }
}

fn made(gateway: &TestGateway, body: Value) -> String {
    let reply = send(gateway, "POST", "", DEMO, Some(body)).expect(201);
    assert_eq!(reply.keys(), ["name", "token", "expires_ms"]);
    reply.json()["token"].as_str().unwrap().to_owned()
}

fn names(gateway: &TestGateway) -> Vec<String> {
    let listed = send(gateway, "GET", "", DEMO, None).expect(200).json();
    listed["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

fn run(gateway: &TestGateway, sql: &'static str) {
    let work = move |conn: &mut _| Ok(diesel::sql_query(sql).execute(conn)?);
    block_on(gateway.database().open(&[]).bookkeep(work)).unwrap();
}

#[test]
fn operators_are_made_listed_rotated_and_revoked() {
    on_each_gateway(|gateway| {
        let ada = made(gateway, json!({"name": "ada"}));
        let eve = made(gateway, json!({"name": "eve", "expires_in_days": 90}));
        assert_eq!((whose(gateway, &ada), whose(gateway, &eve)), (Ok("ada".into()), Ok("eve".into())));
        let listed = send(gateway, "GET", "", &eve, None).expect(200);
        let items = listed.json()["items"].clone();
        assert_eq!(names(gateway), ["ada", "demo", "eve"]);
        assert_eq!((&items[0]["expires_ms"], &items[0]["expired"]), (&Value::Null, &json!(false)));
        let (from, to) = (items[2]["created_ms"].as_i64().unwrap(), items[2]["expires_ms"].as_i64().unwrap());
        assert_eq!(to - from, 90 * 24 * 60 * 60 * 1000);
        for secret in [&ada, &eve, DEMO] {
            assert!(!listed.text.contains(secret));
        }
        // A new token ends the one before, and changes when it expires.
        let rotated = send(gateway, "POST", "/eve/rotate", DEMO, Some(json!({"expires_ms": to}))).expect(200);
        assert_eq!(rotated.json()["expires_ms"], json!(to));
        let second = rotated.json()["token"].as_str().unwrap().to_owned();
        assert_eq!((whose(gateway, &eve), whose(gateway, &second)), (Err(401), Ok("eve".into())));
        send(gateway, "DELETE", "/ada", &second, None).expect(204);
        assert_eq!(whose(gateway, &ada), Err(401));
        // Operators may revoke themselves, but for the last one.
        send(gateway, "DELETE", "/eve", &second, None).expect(204);
        assert_eq!(whose(gateway, &second), Err(401));
        let last = send(gateway, "DELETE", "/demo", DEMO, None).expect(409);
        assert!(last.json()["detail"].as_str().unwrap().contains("last operator"), "{}", last.text);
        assert_eq!(whose(gateway, DEMO), Ok("demo".into()));
    });
}

#[test]
fn what_is_no_operator_is_a_problem() {
    on_each_gateway(|gateway| {
        for (method, path, body, status, why) in [
            ("POST", "", json!({"name": "demo"}), 409, "an operator of this name"),
            ("POST", "", json!({}), 400, "name"),
            ("POST", "", json!({"name": "a b"}), 400, "1 to 64"),
            ("POST", "", json!({"name": "ada", "role": "admin"}), 400, "role"),
            ("POST", "", json!({"name": "ada", "expires_in_days": 0}), 400, "1 to 3650 days, not 0"),
            ("POST", "", json!({"name": "ada", "expires_ms": 1}), 400, "expired already"),
            ("POST", "", json!({"name": "ada", "expires_ms": i64::MAX}), 400, "within 3650 days"),
            (
                "POST",
                "",
                json!({"name": "ada", "expires_ms": 1, "expires_in_days": 1}),
                400,
                "exclude each other",
            ),
            ("POST", "/ada/rotate", json!({}), 404, "no operator of this name"),
            ("POST", "/a%20b/rotate", json!({}), 404, "no operator of this name"),
            ("DELETE", "/ada", Value::Null, 404, "no operator of this name"),
        ] {
            let body = Some(body).filter(|body| !body.is_null());
            let refused = send(gateway, method, path, DEMO, body).expect(status);
            assert_eq!(refused.header("content-type"), Some("application/problem+json"));
            assert!(refused.json()["detail"].as_str().unwrap().contains(why), "{}", refused.text);
        }
        for (method, path) in [("GET", ""), ("POST", ""), ("DELETE", "/demo"), ("POST", "/demo/rotate")] {
            send(gateway, method, path, "nobody", Some(json!({"name": "ada"}))).expect(401);
        }
        assert_eq!(names(gateway), ["demo"]);
    });
}

#[test]
fn an_expired_token_is_refused_and_is_no_guess() {
    on_each_gateway(|gateway| {
        let token = made(gateway, json!({"name": "short", "expires_in_days": 1}));
        run(gateway, "UPDATE auth_tokens SET expires_ms = 1 WHERE subject = 'short'");
        let refused = gateway.get("/admin/v1/operator").bearer(&token).send().expect(401);
        assert!(refused.json()["detail"].as_str().unwrap().contains("has expired"), "{}", refused.text);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
        // An address is shut after 100 guesses.
        for _ in 0..110 {
            assert_eq!(whose(gateway, &token), Err(401));
        }
        assert_eq!((whose(gateway, "a guess"), whose(gateway, DEMO)), (Err(401), Ok("demo".into())));
        let listed = send(gateway, "GET", "", DEMO, None).expect(200).json();
        assert_eq!(
            (&listed["items"][1]["name"], &listed["items"][1]["expired"]),
            (&json!("short"), &json!(true))
        );
        // It is no operator who could be the last one.
        send(gateway, "DELETE", "/demo", DEMO, None).expect(409);
        send(gateway, "DELETE", "/short", DEMO, None).expect(204);
        assert_eq!(names(gateway), ["demo"]);
    });
}

#[test]
fn of_operators_who_revoke_each_other_at_once_one_stays() {
    on_each_gateway(|gateway| {
        let ada = made(gateway, json!({"name": "ada"}));
        let pairs = [("demo", ada.as_str()), ("ada", DEMO)];
        let statuses =
            race(2, |n| send(gateway, "DELETE", &format!("/{}", pairs[n].0), pairs[n].1, None).status);
        // The second is the last one by then, or revoked itself.
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
        assert!(whose(gateway, &ada).is_ok() != whose(gateway, DEMO).is_ok());
    });
}
