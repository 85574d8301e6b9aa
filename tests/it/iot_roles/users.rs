//! Users who are there already: I5, I6, I8.

use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with, race};
use serde_json::{Value, json};

use super::{Client, DOMAIN, SITE, USERS, login, user};

/// A call by `client`, with a body if there is one.
pub(super) fn call(client: &Client<'_>, method: &str, path: &str, body: Option<Value>) -> Reply {
    let call = client.gateway.call(method, path).bearer(&client.token);
    match body {
        Some(body) => call.json(body.to_string()).send(),
        None => call.send(),
    }
}

fn get(client: &Client<'_>, path: &str) -> Reply {
    call(client, "GET", path, None)
}

pub(super) fn patch(client: &Client<'_>, path: &str, body: Value) -> Reply {
    call(client, "PATCH", path, Some(body))
}

fn delete(client: &Client<'_>, id: &Value) -> Reply {
    call(client, "DELETE", &format!("{USERS}/{}", id.as_str().unwrap()), None)
}

pub(super) fn suspend(client: &Client<'_>, id: &Value) -> Reply {
    patch(client, "/server/users/status", json!({"userId": id, "status": "pending"}))
}

/// The id of a new user of this role, whose password is `password`.
pub(super) fn made(client: &Client<'_>, name: &str, role: &str, area: &Value) -> Value {
    client.create(&user(name, role, area)).expect(200).json()["id"].clone()
}

pub(super) fn signed_in<'a>(gateway: &'a TestGateway, name: &str) -> Client<'a> {
    Client::of(gateway, &login(gateway, name, "password").expect(200))
}

#[track_caller]
pub(super) fn is_error(reply: &Reply, status: u16, message: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.keys(), ["timestamp", "status", "error", "message", "path"]);
    assert_eq!(reply.json()["message"], message);
}

/// What an ended session is told, with each of its tokens, at every gateway.
#[track_caller]
fn is_out(gateways: &[&TestGateway], client: &Client<'_>, text: &str) {
    for gateway in gateways {
        for (path, token) in [("/server/users/me", &client.token), ("/server/token", &client.refresh)] {
            let refused = gateway.get(path).bearer(token).send().expect(401);
            assert_eq!(refused.text, text);
            assert!(refused.header("content-type").unwrap().starts_with("text/plain"));
        }
    }
}

#[test]
fn i8_a_page_of_users_is_the_originals() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let mut ids =
            vec![made(&admin, "a", "AREA", &json!([SITE])), made(&admin, "b", "DEVICE", &Value::Null)];
        ids.push(get(&admin, "/server/users/me").expect(200).json()["id"].clone());
        ids.sort_by_key(|id| std::cmp::Reverse(id.as_str().unwrap().to_owned()));
        let all = get(&admin, USERS).expect(200);
        assert_eq!(
            all.keys(),
            [
                "content",
                "pageable",
                "totalPages",
                "totalElements",
                "last",
                "sort",
                "numberOfElements",
                "first",
                "size",
                "number",
                "empty"
            ]
        );
        let all = all.json();
        let listed: Vec<&Value> = all["content"].as_array().unwrap().iter().map(|user| &user["id"]).collect();
        assert_eq!(listed, ids.iter().collect::<Vec<_>>(), "the highest id first");
        assert_eq!((&all["size"], &all["number"], &all["totalElements"]), (&json!(20), &json!(0), &json!(3)));
        for user in all["content"].as_array().unwrap() {
            let alone = get(&admin, &format!("{USERS}/{}", user["username"].as_str().unwrap()));
            assert_eq!(&alone.expect(200).json(), user);
        }
        let second = get(&admin, "/users?currentPage=1&numPerPage=2").expect(200).json();
        assert_eq!(second["content"], json!([all["content"][2]]));
        assert_eq!((&second["last"], &second["totalPages"]), (&json!(true), &json!(2)));
        assert_eq!(get(&admin, "/users?currentPage=9").expect(200).json()["empty"], true);
        for (query, message) in [
            ("currentPage=-1", "currentPage must be 0 to 2147483647"),
            ("numPerPage=0", "numPerPage must be 1 to 1000"),
            ("numPerPage=1001", "numPerPage must be 1 to 1000"),
            ("numPerPage=", "numPerPage can't be empty"),
            ("currentPage=abc", "currentPage must be a whole number"),
        ] {
            is_error(&get(&admin, &format!("{USERS}?{query}")), 406, message);
        }
    });
}

