//! Two gateways on one store: what one of them grants or ends, the other knows at once.

use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_persistence::Backend;
use roster_testkit::{Reply, TestGateway, block_on, on_each_gateway};
use serde_json::{Value, json};

use crate::limits::actors;

const OPERATOR: &str = "demo-operator-token";

fn on_each_pair(test: impl Fn(&TestGateway, &TestGateway)) {
    on_each_gateway(|one| test(one, &one.beside(|_| {})));
}

fn text(answer: &Reply, pointer: &str) -> String {
    answer.json().pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn login(at: &TestGateway, path: &str, password: &str) -> Reply {
    at.post(path, json!({"username": "admin", "password": password}).to_string()).send()
}

fn ciam(at: &TestGateway, id: &str, secret: &str) -> Reply {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let call = at.call("POST", "/api/v2/tenant/token");
    call.header("Content-Type", "application/x-www-form-urlencoded").body(form).send()
}

#[test]
fn an_enterprise_key_of_one_gateway_is_good_and_bad_at_both() {
    on_each_pair(|one, other| {
        let keys = "/admin/v1/enterprise-users/2/keys";
        let made = one.post(keys, r#"{"note":"shared"}"#).bearer(OPERATOR).send().expect(201);
        let key = text(&made, "/key");
        let current = |at: &TestGateway| at.get("/openapi/v1/currentuser").key(&key).send().status;
        assert_eq!((current(one), current(other)), (200, 200));
        other.call("DELETE", &format!("{keys}/shared")).bearer(OPERATOR).send().expect(204);
        assert_eq!((current(one), current(other)), (401, 401));
    });
}

#[test]
fn a_device_token_of_one_gateway_is_good_and_bad_at_both() {
    on_each_pair(|one, other| {
        let token = text(&login(one, "/v1/auth/login", "demo-password").expect(200), "/data/token");
        let list = |at: &TestGateway| at.get("/v1/user/offset/0/limit/1").bearer(&token).send().status;
        assert_eq!((list(one), list(other)), (200, 200), "one key signs for both");
        let disable = "/admin/v1/device-accounts/admin/disable";
        other.call("PUT", disable).bearer(OPERATOR).send().expect(204);
        assert_eq!((list(one), list(other)), (401, 401));
    });
}

#[test]
fn a_ciam_token_of_one_gateway_is_good_and_bad_at_both() {
    on_each_pair(|one, other| {
        let clients = "/admin/v1/tenants/demo/clients";
        let made = one.post(clients, r#"{"client_id":"shared"}"#).bearer(OPERATOR).send().expect(201);
        let secret = text(&made, "/client_secret");
        let token = text(&ciam(other, "shared", &secret).expect(200), "/access_token");
        let list = |at: &TestGateway| at.get("/api/v2/tenant/users").bearer(&token).send().status;
        assert_eq!((list(one), list(other)), (200, 200));
        let rotated = one.call("POST", &format!("{clients}/shared/rotate")).bearer(OPERATOR).send();
        let renewed = text(&rotated.expect(200), "/client_secret");
        assert_eq!((list(one), list(other)), (400, 400), "as the vendor has it");
        ciam(other, "shared", &secret).expect(401);
        ciam(other, "shared", &renewed).expect(200);
        other.call("DELETE", &format!("{clients}/shared")).bearer(OPERATOR).send().expect(204);
        ciam(one, "shared", &renewed).expect(401);
    });
}

#[test]
fn an_iot_session_of_one_gateway_is_good_and_bad_at_both() {
    on_each_pair(|one, other| {
        let pair = login(one, "/server/login", "demo-password").expect(200);
        let (token, refresh) = (text(&pair, "/token"), text(&pair, "/refreshToken"));
        let me = |at: &TestGateway, token: &str| at.get("/server/users/me").bearer(token).send().status;
        assert_eq!((me(one, &token), me(other, &token)), (200, 200));
        let renewed = other.get("/server/token").bearer(&refresh).send().expect(200);
        let again = one.get("/server/token").bearer(&refresh).send().expect(200);
        assert_eq!(again.text, renewed.text, "used a moment ago");
        let renewed = text(&renewed, "/token");
        assert_eq!((me(one, &renewed), me(other, &renewed)), (200, 200));
        one.call("DELETE", "/server/sessions/me").bearer(&token).send().expect(200);
        for ended in [&token, &renewed] {
            assert_eq!((me(one, ended), me(other, ended)), (401, 401));
        }
    });
}

#[test]
fn rules_that_one_gateway_was_told_hold_at_both() {
    on_each_pair(|one, other| {
        let token = text(&ciam(one, "demo-client", "demo-secret").expect(200), "/access_token");
        let number = |n: u32| format!("+44-791112345{n}");
        let create = |at: &TestGateway, n: u32| {
            let body = json!({"user_name": format!("a{n}"), "mobile": number(n)}).to_string();
            at.post("/api/v2/tenant/users", body).bearer(&token).send().status
        };
        let codes = "/admin/v1/tenants/demo/area-codes";
        let put = |at: &TestGateway, body: Value| {
            at.call("PUT", codes).json(body.to_string()).bearer(OPERATOR).send().expect(200);
        };
        assert_eq!((create(one, 1), create(other, 1)), (400, 400), "+86 alone is enabled");
        let kingdom = json!({"region": "GB", "code": "44", "pattern": r"\d{10}"});
        put(other, json!({"default": "44", "codes": [kingdom]}));
        assert_eq!((create(one, 1), create(other, 2)), (200, 200));
        put(one, json!({"default": "86", "codes": [{"region": "CN", "code": "86", "pattern": r"1\d{10}"}]}));
        assert_eq!((create(one, 3), create(other, 4)), (400, 400));
    });
}

/// Failures count together: ten wrong passwords, by turns, slow the account at both.
#[test]
fn failures_at_two_gateways_are_failures_of_one_account() {
    on_each_pair(|one, other| {
        let wrong = |n: usize, call: &dyn Fn(&TestGateway) -> Reply| {
            call(if n.is_multiple_of(2) { one } else { other })
        };
        for n in 0..10 {
            wrong(n, &|at| login(at, "/v1/auth/login", "wrong")).expect(401);
            wrong(n, &|at| login(at, "/server/login", "wrong")).expect(401);
            wrong(n, &|at| ciam(at, "demo-client", "wrong")).expect(401);
        }
        for at in [one, other] {
            for path in ["/v1/auth/login", "/server/login"] {
                let refused = login(at, path, "demo-password").expect(429);
                assert!(refused.header("retry-after").is_some());
            }
            // A random secret cannot be guessed: its client is never locked out.
            ciam(at, "demo-client", "demo-secret").expect(200);
        }
    });
}

/// Wrong keys count for their address: a hundred at both together, and it is refused at either.
#[test]
fn wrong_keys_at_two_gateways_are_those_of_one_address() {
    on_each_pair(|one, other| {
        let invented = |n: usize| {
            let at = if n.is_multiple_of(2) { one } else { other };
            at.get("/openapi/v1/currentuser").key(&format!("invented-{n}")).send().status
        };
        assert!((0..100).all(|n| invented(n) == 401));
        assert_eq!((invented(100), invented(101)), (429, 429));
        for at in [one, other] {
            at.get("/openapi/v1/currentuser").key("demo-enterprise-key").send().expect(200);
        }
    });
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Does to the store what a later version might that only expands: new columns everywhere, a new table,
/// migrations that this version does not know.
fn expand(gateway: &TestGateway) {
    let tables = match gateway.backend() {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        Backend::Postgres => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
        }
    };
    let db = gateway.database().open(&[]);
    let expanded = db.bookkeep(move |conn| {
        let tables: Vec<Table> = diesel::sql_query(tables).load(conn)?;
        assert!(tables.len() > 30);
        for Table { name } in tables {
            let column = format!("ALTER TABLE {name} ADD COLUMN later TEXT NOT NULL DEFAULT 'later'");
            diesel::sql_query(column).execute(conn)?;
        }
        diesel::sql_query("CREATE TABLE later_things (id BIGINT PRIMARY KEY)").execute(conn)?;
        let unknown = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')";
        diesel::sql_query(unknown).execute(conn)?;
        Ok(())
    });
    block_on(expanded).unwrap();
}

/// As much of an upgrade one after the other as one version can show: a gateway goes on serving while
/// another expands the store under it, and a gateway of this version starts on what a later one left.
#[test]
fn a_store_that_a_later_version_expanded_is_served_as_before() {
    on_each_gateway(|running| {
        let actors = actors(running);
        for actor in &actors {
            actor.read(running).expect(200);
        }
        expand(running);
        for actor in &actors {
            let reply = actor.write(running);
            assert!([200, 201].contains(&reply.status), "{}: {reply:?}", actor.dialect);
            actor.read(running).expect(200);
        }
        let rolled_back = running.beside(|_| {});
        for actor in &actors {
            actor.read(&rolled_back).expect(200);
            let taken = actor.write(&rolled_back);
            assert!([400, 409].contains(&taken.status), "{}: {taken:?}", actor.dialect);
        }
    });
}
