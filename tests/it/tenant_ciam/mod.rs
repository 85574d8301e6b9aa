//! Tenant CIAM, row by row of the contract.

mod changes;
mod codes;
mod isolation;
mod passwords;
mod reads;

use std::sync::Arc;
use std::time::Duration;

use diesel::RunQueryDsl as _;
use roster_kernel::{Change, Origin, OsRandom, SystemClock};
use roster_persistence::{Db, DbSettings};
use roster_tenant_ciam::{AttributeDefinition, Builtin, DieselStore, Store, TenantId};
use roster_testkit::{Call, Reply, TestGateway, block_on, fixture, on_each_gateway, race};
use serde_json::{Value, json};

const USERS: &str = "/api/v2/tenant/users";
const TOKEN: &str = "/api/v2/tenant/token";
const FORM: &str = "application/x-www-form-urlencoded";
/// `demo-client:demo-secret`
const BASIC: &str = "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=";

fn ask(gateway: &TestGateway, form: &str) -> Reply {
    gateway.call("POST", TOKEN).header("Content-Type", FORM).body(form).send()
}

fn token_of(gateway: &TestGateway, client: &str) -> String {
    let form =
        format!("grant_type=client_credentials&client_id={client}-client&client_secret={client}-secret");
    ask(gateway, &form).expect(200).json()["access_token"].as_str().unwrap().to_owned()
}

/// Somebody with a token.
struct Client<'a> {
    gateway: &'a TestGateway,
    token: String,
}

impl<'a> Client<'a> {
    fn demo(gateway: &'a TestGateway) -> Self {
        Self { gateway, token: token_of(gateway, "demo") }
    }

    fn other(gateway: &'a TestGateway) -> Self {
        Self { gateway, token: token_of(gateway, "other") }
    }

    fn create(&self, body: &Value) -> Reply {
        self.gateway.post(USERS, body.to_string()).bearer(&self.token).send()
    }

    /// Makes a user who must be accepted, and answers his id.
    #[track_caller]
    fn made(&self, body: &Value) -> String {
        self.create(body).expect(200).json()["user_id"].as_str().unwrap().to_owned()
    }

    /// `method` on what stands behind `/users`.
    fn call(&self, method: &str, below: &str) -> Call {
        self.gateway.call(method, &format!("{USERS}{below}")).bearer(&self.token)
    }

    fn read(&self, id: &str) -> Reply {
        self.call("GET", &format!("/{id}")).send()
    }

    fn look_up(&self, by: &str, body: &Value) -> Reply {
        self.call("POST", &format!("/user-by-{by}")).json(body.to_string()).send()
    }

    #[track_caller]
    fn refused(&self, body: &Value, code: &str) {
        has_code(self.create(body), code);
    }
}

/// A 400 of the dialect with this code, less what its codes begin with.
#[track_caller]
fn has_code(reply: Reply, code: &str) {
    let refused = reply.expect(400);
    assert_eq!(refused.keys(), ["error_msg", "error_code"]);
    assert_eq!(refused.json()["error_code"], format!("IDAAS.TENANT.{code}"), "{refused:?}");
}

/// The store behind the gateway, as another gateway on the same database sees it.
fn store(gateway: &TestGateway) -> DieselStore {
    DieselStore::new(db(gateway))
}

/// The gateway's store, behind its back.
fn db(gateway: &TestGateway) -> Db {
    let url = gateway.database().url();
    Db::open(url, DbSettings::default(), Arc::new(SystemClock), Arc::new(OsRandom)).unwrap()
}

/// Runs a statement behind the gateway's back.
fn execute(gateway: &TestGateway, statement: &str) {
    let statement = statement.to_owned();
    block_on(db(gateway).bookkeep(move |conn| Ok(diesel::sql_query(statement).execute(conn)?))).unwrap();
}

/// How many rows there are `from`.
fn rows(gateway: &TestGateway, from: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let query = format!("SELECT count(*) AS n FROM {from}");
    block_on(db(gateway).read(move |conn| Ok(diesel::sql_query(query).get_result::<Count>(conn)?.n))).unwrap()
}