#[test]
fn i8_everybody_reads_himself() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        for (name, role, area) in
            [("s", "SYSTEM", json!(null)), ("a", "AREA", json!([SITE])), ("d", "DEVICE", json!(null))]
        {
            let created = admin.create(&user(name, role, &area)).expect(200).json();
            let me = get(&signed_in(gateway, name), "/server/users/me").expect(200).json();
            assert_eq!(me, created, "I3: a device too");
        }
    });
}

#[test]
fn i6_i8_a_user_is_read_by_his_name() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        for (name, path) in [
            ("first.last@example.com", "first.last@example.com"),
            ("a.", "a."),
            ("张三", "%E5%BC%A0%E4%B8%89"),
            ("a b/c%", "a%20b%2Fc%25"),
            ("password", "password"),
            ("status", "status"),
        ] {
            made(&admin, name, "AREA", &json!(null));
            for prefix in [USERS, "/users"] {
                for end in ["", "/"] {
                    let read = get(&admin, &format!("{prefix}/{path}{end}")).expect(200).json();
                    assert_eq!(read["username"], name);
                }
            }
        }
        for (path, name) in [("Admin", "Admin"), ("nobody", "nobody"), ("a%00b", "a\0b"), ("%FF", "\u{fffd}")]
        {
            is_error(&get(&admin, &format!("{USERS}/{path}")), 404, &format!("user name:{name} not found"));
        }
    });
}

#[test]
fn i8_areas_are_replaced() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let id = made(&admin, "guard", "AREA", &json!([SITE]));
        let system = made(&admin, "boss", "SYSTEM", &json!(null));
        let change = |body: Value| patch(&admin, USERS, body);
        let whole = change(json!({"userId": id, "area": [DOMAIN]})).expect(200).json();
        assert_eq!((&whole["area"][0]["type"], &whole["id"]), (&json!("domain"), &id));
        for none in
            [json!({"userId": id}), json!({"userId": id, "area": null}), json!({"userId": id, "area": []})]
        {
            change(json!({"userId": id, "area": [SITE]})).expect(200);
            assert_eq!(change(none).expect(200).json()["area"], Value::Null);
        }
        change(json!({"userId": id, "area": [SITE]})).expect(200);
        for (body, status, message) in [
            (json!({"area": [SITE]}), 406, "userId can't be empty"),
            (json!({"userId": "", "area": ["x"]}), 406, "userId can't be empty"),
            (json!({"userId": 7}), 400, "userId must be a string, got integer"),
            (json!({"userId": id, "area": SITE}), 400, "area must be an array of strings, got string"),
            (json!({"userId": id, "area": [null]}), 406, "area can't hold null"),
            (json!({"userId": system, "area": ["x"]}), 406, "user has no area role"),
            (json!({"userId": system}), 406, "user has no area role"),
            (json!({"userId": "guard"}), 404, "user id:guard not found"),
            (json!({"userId": SITE}), 404, "user id:5caa9b7dddd50a20164a4cd8 not found"),
            (json!({"userId": id, "area": ["x"]}), 404, "location id:x not found"),
            (json!({"userId": id, "area": [SITE, DOMAIN]}), 406, "area: 001共享单车 area: demo overlap"),
            (json!({"userId": id, "area": [SITE, SITE]}), 406, "area: 001共享单车 area: 001共享单车 overlap"),
        ] {
            is_error(&change(body), status, message);
        }
        let kept = get(&admin, "/users/guard").expect(200).json();
        assert_eq!(kept["area"][0]["id"], SITE, "who is refused keeps what he has");
    });
}

#[test]
fn i5_nobody_deletes_or_suspends_himself_and_one_system_user_remains() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let me = get(&admin, "/users/me").expect(200).json()["id"].clone();
        is_error(&delete(&admin, &me), 406, "can't delete self");
        is_error(&suspend(&admin, &me), 406, "can't suspend self");
        let id = made(&admin, "a", "AREA", &json!([SITE]));
        assert_eq!(delete(&admin, &id).expect(200).text, "");
        for unknown in [&id, &json!("a"), &json!("password")] {
            is_error(
                &delete(&admin, unknown),
                404,
                &format!("user id:{} not found", unknown.as_str().unwrap()),
            );
        }
        for (body, status, message) in [
            (json!({"status": "pending"}), 406, "userId can't be empty"),
            (json!({"userId": id}), 406, "status can't be empty"),
            (json!({"userId": id, "status": "off"}), 400, "status must be pending or enable"),
            (
                json!({"userId": id, "status": "pending"}),
                404,
                &format!("user id:{} not found", id.as_str().unwrap()),
            ),
        ] {
            is_error(&patch(&admin, "/server/users/status", body), status, message);
        }
    });
}

