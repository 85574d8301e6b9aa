//! Device users, row by row of the contract.

mod accounts;
mod groups;
mod lists;
mod users;

use roster_testkit::{
    Reply, TestGateway, fixture, fixture_json, on_each_gateway, on_each_gateway_with, race,
};
use serde_json::{Value, json};

const USER: &str = "/v1/user";
const LOGIN: &str = "/v1/auth/login";
const SEED: &str = "seeds/device-users.create.request.json";

fn login(gateway: &TestGateway, username: &str, password: &str) -> Reply {
    gateway.post(LOGIN, json!({"username": username, "password": password}).to_string()).send()
}

/// Somebody with a token.
struct Caller<'a> {
    gateway: &'a TestGateway,
    token: String,
}

impl<'a> Caller<'a> {
    fn demo(gateway: &'a TestGateway) -> Self {
        let answer = login(gateway, "admin", "demo-password").expect(200).json();
        Self { gateway, token: answer["data"]["token"].as_str().unwrap().to_owned() }
    }

    fn send(&self, body: impl Into<Vec<u8>>) -> Reply {
        self.gateway.post(USER, body).bearer(&self.token).send()
    }

    fn create(&self, body: &Value) -> Reply {
        let reply = self.send(body.to_string());
        assert_eq!(reply.keys(), ["data", "code", "msg"]);
        reply
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let call = self.gateway.call(method, path).bearer(&self.token);
        match body {
            Some(body) => call.json(body.to_string()).send(),
            None => call.send(),
        }
    }

    /// The answer, which is an envelope with this status for its code.
    #[track_caller]
    fn send_to(&self, method: &str, path: &str, body: Option<&Value>, status: u16) -> Value {
        let reply = self.call(method, path, body).expect(status);
        assert_eq!(reply.keys(), ["data", "code", "msg"]);
        let answer = reply.json();
        assert_eq!(answer["code"], status);
        assert!(status == 200 || answer["data"].is_null());
        answer
    }

    #[track_caller]
    fn get(&self, path: &str, status: u16) -> Value {
        self.send_to("GET", path, None, status)
    }

    #[track_caller]
    fn put(&self, path: &str, body: &Value, status: u16) -> Value {
        self.send_to("PUT", path, Some(body), status)
    }

    /// A legal body with `members` laid over it.
    fn with(&self, members: &Value) -> Reply {
        let mut body = json!({"user_id": 7, "name": "Jack", "avatar": "AAAA"});
        for (key, value) in members.as_object().unwrap() {
            body[key] = value.clone();
        }
        self.create(&body)
    }

    #[track_caller]
    fn refused(&self, members: &Value, what: &str) {
        let refused = self.with(members).expect(400).json();
        assert_eq!((&refused["code"], &refused["data"]), (&json!(400), &Value::Null));
        assert_eq!(refused["msg"].as_str().unwrap(), what, "{members}");
    }
}

#[test]
fn d1_the_seeds_example_is_created() {
    on_each_gateway(|gateway| {
        let created = Caller::demo(gateway).send(fixture(SEED)).expect(200);
        assert_eq!(created.header("content-type"), Some("application/json"));
        let answer = created.json();
        assert_eq!((&answer["code"], &answer["msg"]), (&json!(200), &json!("OK")));
        let seed = fixture_json("seeds/device-users.create.response.json");
        let (got, expected) = (answer["data"].as_object().unwrap(), seed["data"].as_object().unwrap());
        let keys: Vec<_> = expected.keys().map(String::as_str).collect();
        let all: Vec<_> = got.keys().map(String::as_str).collect();
        assert_eq!(all[..keys.len()], keys, "the seed's keys in their order");
        assert_eq!(all[keys.len()..], ["feature", "guest_time_start", "guest_time_end"]);
        // The seed's answer has another name than its request, and the time of its writing.
        for key in keys.iter().filter(|key| !["name", "create_at", "update_at"].contains(key)) {
            assert_eq!(got[*key], expected[*key], "{key}");
        }
        assert_eq!(got["name"], "Jack");
        assert!(got["create_at"].as_i64().unwrap() > 1_700_000_000_000, "milliseconds");
        assert_eq!(got["create_at"], got["update_at"]);
    });
}