fn change() -> Change {
    Change { principal: "test".into(), origin: Origin::default(), at_ms: 1 }
}

#[test]
fn c1_the_seeds_example_is_created() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let body = fixture("seeds/tenant-ciam.create.request.json");
        let seed = || {
            let call = gateway.call("POST", USERS).bearer(&client.token);
            call.header("Content-Type", "application/json; charset=utf-8").body(body.clone()).send()
        };
        let created = seed().expect(200);
        assert_eq!(created.keys(), ["user_id"]);
        assert_user_id(created.json()["user_id"].as_str().unwrap());
        assert_eq!(
            seed().expect(400).text,
            r#"{"error_msg":"Username already exists","error_code":"IDAAS.TENANT.USER.0034"}"#
        );
    });
}

/// C9: 17 digits, 4 and 9 upper-case hex digits.
fn assert_user_id(id: &str) {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(lengths, [17, 4, 9], "{id}");
    assert!(id.bytes().all(|b| b.is_ascii_digit() || b"ABCDEF-".contains(&b)), "{id}");
    assert!(id[..17].bytes().all(|b| b.is_ascii_digit()), "{id}");
}

#[test]
fn c1_a_picture_is_judged_by_its_form_and_size() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let picture = |bytes: usize| format!("data:image/png;base64,{}", "A".repeat(bytes - 22));
        client.create(&json!({"head_img": picture(1024 * 1024)})).expect(200);
        client.create(&json!({"head_img": "https://example.com/a.png"})).expect(200);
        for wrong in [picture(1024 * 1024 + 1), "ftp://example.com".into(), "AAAA".into()] {
            let refused = client.create(&json!({"head_img": wrong})).expect(400).json();
            assert!(refused["error_msg"].as_str().unwrap().contains("head_img"), "{refused}");
        }
    });
}

#[test]
fn c2_a_client_acts_on_its_own_tenant() {
    on_each_gateway(|gateway| {
        let demo = Client::demo(gateway);
        let other = Client { gateway, token: token_of(gateway, "other") };
        let user = json!({"user_name": "zhangsan", "tenant_id": "demo"});
        demo.create(&user).expect(200);
        other.create(&user).expect(200);
        other.refused(&user, "USER.0034");

        let tenant = TenantId::parse("other").unwrap();
        assert!(block_on(store(gateway).bind_host(&change(), &tenant, Some("127.0.0.1"))).unwrap());
        let refused = demo.create(&json!({})).expect(400).json();
        assert_eq!(refused, json!({"error": "invalid_token", "error_description": "Invalid access"}));
        other.create(&json!({})).expect(200);
    });
}

#[test]
fn c3_a_token_is_had_in_three_ways() {
    on_each_gateway(|gateway| {
        let parameters = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let by_form = ask(gateway, parameters).expect(200);
        let by_query = gateway.call("POST", &format!("{TOKEN}?{parameters}")).send().expect(200);
        let basic = gateway.call("POST", TOKEN).header("Content-Type", FORM).key(BASIC);
        let by_basic = basic.body("grant_type=client_credentials").send().expect(200);
        for reply in [&by_form, &by_query, &by_basic] {
            assert_eq!(reply.keys(), ["access_token", "token_type", "expires_in", "scope"]);
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            let answer = reply.json();
            let fixed = (&answer["token_type"], &answer["expires_in"], &answer["scope"]);
            assert_eq!(fixed, (&json!("bearer"), &json!(1800), &json!("all")));
            // Earlier tokens stay valid.
            let token = answer["access_token"].as_str().unwrap().to_owned();
            Client { gateway, token }.create(&json!({})).expect(200);
        }
    });
}

