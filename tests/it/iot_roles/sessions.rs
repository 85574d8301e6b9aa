//! Sessions, and the domain that one works in: I5.

use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with, race};
use serde_json::{Value, json};

use super::users::{call, is_error, made, signed_in, suspend};
use super::{Client, SITE, login};

const PATH: &str = "/server/sessions";

fn sessions(client: &Client<'_>, query: &str) -> Value {
    call(client, "GET", &format!("{PATH}{query}"), None).expect(200).json()
}

/// The ids of the live sessions of this user.
fn of<'a>(page: &'a Value, username: &str) -> Vec<&'a str> {
    let all = page["content"].as_array().unwrap().iter();
    all.filter(|session| session["username"] == username)
        .map(|session| session["id"].as_str().unwrap())
        .collect()
}

fn me(gateway: &TestGateway, token: &str) -> u16 {
    gateway.get("/server/users/me").bearer(token).send().status
}

fn refresh<'a>(gateway: &'a TestGateway, client: &Client<'_>) -> Client<'a> {
    Client::of(gateway, &gateway.get("/server/token").bearer(&client.refresh).send().expect(200))
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
        let body = json!({"username": "ada", "password": "password"}).to_string();
        let login = gateway.post("/login", body).header("User-Agent", "a browser 1.0");
        let first = Client::of(gateway, &login.send().expect(200));
        // Refreshed and for a domain: one login still, and everything that comes of it is its.
        let chosen = Client::of(gateway, &choose(&first, "demo").expect(200));
        let second = refresh(&twin, &first);
        let third = refresh(gateway, &chosen);
        let other = signed_in(gateway, "ada");

        let page = sessions(&admin, "");
        assert_eq!((&page["totalElements"], &page["number"]), (&json!(3), &json!(0)));
        let content = page["content"].as_array().unwrap();
        let ids: Vec<&str> = content.iter().map(|session| session["id"].as_str().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "the highest id first: {ids:?}");
        assert_eq!(sessions(&admin, "?currentPage=1&numPerPage=2")["content"], json!([content[2]]));
        let hers = of(&page, "ada");
        assert_eq!(hers.len(), 2, "once a login");
        // Ids of one second have no order.
        let (one, rest): (Vec<&Value>, Vec<&Value>) =
            content.iter().partition(|session| session["device"] == "a browser 1.0");
        let [one] = one[..] else { panic!("{page}") };
        let one = one["id"].as_str().unwrap();
        let rest = json!({"content": rest});
        let rest = of(&rest, "ada");
        let path = format!("{PATH}/{one}");
        let read = call(&admin, "GET", &path, None).expect(200);
        assert_eq!(
            read.keys(),
            [
                "id",
                "userId",
                "username",
                "kind",
                "domain",
                "issued",
                "expires",
                "ip",
                "device",
                "loginTime",
                "expire",
                "refreshExpire"
            ]
        );
        let session = read.json();
        assert_eq!(
            (&session["domain"], &session["kind"], &session["ip"], &session["device"]),
            (&json!("demo"), &json!("login"), &json!("127.0.0.1"), &json!("a browser 1.0"))
        );
        for time in ["issued", "expires", "loginTime", "expire", "refreshExpire"] {
            assert!(session[time].as_str().unwrap().ends_with("+0000"), "{time}");
        }
        let all = [&first, &chosen, &second, &third];
        for token in all.iter().flat_map(|client| [&client.token, &client.refresh]) {
            assert!(!read.text.contains(token.rsplit('.').next().unwrap()), "no token in it");
        }

        assert_eq!(call(&admin, "DELETE", &path, None).expect(200).text, "");
        for gateway in [gateway, &twin] {
            for client in all {
                for (path, token) in [("/server/users/me", &client.token), ("/server/token", &client.refresh)]
                {
                    let refused = gateway.get(path).bearer(token).send().expect(401);
                    assert_eq!(refused.text, "JWT Token not exist");
                }
            }
            assert_eq!(me(gateway, &other.token), 200, "another login lives on");
        }
        assert_eq!(of(&sessions(&admin, ""), "ada"), rest);
        for unknown in [one, "x", SITE] {
            for method in ["GET", "DELETE"] {
                let refused = call(&admin, method, &format!("{PATH}/{unknown}"), None);
                is_error(&refused, 404, &format!("session id:{unknown} not found"));
            }
        }
    });
}

#[test]
fn i5_everybody_ends_their_own_session() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        for (name, role) in [("boss", "SYSTEM"), ("guard", "AREA"), ("thing", "DEVICE")] {
            made(&admin, name, role, &Value::Null);
            let client = signed_in(gateway, name);
            let newer = refresh(gateway, &client);
            let twin = (role != "DEVICE").then(|| signed_in(gateway, name));
            assert_eq!(call(&newer, "DELETE", "/server/sessions/me", None).expect(200).text, "");
            for ended in [&client, &newer] {
                assert_eq!(me(gateway, &ended.token), 401, "{name}");
                gateway.get("/server/token").bearer(&ended.refresh).send().expect(401);
                call(ended, "DELETE", "/sessions/me", None).expect(401);
            }
            assert!(twin.is_none_or(|twin| me(gateway, &twin.token) == 200), "{name}: no other");
            // A device that has signed out may sign in.
            signed_in(gateway, name);
        }
        call(&admin, "GET", "/server/sessions/me", None).expect(405);
    });
}

/// Pages that refresh at once, at two gateways, all get one pair; so does one that comes a moment later.
#[test]
fn i5_two_refreshes_at_once_get_the_same_pair() {
    on_each_gateway(|gateway| {
        let twin = gateway.beside(|_| {});
        let client = Client::admin(gateway);
        let present = |n: usize| {
            let at = if n.is_multiple_of(2) { gateway } else { &twin };
            at.get("/server/token").bearer(&client.refresh).send().expect(200).text
        };
        let pairs = race(16, present);
        assert!(pairs.iter().all(|pair| *pair == pairs[0]), "{pairs:?}");
        assert_eq!(present(1), pairs[0]);
        assert_eq!(me(gateway, &client.token), 200, "access tokens live on");
        let newer: Value = serde_json::from_str(&pairs[0]).unwrap();
        let newer = Client {
            gateway,
            token: newer["token"].as_str().unwrap().to_owned(),
            refresh: newer["refreshToken"].as_str().unwrap().to_owned(),
        };
        assert_eq!((me(gateway, &newer.token), me(&twin, &newer.token)), (200, 200));
        // Once that pair was refreshed in turn, the first one was stolen, or is the thief's.
        let newest = refresh(&twin, &newer);
        let refused = gateway.get("/server/token").bearer(&client.refresh).send().expect(401);
        assert_eq!(refused.text, "JWT Token not exist");
        for ended in [&client, &newer, &newest] {
            assert_eq!((me(gateway, &ended.token), me(&twin, &ended.token)), (401, 401));
            gateway.get("/server/token").bearer(&ended.refresh).send().expect(401);
        }
        assert_eq!(sessions(&Client::admin(gateway), "")["totalElements"], 1, "the new one");
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
            is_error(&choose(&client, "a%00b"), 406, "a\0b not exist or access denied.");
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
        for id in of(&page, "thing") {
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