#[test]
fn d2_an_id_is_a_whole_number_within_its_bounds() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        for (id, what) in [
            (json!("3"), "user_id must be an integer, got string"),
            (json!(3.5), "user_id must be an integer, got number"),
            (json!(null), "user_id must not be null"),
            (json!(0), "user_id must be 1 to 999998, got less"),
            (json!(999_999), "user_id must be 1 to 999998, got more"),
            (json!(u64::MAX), "user_id must be 1 to 999998, got more"),
        ] {
            caller.refused(&json!({"user_id": id}), what);
        }
        for id in [1, 999_998] {
            assert_eq!(caller.with(&json!({"user_id": id})).expect(200).json()["data"]["user_id"], id);
        }
        let all = caller.create(&json!({})).expect(400).json();
        let what = "name is required; user_id is required; avatar is required unless feature has a value";
        assert_eq!(all["msg"], what);
    });
    let wide = |config: &mut roster_gateway::Config| {
        config.device_users.user_id_max = 99_999_998.try_into().unwrap();
    };
    on_each_gateway_with(wide, |gateway| {
        Caller::demo(gateway).with(&json!({"user_id": 99_999_998})).expect(200);
    });
}

#[test]
fn d2_lengths_are_bytes_and_values_have_limits() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        caller.with(&json!({"user_id": 1, "name": "名".repeat(42)})).expect(200);
        for (members, what) in [
            (json!({"name": "名".repeat(43)}), "name must have at most 128 bytes, got 129"),
            (json!({"name": ""}), "name must not be empty"),
            (json!({"ic_number": "1".repeat(129)}), "ic_number must have at most 128 bytes, got 129"),
            (json!({"id_number": "1".repeat(129)}), "id_number must have at most 128 bytes, got 129"),
            (json!({"job_number": "1".repeat(129)}), "job_number must have at most 128 bytes, got 129"),
            (json!({"remark": "1".repeat(257)}), "remark must have at most 256 bytes, got 257"),
            (json!({"type": 3}), "type must be 1 to 2, got more"),
            (json!({"is_admin": 1}), "is_admin must be a boolean, got integer"),
            (json!({"guest_time_start": -1}), "guest_time_start must be 0 or more, got less"),
            (
                json!({"guest_time_start": 6, "guest_time_end": 5}),
                "guest_time_end must not be before guest_time_start",
            ),
        ] {
            caller.refused(&members, what);
        }
        caller.with(&json!({"guest_time_start": 6, "guest_time_end": 0})).expect(200);
    });
}

#[test]
fn d2_groups_exist_and_keep_their_order() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let groups = |groups: Value| caller.with(&json!({"user_id": 1, "groups": groups}));
        caller.refused(&json!({"groups": vec![1; 101]}), "groups must have at most 100 elements, got 101");
        caller.refused(&json!({"groups": ["x"]}), "groups[0] must be an integer, got string");
        caller.refused(&json!({"groups": [1, 101, 102]}), "groups must exist, there is no group 101, 102");
        let kept = groups(json!([100, 3, 100, 1])).expect(200).json();
        assert_eq!(kept["data"]["groups"], json!([100, 3, 1]));
        for (id, none) in [(2, json!([])), (3, json!(null))] {
            let reply = caller.with(&json!({"user_id": id, "groups": none})).expect(200).json();
            assert_eq!(reply["data"]["groups"], json!([]));
        }
        let all: Vec<i32> = (1..=100).rev().collect();
        let reply = caller.with(&json!({"user_id": 4, "groups": all})).expect(200).json();
        assert_eq!(reply["data"]["groups"], json!(all));
    });
}