#[test]
fn c3_token_errors_have_the_shape_of_oauth() {
    on_each_gateway(|gateway| {
        for (form, status, error, description) in [
            ("grant_type=password", 400, "unsupported_grant_type", "Unsupported grant_type"),
            ("client_id=x", 400, "invalid_request", "The 'grant_type' parameter is required."),
            ("grant_type=client_credentials", 401, "invalid_client", "Bad client credentials"),
            (
                "grant_type=client_credentials&client_id=demo-client&client_secret=x",
                401,
                "invalid_client",
                "Bad client credentials",
            ),
            ("grant_type=client_credentials&scope=x", 400, "invalid_scope", "Illegal scope"),
            ("grant_type=a&grant_type=a", 400, "invalid_request", "A parameter is given more than once."),
        ] {
            let refused = ask(gateway, form).expect(status);
            assert_eq!(refused.json(), json!({"error": error, "error_description": description}), "{form}");
            assert_eq!(refused.header("www-authenticate"), None);
        }
        let basic = gateway.call("POST", TOKEN).header("Content-Type", FORM).key("Basic eDp5");
        let refused = basic.body("grant_type=client_credentials").send().expect(401);
        assert!(refused.header("www-authenticate").unwrap().starts_with("Basic "));
        let json = gateway.post(TOKEN, r#"{"grant_type":"client_credentials"}"#).send().expect(400);
        assert_eq!(json.json()["error"], "invalid_request");
    });
}

#[test]
fn c3_bad_and_missing_bearers() {
    on_each_gateway(|gateway| {
        let bad = gateway.post(USERS, "{}").bearer("wrong").send().expect(400);
        assert_eq!(bad.json(), json!({"error": "invalid_token", "error_description": "Invalid access"}));
        assert!(bad.header("www-authenticate").unwrap().starts_with("Bearer "));
        for authorization in [None, Some("demo-enterprise-key"), Some(BASIC)] {
            let call = gateway.post(USERS, "{}");
            let call = match authorization {
                Some(authorization) => call.key(authorization),
                None => call,
            };
            let missing = call.send().expect(401);
            assert_eq!(missing.keys(), ["error", "error_description"]);
            assert_eq!(missing.json()["error"], "unauthorized");
        }
        gateway.post(USERS, "{}").bearer("demo-operator-token").send().expect(400);
    });
}

#[test]
fn c3_a_token_ends() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        client.create(&json!({})).expect(200);
        // Half an hour later, as the store sees it.
        execute(gateway, "UPDATE auth_tokens SET expires_ms = 1");
        assert_eq!(client.create(&json!({})).expect(400).json()["error"], "invalid_token");
    });
}

#[test]
fn c3_guessing_is_slowed_down_and_good_tokens_are_not() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        for _ in 0..100 {
            gateway.post(USERS, "{}").bearer("guess").send().expect(400);
        }
        let refused = gateway.post(USERS, "{}").bearer("guess").send().expect(429);
        assert_eq!(refused.json()["error_code"], "IDAAS.TENANT.LIMIT.0001");
        let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!(Duration::from_secs(seconds) <= Duration::from_secs(300));
        client.create(&json!({})).expect(200);
    });
}

#[test]
fn c4_a_changed_definition_is_judged_by_at_once() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        client.create(&json!({"user_name": "a"})).expect(200);
        let email = AttributeDefinition::builtin(Builtin::Email).required(true);
        let tenant = TenantId::parse("demo").unwrap();
        assert!(block_on(store(gateway).put_attribute(&change(), &tenant, email)).unwrap());
        client.refused(&json!({"user_name": "b"}), "USER.0005");
        client.create(&json!({"user_name": "b", "email": "b@example.com"})).expect(200);
        client.refused(&json!({"email": "c@example.com", "extension": {"shoe_size": "42"}}), "USER.0033");
    });
}

#[test]
fn c5_mobile_numbers() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        client.create(&json!({"mobile": "15200000000"})).expect(200);
        client.refused(&json!({"mobile": "+86-15200000000"}), "USER.0035");
        client.refused(&json!({"mobile": "+8615200000000"}), "USER.0035");
        client.refused(&json!({"mobile": "+852-91234567"}), "MOBILE.0002");
        client.refused(&json!({"mobile": "86-15200000001"}), "USER.0020");
    });
}