/// Two who do this to each other at once, and nobody else of their rank.
fn duel(gateway: &TestGateway, round: usize, act: impl Fn(&Client<'_>, &Value) -> Reply + Sync) {
    let admin = Client::admin(gateway);
    let names = [format!("a{round}"), format!("b{round}")];
    let ids =
        [made(&admin, &names[0], "SYSTEM", &Value::Null), made(&admin, &names[1], "SYSTEM", &Value::Null)];
    let clients = [signed_in(gateway, &names[0]), signed_in(gateway, &names[1])];
    let me = get(&admin, "/users/me").expect(200).json()["id"].clone();
    // The demonstration's own steps aside meanwhile.
    suspend(&clients[0], &me).expect(200);
    let replies = race(2, |n| act(&clients[n], &ids[1 - n]));
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    let (winner, loser) = if replies[0].status == 200 { (0, 1) } else { (1, 0) };
    assert!([401, 406].contains(&replies[loser].status), "{replies:?}");
    let enable = json!({"userId": me, "status": "enable"});
    patch(&clients[winner], "/users/status", enable).expect(200);
    let admin = Client::admin(gateway);
    delete(&admin, &ids[winner]).expect(200);
    delete(&admin, &ids[loser]);
}

#[test]
fn i5_of_two_who_remove_each_other_at_once_one_remains() {
    on_each_gateway(|gateway| {
        for round in 0..4 {
            duel(gateway, 2 * round, delete);
            duel(gateway, 2 * round + 1, suspend);
        }
    });
}

#[test]
fn i5_one_changes_his_own_password_and_all_his_sessions_end() {
    on_each_gateway(|gateway| {
        let twin = gateway.beside(|_| {});
        let admin = Client::admin(gateway);
        made(&admin, "ada", "AREA", &json!([SITE]));
        let (first, second) = (signed_in(gateway, "ada"), signed_in(&twin, "ada"));
        let change = |original: Value, password: Value| {
            patch(&first, "/server/users/password", json!({"original": original, "password": password}))
        };
        for (original, password, status, message) in [
            (json!(null), json!("x"), 406, "original password can't be empty"),
            (json!("password"), json!(""), 406, "password can't be empty"),
            (json!("wrong"), json!("1234567"), 406, "password must have at least 8 characters"),
            (json!("wrong"), json!("new-password"), 406, "original password error"),
            (json!(7), json!("new-password"), 400, "original must be a string, got integer"),
        ] {
            is_error(&change(original, password), status, message);
        }
        get(&second, "/users/me").expect(200);
        let changed = change(json!("password"), json!("new-password")).expect(200).json();
        assert_eq!((&changed["username"], changed.get("password")), (&json!("ada"), None));
        for client in [&first, &second] {
            is_out(&[gateway, &twin], client, "JWT Token not exist");
        }
        is_error(&login(&twin, "ada", "password"), 401, "Authentication Failed");
        login(&twin, "ada", "new-password").expect(200);
        get(&admin, "/users/ada").expect(200);
    });
}

#[test]
fn i5_guessing_the_original_password_is_slowed_down() {
    let behind_a_proxy = |config: &mut roster_gateway::Config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    on_each_gateway_with(behind_a_proxy, |gateway| {
        let admin = Client::admin(gateway);
        made(&admin, "ada", "AREA", &Value::Null);
        let ada = signed_in(gateway, "ada");
        let change = |original: &str, from: &str| {
            let body = json!({"original": original, "password": "new-password"}).to_string();
            let call = gateway.call("PATCH", "/users/password").bearer(&ada.token).json(body);
            call.header("X-Forwarded-For", from).send()
        };
        for _ in 0..10 {
            is_error(&change("guess", "192.0.2.1"), 406, "original password error");
        }
        let refused = change("guess", "192.0.2.1").expect(429);
        assert!(refused.header("retry-after").is_some());
        change("password", "192.0.2.1").expect(429);
        change("password", "127.0.0.1").expect(200);
    });
}

#[test]
fn i5_i8_a_system_user_resets_a_password() {
    on_each_gateway(|gateway| {
        let twin = gateway.beside(|_| {});
        let admin = Client::admin(gateway);
        let id = made(&admin, "thing", "DEVICE", &Value::Null);
        let thing = signed_in(gateway, "thing");
        let path = format!("{USERS}/{}/password", id.as_str().unwrap());
        let reset = |path: &str, body: Value| patch(&admin, path, body);
        is_error(&reset(&path, json!({})), 406, "password can't be empty");
        is_error(
            &reset(&path, json!({"password": "short"})),
            406,
            "password must have at least 8 characters",
        );
        is_error(&reset(&path, json!({"password": []})), 400, "password must be a string, got array");
        for unknown in ["thing", SITE] {
            let path = format!("{USERS}/{unknown}/password");
            let message = format!("user id:{unknown} not found");
            is_error(&reset(&path, json!({"password": "new-password"})), 404, &message);
        }
        get(&thing, "/users/me").expect(200);
        assert_eq!(reset(&path, json!({"password": "new-password"})).expect(200).json()["id"], id);
        is_out(&[gateway, &twin], &thing, "JWT Token not exist");
        is_error(&login(gateway, "thing", "password"), 401, "Authentication Failed");
        login(gateway, "thing", "new-password").expect(200);
    });
}

#[test]
fn i5_who_is_suspended_is_out_everywhere_until_he_is_let_in_again() {
    on_each_gateway(|gateway| {
        let twin = gateway.beside(|_| {});
        let admin = Client::admin(gateway);
        let id = made(&admin, "ada", "AREA", &Value::Null);
        let (first, second) = (signed_in(gateway, "ada"), signed_in(&twin, "ada"));
        assert_eq!(suspend(&admin, &id).expect(200).json()["status"], "pending");
        suspend(&admin, &id).expect(200);
        for client in [&first, &second] {
            is_out(&[gateway, &twin], client, "User is disabled");
        }
        let zh = |call: roster_testkit::Call| call.header("Accept-Language", "zh-CN,zh;q=0.9").send();
        let token = zh(twin.get("/server/users/me").bearer(&first.token)).expect(401);
        assert_eq!(token.text, "用户已失效");
        let body = json!({"username": "ada", "password": "password"}).to_string();
        is_error(&zh(twin.post("/server/login", body)), 401, "用户已失效");
        is_error(&login(&twin, "ada", "password"), 401, "User is disabled");
        is_error(&login(&twin, "ada", "wrong"), 401, "Authentication Failed");
        patch(&admin, "/users/status", json!({"userId": id, "status": "enable"})).expect(200);
        is_out(&[gateway, &twin], &first, "JWT Token not exist");
        signed_in(&twin, "ada");
    });
}

#[test]
fn i5_who_is_deleted_is_out_everywhere() {
    on_each_gateway(|gateway| {
        let twin = gateway.beside(|_| {});
        let admin = Client::admin(gateway);
        let id = made(&admin, "ada", "AREA", &json!([SITE]));
        let (first, second) = (signed_in(gateway, "ada"), signed_in(&twin, "ada"));
        delete(&admin, &id).expect(200);
        for client in [&first, &second] {
            is_out(&[gateway, &twin], client, "User: ada was not found");
        }
        is_error(&login(&twin, "ada", "password"), 401, "Authentication Failed");
        made(&admin, "ada", "AREA", &Value::Null);
        is_out(&[gateway, &twin], &first, "JWT Token not exist");
    });
}

/// Whoever signs in, refreshes or chooses a domain at the moment when all his sessions end holds
/// nothing that is good afterwards.
#[test]
fn i5_no_session_is_opened_at_the_moment_when_all_end() {
    on_each_gateway(|gateway| {
        let twin = gateway.beside(|_| {});
        let admin = Client::admin(gateway);
        for round in 0..6 {
            let name = format!("u{round}");
            let id = made(&admin, &name, "AREA", &json!([SITE]));
            let ada = signed_in(gateway, &name);
            let reset = format!("{USERS}/{}/password", id.as_str().unwrap());
            let replies = race(8, |n| match n {
                0 => match round % 3 {
                    0 => patch(&admin, &reset, json!({"password": "new-password"})),
                    1 => suspend(&admin, &id),
                    _ => delete(&admin, &id),
                },
                1 => twin.get("/server/token").bearer(&ada.refresh).send(),
                2 => twin.call("PATCH", "/server/domains/demo").bearer(&ada.token).send(),
                _ => login(if n % 2 == 0 { gateway } else { &twin }, &name, "password"),
            });
            assert_eq!(replies[0].status, 200, "{replies:?}");
            for reply in replies[1..].iter().filter(|reply| reply.status == 200) {
                let client = Client::of(gateway, reply);
                for gateway in [gateway, &twin] {
                    gateway.get("/users/me").bearer(&client.token).send().expect(401);
                    gateway.get("/token").bearer(&client.refresh).send().expect(401);
                }
            }
        }
    });
}