#[test]
fn d3_a_picture_is_base64_text() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        for (picture, what) in [
            ("data:image/png;base64,AAAA", "avatar must be the base64 text alone, without a 'data:' prefix"),
            ("AA AA", "avatar must be standard base64 (A-Z a-z 0-9 + /), got white space at byte 2"),
            ("AA-_", "avatar must be standard base64 (A-Z a-z 0-9 + /), got another character at byte 2"),
            ("AAA==", "avatar must be standard base64, unpadded or padded to a multiple of 4 characters"),
        ] {
            caller.refused(&json!({"avatar": picture}), what);
        }
        for (id, picture) in [(1, "AAA"), (2, "AAA="), (3, "+/+/")] {
            let reply = caller.with(&json!({"user_id": id, "avatar": picture})).expect(200).json();
            assert_eq!(reply["data"]["avatar"], picture, "as it came");
        }
        let largest = "/9j+".repeat(10 * 1024 * 1024 / 4);
        let what = "avatar must have at most 10485760 bytes, got 10485764";
        caller.refused(&json!({"avatar": format!("{largest}AAAA")}), what);
        let reply = caller.with(&json!({"user_id": 4, "avatar": largest})).expect(200).json();
        assert!(reply["data"]["avatar"] == largest, "ten megabytes come back as they came");
    });
    let pictures = |config: &mut roster_gateway::Config| {
        config.device_users.avatar_formats = serde_json::from_value(json!(["jpeg", "png"])).unwrap();
    };
    on_each_gateway_with(pictures, |gateway| {
        let caller = Caller::demo(gateway);
        caller.refused(&json!({"avatar": "R0lGODlh"}), "avatar must be a picture of the format jpeg or png");
        caller.send(fixture(SEED)).expect(200);
        caller.with(&json!({"avatar": "iVBORw0KGgoAAAAN"})).expect(200);
    });
}

#[test]
fn d3_a_feature_takes_the_place_of_a_picture() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let what = "avatar is required unless feature has a value";
        caller.refused(&json!({"avatar": null}), what);
        caller.refused(&json!({"avatar": null, "feature": ""}), what);
        let long = json!({"avatar": null, "feature": "f".repeat(10_240)});
        caller.refused(&long, "feature must have at most 10239 bytes, got 10240");
        let feature = format!(" {}\n", "f".repeat(10_237));
        let reply = caller.with(&json!({"avatar": null, "feature": feature})).expect(200).json();
        assert_eq!((&reply["data"]["avatar"], &reply["data"]["feature"]), (&json!(""), &json!(feature)));
    });
}

#[test]
fn d5_every_answer_is_an_envelope() {
    on_each_gateway(|gateway| {
        for (method, path, status) in [
            ("GET", "/v1/nothing", 404),
            ("GET", "/v1", 404),
            ("GET", "/v2/datasync/clear", 404),
            ("POST", "/v2/nothing", 404),
            ("DELETE", USER, 405),
            ("GET", LOGIN, 405),
            ("POST", "/v1/auth/errors", 405),
        ] {
            let reply = gateway.call(method, path).send().expect(status);
            assert_eq!(reply.keys(), ["data", "code", "msg"], "{path}");
            let answer = reply.json();
            assert_eq!((&answer["code"], &answer["data"]), (&json!(status), &Value::Null), "{path}");
            assert_eq!(reply.header("content-type"), Some("application/json"));
        }
        assert_eq!(gateway.call("PUT", USER).send().header("allow"), Some("POST"));
        assert_eq!(gateway.call("PUT", "/v1/auth/errors").send().header("allow"), Some("GET, HEAD"));
        let unsigned = gateway.post(USER, fixture(SEED)).send().expect(401);
        assert_eq!(unsigned.json()["code"], 401);
        assert!(unsigned.header("www-authenticate").unwrap().starts_with("Bearer "));
    });
}

#[test]
fn d6_an_id_is_made_once() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        caller.with(&json!({})).expect(200);
        let second = caller.with(&json!({"name": "Jill"})).expect(409).json();
        assert_eq!((&second["code"], &second["data"]), (&json!(409), &Value::Null));
        let replies = race(32, |n| caller.with(&json!({"user_id": 8, "name": format!("racer {n}")})));
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 31, "{replies:?}");
    });
}