#[test]
fn c6_the_password_policy() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        for (password, code) in [
            ("aaaa", "PWD.0007"),
            ("aaaaaaaa", "PWD.0004"),
            ("aaaa1111", "PWD.0006"),
            ("Passw0rd", "PWD.0005"),
            ("1nasgnahz", "PWD.0002"),
            ("1zhangsan", "PWD.0003"),
        ] {
            client.refused(&json!({"user_name": "zhangsan", "pwd": password}), code);
        }
        client.create(&json!({"user_name": "zhangsan", "pwd": "qwe123!@#"})).expect(200);
    });
}

#[test]
fn c7_of_32_creates_of_one_value_one_succeeds() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        for (field, value, code) in [
            ("user_name", "racer", "USER.0034"),
            ("mobile", "15200000001", "USER.0035"),
            ("email", "racer@example.com", "USER.0036"),
        ] {
            let replies = race(32, |_| client.create(&json!({field: value})));
            assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
            for reply in replies.iter().filter(|reply| reply.status != 200) {
                let code = json!(format!("IDAAS.TENANT.{code}"));
                assert_eq!((reply.status, &reply.json()["error_code"]), (400, &code));
            }
        }
    });
}

#[test]
fn c8_the_language_of_an_error() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let text = |headers: &[(&str, &str)]| {
            let call = gateway.post(USERS, r#"{"email":"x"}"#).bearer(&client.token);
            let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
            call.send().expect(400).json()["error_msg"].as_str().unwrap().to_owned()
        };
        let (en, zh) = ("The e-mail does not meet the verification rules", "邮箱不符合校验规则");
        assert_eq!(text(&[]), en);
        assert_eq!(text(&[("X-L", "zh"), ("Accept-Language", "en")]), zh);
        assert_eq!(text(&[("X-L", "en"), ("Accept-Language", "zh")]), en);
        assert_eq!(text(&[("Accept-Language", "zh-CN,zh;q=0.9")]), zh);
    });
}

#[test]
fn c8_wrong_types_name_the_field() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        for (body, field) in [
            (json!({"user_name": 7}), "user_name"),
            (json!({"pwd_must_modify": "false"}), "pwd_must_modify"),
            (json!({"extension": []}), "extension"),
            (json!({"extension": {"age": {}}}), "extension.age"),
            (json!([]), "body"),
        ] {
            client.refused(&body, "PARAM.0001");
            let text = client.create(&body).json()["error_msg"].as_str().unwrap().to_owned();
            assert!(text.starts_with(&format!("Invalid parameter {field}: ")), "{text}");
        }
    });
}

#[test]
fn c9_c10_a_user_needs_nothing() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let ids = [0; 3].map(|_| client.create(&json!({})).expect(200).json()["user_id"].clone());
        ids.iter().for_each(|id| assert_user_id(id.as_str().unwrap()));
        assert_ne!(ids[0], ids[1]);
    });
}

#[test]
fn unknown_paths_and_methods_answer_in_the_dialects_shape() {
    on_each_gateway(|gateway| {
        let unknown = gateway.get("/api/v2/tenant/nothing").send().expect(404);
        assert_eq!(
            unknown.json(),
            json!({"error_msg": "No such path", "error_code": "IDAAS.TENANT.REQUEST.0001"})
        );
        for (path, allow) in [(USERS, "GET, HEAD, POST"), (TOKEN, "POST")] {
            let refused = gateway.call("PATCH", path).send().expect(405);
            assert_eq!(refused.header("allow"), Some(allow));
            assert_eq!(refused.json()["error_code"], "IDAAS.TENANT.REQUEST.0002");
        }
        let client = Client::demo(gateway);
        let text = gateway.call("POST", USERS).bearer(&client.token).header("Content-Type", "text/plain");
        assert_eq!(text.body("{}").send().expect(415).json()["error_code"], "IDAAS.TENANT.REQUEST.0004");
        let large = gateway.post(USERS, vec![b' '; 2 * 1024 * 1024 + 1]).bearer(&client.token).send();
        assert_eq!(large.expect(413).json()["error_code"], "IDAAS.TENANT.REQUEST.0003");
    });
}
