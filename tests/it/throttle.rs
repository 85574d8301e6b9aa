//! What the throttle lets through, counts and forgets, over HTTP.

use std::time::Instant;

use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with};
use serde_json::{Value, json};

const OPERATOR: &str = "demo-operator-token";

fn login(at: &TestGateway, path: &str, password: &str) -> Reply {
    let body = json!({"username": "admin", "password": password});
    at.post(path, body.to_string()).send()
}

fn execute(at: &TestGateway, sql: &'static str) {
    use diesel::RunQueryDsl as _;
    let db = at.database().open(&[]);
    let done = db.bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?));
    roster_testkit::block_on(done).unwrap();
}

fn unlock(at: &TestGateway, body: &Value) -> Reply {
    at.post("/admin/v1/unlock", body.to_string()).bearer(OPERATOR).send()
}

/// Gateways that take the client's address from the header, as behind a proxy.
fn behind_a_proxy(test: impl Fn(&TestGateway)) {
    on_each_gateway_with(|config| config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()], test);
}

#[test]
fn a_known_address_is_refused_after_a_hundred_failures_and_its_owner_gets_in_again() {
    on_each_gateway(|gateway| {
        let paths = ["/v1/auth/login", "/server/login"];
        for path in paths {
            login(gateway, path, "demo-password").expect(200);
        }
        for path in paths {
            let since = Instant::now();
            let replies: Vec<Reply> = (0..300).map(|_| login(gateway, path, "wrong")).collect();
            let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 429).collect();
            // A hundred, and one that has come back every 36 seconds since.
            let allowed = 100 + usize::try_from(since.elapsed().as_secs() / 36).unwrap();
            assert!((100..=allowed).contains(&(300 - refused.len())), "{path}: {} refused", refused.len());
            assert!(replies.iter().all(|reply| [401, 429].contains(&reply.status)));
            let wait = refused.last().unwrap().header("retry-after").unwrap().parse::<u32>().unwrap();
            assert!((1..=36).contains(&wait), "{path}: {wait}");
            // That time later, as the store sees it.
            execute(
                gateway,
                "UPDATE auth_throttle SET spent_until_ms = spent_until_ms - 36000 WHERE kind = 'pair'",
            );
            login(gateway, path, "demo-password").expect(200);
        }
    });
}

#[test]
fn guessing_from_elsewhere_leaves_a_known_address_alone() {
    behind_a_proxy(|gateway| {
        let from = |address: &str, password: &str| {
            let body = json!({"username": "admin", "password": password});
            gateway.post("/server/login", body.to_string()).header("X-Forwarded-For", address).send().status
        };
        assert_eq!(from("192.0.2.1", "demo-password"), 200);
        assert!((0..10).all(|_| from("192.0.2.2", "wrong") == 401));
        assert_eq!((from("192.0.2.2", "demo-password"), from("192.0.2.3", "demo-password")), (429, 429));
        assert_eq!(from("192.0.2.1", "demo-password"), 200);
        // Ever longer for who guesses, never longer than half a minute for who does not.
        execute(gateway, "UPDATE auth_throttle SET failures = 30 WHERE kind = 'account'");
        let wait = |address: &str| {
            let body = json!({"username": "admin", "password": "demo-password"});
            let call = gateway.post("/server/login", body.to_string()).header("X-Forwarded-For", address);
            call.send().expect(429).header("retry-after").unwrap().parse::<u32>().unwrap()
        };
        assert!(wait("192.0.2.2") > 200 && (1..=30).contains(&wait("192.0.2.3")));
        assert!((0..110).all(|n| from("192.0.2.4", &format!("wrong-{n}")) == 429));
        assert_eq!(from("192.0.2.1", "demo-password"), 200);
    });
}

#[test]
fn expired_and_revoked_tokens_of_our_own_are_no_guesses() {
    on_each_gateway(|gateway| {
        let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let token = || {
            let call = gateway.call("POST", "/api/v2/tenant/token").body(form);
            let reply = call.header("Content-Type", "application/x-www-form-urlencoded").send().expect(200);
            reply.json()["access_token"].as_str().unwrap().to_owned()
        };
        let expired = token();
        execute(gateway, "UPDATE auth_tokens SET expires_ms = 1 WHERE expires_ms IS NOT NULL");
        // Deletes the rows of those that have expired.
        token();
        let use_it = |token: &str| gateway.get("/api/v2/tenant/users/x").bearer(token).send().status;
        assert!((0..110).all(|_| use_it(&expired) == 400));

        let device = login(gateway, "/v1/auth/login", "demo-password").json();
        let device = device["data"]["token"].as_str().unwrap().to_owned();
        let password = json!({"password": "another-password"}).to_string();
        let path = "/admin/v1/device-accounts/admin/password";
        gateway.call("PUT", path).json(password).bearer(OPERATOR).send().expect(204);
        let list = "/v1/user/offset/0/limit/1";
        assert!((0..110).all(|_| gateway.get(list).bearer(&device).send().status == 401));

        let iot = login(gateway, "/server/login", "demo-password").json();
        let iot = iot["token"].as_str().unwrap().to_owned();
        gateway.call("DELETE", "/server/sessions/me").bearer(&iot).send().expect(200);
        assert!((0..110).all(|_| gateway.get("/server/users/me").bearer(&iot).send().status == 401));

        // The address may still fail a hundred times.
        let guess = || gateway.get("/admin/v1/operator").bearer("guess").send().status;
        assert!((0..100).all(|_| guess() == 401));
        assert_eq!(guess(), 429);
    });
}