#[test]
fn d6_upsert_is_a_setting() {
    on_each_gateway_with(
        |config| config.device_users.upsert = true,
        |gateway| {
            let caller = Caller::demo(gateway);
            let made = caller.with(&json!({"type": 2, "groups": [1, 2], "remark": "r"})).expect(200).json();
            let put = caller.with(&json!({"type": 1, "name": "Jill", "groups": [3]})).expect(200).json();
            assert_eq!((&put["data"]["name"], &put["data"]["remark"]), (&json!("Jill"), &json!("")));
            assert_eq!((&put["data"]["type"], &put["data"]["groups"]), (&json!(2), &json!([3])));
            assert_eq!(put["data"]["create_at"], made["data"]["create_at"]);
            assert!(put["data"]["update_at"].as_i64() >= made["data"]["update_at"].as_i64());
            let replies = race(32, |n| caller.with(&json!({"user_id": 8, "groups": [1 + n % 3, 5]})));
            assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        },
    );
}

#[test]
fn d7_a_login_tells_accounts_apart_and_is_throttled() {
    on_each_gateway(|gateway| {
        let unknown = login(gateway, "nobody", "x").expect(401).json();
        assert_eq!(unknown, json!({"data": null, "code": 1000, "msg": "Account Not Exist"}));
        for _ in 0..10 {
            let wrong = login(gateway, "admin", "x").expect(401).json();
            assert_eq!(wrong, json!({"data": null, "code": 1001, "msg": "Password Wrong"}));
        }
        let refused = login(gateway, "admin", "demo-password").expect(429);
        assert_eq!(refused.json()["code"], 429);
        assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    });
}

#[test]
fn d7_a_token_lives_for_1_to_1440_minutes() {
    on_each_gateway(|gateway| {
        let ask = |valid: Value| {
            let body = json!({"username": "admin", "password": "demo-password", "validTime": valid});
            gateway.post(LOGIN, body.to_string()).send()
        };
        for minutes in [json!(1), json!(1440), json!(null)] {
            let token = ask(minutes).expect(200).json()["data"]["token"].as_str().unwrap().to_owned();
            assert_eq!(token.split('.').count(), 3);
        }
        for wrong in [json!(0), json!(1441)] {
            let refused = ask(wrong).expect(400).json();
            assert!(refused["msg"].as_str().unwrap().starts_with("validTime must be 1 to 1440"), "{refused}");
        }
        assert_eq!(ask(json!("5")).expect(400).json()["msg"], "validTime must be an integer, got string");
    });
}

#[test]
fn d7_basic_is_on_where_only_this_machine_calls() {
    // `admin:demo-password`
    let basic = "Basic YWRtaW46ZGVtby1wYXNzd29yZA==";
    on_each_gateway(|gateway| {
        gateway.post(USER, fixture(SEED)).key(basic).send().expect(200);
        gateway.post(USER, fixture(SEED)).key("Basic YWRtaW46eA==").send().expect(401);
    });
    on_each_gateway_with(
        |config| config.device_users.basic_auth = Some(false),
        |gateway| {
            let refused = gateway.post(USER, fixture(SEED)).key(basic).send().expect(401);
            assert_eq!(refused.json()["code"], 401);
        },
    );
    let behind_a_proxy = |config: &mut roster_gateway::Config| {
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    };
    on_each_gateway_with(behind_a_proxy, |gateway| {
        gateway.post(USER, fixture(SEED)).key(basic).send().expect(401);
    });
}

#[test]
fn d7_the_codes_are_open_to_all() {
    on_each_gateway(|gateway| {
        let answer = gateway.get("/v1/auth/errors").send().expect(200).json();
        let published = answer["data"].as_object().unwrap();
        for code in [0, 200, 400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503, 1000, 1001] {
            assert!(published.contains_key(&code.to_string()), "{code}");
        }
        assert_eq!(published["1000"], "Account Not Exist");
    });
}
