//! Sessions, and the domain that one works in: I5.

use roster_testkit::{Reply, on_each_gateway, on_each_gateway_with, race};
use serde_json::{Value, json};

use super::users::{call, is_error, made, signed_in, suspend};
use super::{Client, SITE, login};

const PATH: &str = "/server/sessions";

fn sessions(client: &Client<'_>, query: &str) -> Value {
    call(client, "GET", &format!("{PATH}{query}"), None).expect(200).json()
}

/// The live sessions of this user, each with its kind.
fn of<'a>(page: &'a Value, username: &str) -> Vec<(&'a str, &'a str)> {
    let all = page["content"].as_array().unwrap().iter();
    all.filter(|session| session["username"] == username)
        .map(|session| (session["id"].as_str().unwrap(), session["kind"].as_str().unwrap()))
        .collect()
}

fn choose(client: &Client<'_>, name: &str) -> Reply {
    call(client, "PATCH", &format!("/server/domains/{name}"), None)
}

#[test]
fn i5_sessions_are_listed_read_and_ended() {
    on_each_gateway(|gateway| {
        let twin = gateway.beside(|_| {});
        let admin = Client::admin(gateway);
        made(&admin, "ada", "AREA", &json!([SITE]));
        let body = json!({"username": "ada", "password": "password", "domain": "demo"}).to_string();
        let ada = Client::of(gateway, &gateway.post("/login", body).send().expect(200));
        let page = sessions(&admin, "");
        assert_eq!((&page["totalElements"], &page["number"]), (&json!(4), &json!(0)));
        let ids: Vec<&str> = page["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["id"].as_str().unwrap())
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "the highest id first: {ids:?}");
        assert_eq!(sessions(&admin, "?currentPage=1&numPerPage=3")["content"], json!([page["content"][3]]));
        let hers = of(&page, "ada");
        assert_eq!(hers.len(), 2);
        for (id, kind) in &hers {
            let path = format!("{PATH}/{id}");
            let read = call(&admin, "GET", &path, None).expect(200);
            assert_eq!(read.keys(), ["id", "userId", "username", "kind", "domain", "issued", "expires"]);
            assert_eq!(read.json()["domain"], "demo");
            assert!(read.json()["issued"].as_str().unwrap().ends_with("+0000"));
            for token in [&ada.token, &ada.refresh] {
                assert!(!read.text.contains(token.rsplit('.').next().unwrap()), "no token in it");
            }
            assert_eq!(call(&admin, "DELETE", &path, None).expect(200).text, "");
            let (path, token) = match *kind {
                "access" => ("/server/users/me", &ada.token),
                _ => ("/server/token", &ada.refresh),
            };
            for gateway in [gateway, &twin] {
                let refused = gateway.get(path).bearer(token).send().expect(401);
                assert_eq!(refused.text, "JWT Token not exist");
            }
        }
        assert!(of(&sessions(&admin, ""), "ada").is_empty());
        for unknown in [hers[0].0, "x", SITE] {
            for method in ["GET", "DELETE"] {
                let refused = call(&admin, method, &format!("{PATH}/{unknown}"), None);
                is_error(&refused, 404, &format!("session id:{unknown} not found"));
            }
        }
    });
}

#[test]
fn i5_a_domain_is_chosen_and_the_token_presented_lives_on() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        made(&admin, "guard", "AREA", &json!([SITE]));
        let idle = made(&admin, "idle", "AREA", &Value::Null);
        for name in ["admin", "guard"] {
            let password = if name == "admin" { "demo-password" } else { "password" };
            let client = Client::of(gateway, &login(gateway, name, password).expect(200));
            let chosen = Client::of(gateway, &choose(&client, "demo").expect(200));
            assert_eq!(choose(&client, "demo").expect(200).header("cache-control"), Some("no-store"));
            for token in [&client.token, &chosen.token] {
                gateway.get("/users/me").bearer(token).send().expect(200);
            }
            for refresh in [&client.refresh, &chosen.refresh] {
                gateway.get("/token").bearer(refresh).send().expect(200);
            }
            for none in ["none", "Demo"] {
                is_error(&choose(&client, none), 406, &format!("{none} not exist or access denied."));
            }
            is_error(&choose(&client, "a%00b"), 406, "a\u{fffd}b not exist or access denied.");
        }
        let domains: Vec<Value> = sessions(&admin, "")["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["domain"].clone())
            .collect();
        assert!(domains.contains(&json!("demo")) && domains.contains(&Value::Null));
        // A domain may have the name of a path.
        gateway.post("/domains", r#"{"name":"me"}"#).bearer(&admin.token).send().expect(200);
        choose(&admin, "me").expect(200);
        let client = signed_in(gateway, "idle");
        is_error(&choose(&client, "demo"), 406, "demo not exist or access denied.");
        suspend(&admin, &idle).expect(200);
        assert_eq!(choose(&client, "demo").expect(401).text, "User is disabled");
    });
}

#[test]
fn i5_a_device_signs_in_once_at_a_time() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        made(&admin, "thing", "DEVICE", &Value::Null);
        let replies = race(32, |_| login(gateway, "thing", "password"));
        let good: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(good.len(), 1, "{replies:?}");
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            is_error(refused, 401, "device has login");
        }
        is_error(&login(gateway, "thing", "wrong"), 401, "Authentication Failed");
        let thing = Client::of(gateway, good[0]);
        gateway.get("/token").bearer(&thing.refresh).send().expect(200);
        let page = sessions(&admin, "");
        let access = of(&page, "thing").into_iter().filter(|(_, kind)| *kind == "access");
        for (id, _) in access {
            is_error(&login(gateway, "thing", "password"), 401, "device has login");
            call(&admin, "DELETE", &format!("{PATH}/{id}"), None).expect(200);
        }
        login(gateway, "thing", "password").expect(200);
    });
    on_each_gateway_with(
        |config| config.iot_roles.device_single_session = false,
        |gateway| {
            made(&Client::admin(gateway), "thing", "DEVICE", &Value::Null);
            for _ in 0..2 {
                login(gateway, "thing", "password").expect(200);
            }
        },
    );
}