#[test]
fn an_operator_unlocks_accounts_of_every_dialect_and_addresses() {
    behind_a_proxy(|gateway| {
        let user = json!({"nick_name": "ada", "password": "password", "enterprise_id": "demo", "email": "ada@example.com"});
        let made = gateway.post("/openapi/v1/users", user.to_string()).key("demo-enterprise-key").send();
        let id = made.expect(201).json()["user_id"].to_string();
        let verify = |path: &str, who: &Value, address: &str| {
            let mut body = who.clone();
            body["password"] = "guess".into();
            body["address"] = address.into();
            let reply = gateway.post(path, body.to_string()).bearer(OPERATOR).send().expect(200).json();
            reply["locked"].as_bool().unwrap()
        };
        let ada = json!({"email": "ada@example.com"});
        let path = "/admin/v1/enterprise-users/verify-password";
        for account in [
            json!({"dialect": "enterprise-users", "account": id}),
            json!({"dialect": "enterprise-users", "account": "ada@example.com"}),
            json!({"dialect": "enterprise-users", "account": "ada", "enterprise_id": "demo"}),
        ] {
            while !verify(path, &ada, "192.0.2.1") {}
            assert_eq!(unlock(gateway, &account).expect(200).json(), json!({"unlocked": true}));
            assert!(!verify(path, &ada, "192.0.2.1"));
        }
        let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let call = gateway.call("POST", "/api/v2/tenant/token").body(form);
        let token =
            call.header("Content-Type", "application/x-www-form-urlencoded").send().expect(200).json();
        let customer = json!({"user_name": "zhangsan", "pwd": "qwe123!@#", "mobile": "13800001111"});
        let create = gateway.post("/api/v2/tenant/users", customer.to_string());
        create.bearer(token["access_token"].as_str().unwrap()).send().expect(200);
        let zhangsan = json!({"user_name": "zhangsan"});
        let path = "/admin/v1/tenants/demo/users/verify-password";
        for account in ["zhangsan", "13800001111"] {
            while !verify(path, &zhangsan, "192.0.2.2") {}
            let account = json!({"dialect": "tenant-ciam", "tenant": "demo", "account": account});
            assert_eq!(unlock(gateway, &account).expect(200).json(), json!({"unlocked": true}));
            assert!(!verify(path, &zhangsan, "192.0.2.2"));
        }
        for (path, dialect) in [("/v1/auth/login", "device-users"), ("/server/login", "iot-roles")] {
            while login(gateway, path, "wrong").status == 401 {}
            let account = json!({"dialect": dialect, "account": "admin"});
            assert_eq!(unlock(gateway, &account).expect(200).json(), json!({"unlocked": true}));
            login(gateway, path, "demo-password").expect(200);
        }
        let guess = || gateway.get("/openapi/v1/currentuser").key("guess").send().status;
        while guess() == 401 {}
        assert_eq!(
            unlock(gateway, &json!({"address": "127.0.0.1"})).expect(200).json(),
            json!({"unlocked": true})
        );
        assert_eq!(guess(), 401);
        assert_eq!(
            unlock(gateway, &json!({"address": "192.0.2.77"})).expect(200).json(),
            json!({"unlocked": false})
        );
    });
}

#[test]
fn what_cannot_be_unlocked_is_told() {
    on_each_gateway(|gateway| {
        for (body, status, detail) in [
            (json!({}), 400, "give either a dialect and an account, or an address alone"),
            (json!({"dialect": "iot-roles"}), 400, "give either"),
            (json!({"dialect": "iot-roles", "account": "admin", "address": "192.0.2.1"}), 400, "give either"),
            (
                json!({"dialect": "x", "account": "admin"}),
                400,
                "dialect must be enterprise-users, device-users",
            ),
            (json!({"dialect": "tenant-ciam", "account": "x"}), 400, "needs its tenant"),
            (json!({"dialect": "iot-roles", "account": "x", "tenant": "demo"}), 400, "tenant belongs to"),
            (json!({"dialect": "iot-roles", "account": "nobody"}), 404, "no such user"),
            (json!({"dialect": "enterprise-users", "account": "nobody"}), 404, "no such user"),
            (
                json!({"dialect": "tenant-ciam", "tenant": "demo", "account": "x"}),
                404,
                "the tenant has no such user",
            ),
            (json!({"dialect": "tenant-ciam", "tenant": "none", "account": "x"}), 404, "no such tenant"),
            (json!({"dialect": "device-users", "account": "a b"}), 404, "no account can have this name"),
            (json!({"addres": "192.0.2.1"}), 400, "addres"),
        ] {
            let refused = unlock(gateway, &body).expect(status).json();
            assert!(refused["detail"].as_str().unwrap().contains(detail), "{body}: {refused}");
        }
        let body = json!({"address": "127.0.0.1"}).to_string();
        gateway.post("/admin/v1/unlock", body).send().expect(401);
    });
}
