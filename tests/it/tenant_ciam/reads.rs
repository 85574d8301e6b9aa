//! C8, C11, C12: users, read one by one, looked up and listed.

use roster_tenant_ciam::mobile::{AreaCode, AreaCodes};
use roster_tenant_ciam::{AttributeDefinition, AttributeKind, Builtin, ExtensionKey, Store, TenantId};
use roster_testkit::{block_on, fixture_json, on_each_gateway, on_each_gateway_with};
use serde_json::{Value, json};

use super::{Client, FORM, change, execute, has_code, store};

/// The members of a user, in the vendor's order.
const MEMBERS: [&str; 23] = [
    "user_name",
    "user_id",
    "name",
    "mobile",
    "email",
    "pwd_change_at",
    "created_at",
    "updated_at",
    "disabled",
    "attr_gender",
    "attr_birthday",
    "attr_nick_name",
    "mailing_address",
    "zip_code",
    "first_name",
    "middle_name",
    "last_name",
    "industry",
    "external_id",
    "usr_auth_times",
    "usr_last_login",
    "extension",
    "head_img",
];

/// `yyyy-MM-dd HH:mm:ss`
#[track_caller]
fn assert_time(value: &Value) {
    let text = value.as_str().unwrap();
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(form, "0000-00-00 00:00:00", "{text}");
}

#[test]
fn c12_the_seeds_user_reads_back() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&fixture_json("seeds/tenant-ciam.create.request.json"));
        let reply = client.read(&id).expect(200);
        assert_eq!(reply.keys(), MEMBERS);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let user = reply.json();
        for time in ["pwd_change_at", "created_at", "updated_at"] {
            assert_time(&user[time]);
        }
        // The stamp of the id is the time that is shown.
        let stamp: String =
            user["created_at"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
        assert_eq!(stamp, id[..14]);
        let expected = json!({
            "user_name": "zhangsan", "user_id": id, "name": "张三", "mobile": "15200000000",
            "email": "15200000000@qq.com", "pwd_change_at": user["pwd_change_at"],
            "created_at": user["created_at"], "updated_at": user["created_at"], "disabled": false,
            "attr_gender": "male", "attr_birthday": "2022-02-17", "attr_nick_name": "张三",
            "mailing_address": "湖北省武汉市", "zip_code": "430000", "first_name": null,
            "middle_name": null, "last_name": null, "industry": "事业单位",
            "external_id": "12345678741d29069abcdef089d4q87sk12", "usr_auth_times": "0",
            "usr_last_login": null, "extension": {"age": "28"}, "head_img": "data:image/jpeg;base64,......."
        });
        assert_eq!(user, expected);
    });
}

#[test]
fn c12_a_user_without_anything_has_every_member() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({}));
        let reply = client.read(&id).expect(200);
        assert_eq!(reply.keys(), MEMBERS);
        let user = reply.json();
        let given =
            ["user_name", "user_id", "created_at", "updated_at", "disabled", "usr_auth_times", "extension"];
        for member in MEMBERS.into_iter().filter(|member| !given.contains(member)) {
            assert_eq!(user[member], Value::Null, "{member}");
        }
        assert!(user["user_name"].as_str().unwrap().starts_with("user_"));
        assert_eq!(user["extension"], json!({}));
    });
}

#[test]
fn c12_times_are_shown_in_the_configured_zone() {
    let shanghai = |config: &mut roster_gateway::Config| {
        config.tenant_ciam.time_zone = "Asia/Shanghai".parse().unwrap();
    };
    on_each_gateway_with(shanghai, |gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({}));
        execute(gateway, "UPDATE tenant_users SET created_ms = 1644898983999, updated_ms = 1644898983999");
        let user = client.read(&id).expect(200).json();
        assert_eq!(user["created_at"], "2022-02-15 12:23:03");
        // The same text finds him again.
        let shown = |after: &str| {
            let listed = client.call("GET", &format!("?updated_at_greater={after}")).send().expect(200);
            listed.json()["total"].clone()
        };
        assert_eq!((shown("2022-02-15+12:23:03"), shown("2022-02-15+12:23:04")), (json!(1), json!(0)));
    });
}

#[test]
fn c8_an_unknown_user_is_a_400() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let foreign = Client::other(gateway).made(&json!({}));
        for id in [
            "20201028102749564-9082-DC8CD2722",
            &foreign,
            &foreign.to_lowercase(),
            "x",
            "%00",
            "%FF",
            &"9".repeat(5000),
        ] {
            let reply = client.read(id);
            assert_eq!(
                (reply.status, reply.text.as_str()),
                (400, r#"{"error_msg":"User not found","error_code":"IDAAS.TENANT.USER.0001"}"#),
                "{id}"
            );
        }
    });
}

#[test]
fn c4_a_changed_or_foreign_definition_leaves_users_readable() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let tenant = TenantId::parse("demo").unwrap();
        let age = |kind| AttributeDefinition::extension(ExtensionKey::parse("age").unwrap(), kind);
        let id = client.made(&json!({"attr_gender": "male", "extension": {"age": "twenty"}}));
        block_on(store(gateway).put_attribute(&change(), &tenant, age(AttributeKind::Number))).unwrap();
        assert_eq!(client.read(&id).expect(200).json()["extension"], json!({"age": "twenty"}));
        // As it stands after an attribute is gone, whoever removed it.
        execute(gateway, "DELETE FROM tenant_attributes WHERE key = 'age'");
        execute(gateway, "UPDATE tenant_tenants SET rules_version = rules_version + 1");
        assert_eq!(client.read(&id).expect(200).json()["extension"], json!({}));
        assert_eq!(client.call("GET", "").send().expect(200).json()["users"][0]["extension"], json!({}));
    });
}

#[test]
fn c11_look_ups() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client
            .made(&json!({"user_name": "ZhangSan", "mobile": "15200000000", "email": "Zhang@qq.com",
            "external_id": "Ab-1"}));
        client.made(&json!({"user_name": "lisi"}));
        let whole = client.read(&id).expect(200).text;
        for (by, body) in [
            ("username", json!({"user_name": "zhangsan"})),
            ("username", json!({"user_name": "ＺＨＡＮＧＳＡＮ", "mobile": 7})),
            ("mobile", json!({"mobile": "15200000000"})),
            ("mobile", json!({"mobile": "+86-15200000000"})),
            ("mobile", json!({"mobile": "+8615200000000"})),
            ("email", json!({"email": "ZHANG@QQ.COM"})),
            ("external-id", json!({"external_id": "Ab-1"})),
        ] {
            assert_eq!(client.look_up(by, &body).expect(200).text, whole, "{by} {body}");
        }
        for (by, body, code) in [
            ("username", json!({"user_name": "wangwu"}), "USER.0001"),
            ("mobile", json!({"mobile": "15200000001"}), "USER.0001"),
            ("mobile", json!({"mobile": "+852-91234567"}), "USER.0001"),
            ("mobile", json!({"mobile": "x"}), "USER.0001"),
            ("email", json!({"email": "zhang@qq.co"}), "USER.0001"),
            ("external-id", json!({"external_id": "ab-1"}), "USER.0001"),
            ("username", json!({}), "USER.0002"),
            ("username", json!({"user_name": ""}), "USER.0002"),
            ("mobile", json!({"mobile": null}), "USER.0004"),
            ("email", json!({"user_name": "x"}), "USER.0005"),
            ("external-id", json!({}), "USER.0016"),
            ("username", json!({"user_name": 7}), "PARAM.0001"),
            ("mobile", json!({"mobile": ["15200000000"]}), "PARAM.0001"),
            ("email", json!([]), "PARAM.0001"),
        ] {
            has_code(client.look_up(by, &body), code);
        }
    });
}

#[test]
fn c11_look_ups_take_forms_too() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"user_name": "zhang san", "mobile": "15200000000"}));
        let post = |by: &str, form: &str| {
            let call = client.call("POST", &format!("/user-by-{by}"));
            call.header("Content-Type", &format!("{FORM}; charset=UTF-8")).body(form).send()
        };
        for (by, form) in [("username", "user_name=zhang+san"), ("mobile", "mobile=%2B86-15200000000&x=%FF")]
        {
            assert_eq!(post(by, form).expect(200).json()["user_id"], id, "{form}");
        }
        has_code(post("username", "user_name=a%00b"), "PARAM.0001");
        has_code(post("username", "user_name=%FF"), "PARAM.0001");
        has_code(post("username", "user_name=a&user_name=b"), "PARAM.0001");
        has_code(post("username", ""), "USER.0002");
        has_code(post("email", "user_name=zhang+san"), "USER.0005");
    });
}

#[test]
fn c11_a_number_of_a_code_that_is_no_longer_enabled_is_found() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"mobile": "15200000000"}));
        let hong_kong = AreaCode::new("HK", "852", r"\d{8}").unwrap();
        let codes = AreaCodes::new(vec![hong_kong], "852").unwrap();
        let tenant = TenantId::parse("demo").unwrap();
        assert!(block_on(store(gateway).put_area_codes(&change(), &tenant, codes)).unwrap());
        assert_eq!(client.read(&id).expect(200).json()["mobile"], "+86-15200000000");
        let found = client.look_up("mobile", &json!({"mobile": "+86-15200000000"})).expect(200).json();
        assert_eq!(found["user_id"], id);
        has_code(client.look_up("mobile", &json!({"mobile": "15200000000"})), "USER.0001");
    });
}

#[test]
fn c11_of_several_the_oldest() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let tenant = TenantId::parse("demo").unwrap();
        let email = AttributeDefinition::builtin(Builtin::Email).unique(false).unwrap();
        assert!(block_on(store(gateway).put_attribute(&change(), &tenant, email)).unwrap());
        let same = json!({"external_id": "shop-7", "email": "a@qq.com"});
        let ids = [0; 3].map(|_| client.made(&same));
        // The second was made first.
        execute(gateway, &format!("UPDATE tenant_users SET created_ms = 1 WHERE user_id = '{}'", ids[1]));
        for (by, body) in
            [("external-id", json!({"external_id": "shop-7"})), ("email", json!({"email": "A@qq.com"}))]
        {
            assert_eq!(client.look_up(by, &body).expect(200).json()["user_id"], ids[1]);
        }
    });
}

fn ids(reply: &Value) -> Vec<&str> {
    reply["users"].as_array().unwrap().iter().map(|user| user["user_id"].as_str().unwrap()).collect()
}

fn page(client: &Client<'_>, query: &str) -> Value {
    let reply = client.call("GET", &format!("?{query}")).send().expect(200);
    assert_eq!(reply.keys(), ["total", "users"]);
    reply.json()
}

#[test]
fn c11_pages_of_users() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        assert_eq!(page(&client, ""), json!({"total": 0, "users": []}));
        Client::other(gateway).made(&json!({}));
        let made: Vec<String> = (0..23)
            .map(|n| client.made(&json!({"user_name": format!("u{n}"), "extension": {"age": "7"}})))
            .collect();
        execute(gateway, "UPDATE tenant_users SET created_ms = 1000");
        let mut sorted = made.clone();
        sorted.sort();
        for (query, expected) in [
            ("", &sorted[..10]),
            ("offset=0&limit=10", &sorted[..10]),
            ("offset=1&limit=10", &sorted[10..20]),
            ("offset=2", &sorted[20..]),
            ("offset=3", &[]),
            ("limit=100&offset=", &sorted[..]),
            ("offset=4294967295&limit=100", &[]),
        ] {
            let answer = page(&client, query);
            assert_eq!(answer["total"], 23, "{query}");
            assert_eq!(ids(&answer), expected, "{query}");
        }
        // What a list shows is what reading shows.
        let answer = page(&client, "limit=100");
        for user in answer["users"].as_array().unwrap() {
            assert_eq!(*user, client.read(user["user_id"].as_str().unwrap()).expect(200).json());
        }
    });
}

#[test]
fn c11_pages_out_of_range() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        for query in
            ["limit=9", "limit=101", "limit=0", "limit=x", "offset=-1", "offset=x", "offset=4294967296"]
        {
            let refused = client.call("GET", &format!("?{query}")).send().expect(400);
            assert_eq!(
                refused.text,
                r#"{"error_msg":"Pagination parameter exceeds limit","error_code":"OAP.PAGE.0002"}"#,
                "{query}"
            );
        }
        for query in
            ["updated_at_greater=yesterday", "updated_at_greater=2022-02-30+00:00:00", "limit=10&limit=20"]
        {
            has_code(client.call("GET", &format!("?{query}")).send(), "PARAM.0001");
        }
    });
}

#[test]
fn c11_those_who_changed_since() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let made = [0, 1, 2].map(|_| client.made(&json!({})));
        for (n, id) in made.iter().enumerate() {
            let ms = 1_644_927_803_000_i64 + 500 * n as i64;
            execute(
                gateway,
                &format!(
                    "UPDATE tenant_users SET created_ms = {n}, updated_ms = {ms} WHERE user_id = '{id}'"
                ),
            );
        }
        let since = |time: &str| page(&client, &format!("updated_at_greater={time}"));
        // Times are shown by the second: whoever changed within it, at its very beginning too, is not
        // lost to who asks from the last that he saw.
        let answer = since("2022-02-15%2012:23:24");
        assert_eq!((answer["total"].clone(), ids(&answer)), (json!(1), vec![made[2].as_str()]));
        assert_eq!(since("2022-02-15+12:23:23")["total"], 3);
        assert_eq!(since("2022-02-15+12:23:25")["total"], 0);
        assert_eq!(since("")["total"], 3);
    });
}

#[test]
fn c11_a_list_shows_pictures() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let picture = format!("data:image/png;base64,{}", "A".repeat(1024 * 1024 - 22));
        for n in 0..10 {
            client.made(&match n {
                0 => json!({}),
                1 => json!({"head_img": "https://example.com/a.png"}),
                _ => json!({"head_img": picture}),
            });
        }
        execute(gateway, "UPDATE tenant_users SET created_ms = 7 WHERE created_ms > 7");
        let answer = page(&client, "limit=100");
        let shown: Vec<_> =
            answer["users"].as_array().unwrap().iter().map(|user| &user["head_img"]).collect();
        assert_eq!(shown.iter().filter(|shown| ***shown == picture).count(), 8);
        assert_eq!(shown.iter().filter(|shown| shown.is_null()).count(), 1);
        assert_eq!(shown.iter().filter(|shown| ***shown == "https://example.com/a.png").count(), 1);
        // Nobody has to take the pictures to be told that he sent no token.
        gateway.get(super::USERS).send().expect(401);
    });
}

#[test]
fn c11_head_is_answered_as_get_is() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({}));
        for below in [format!("/{id}"), String::new()] {
            assert_eq!(client.call("HEAD", &below).send().expect(200).text, "");
        }
    });
}
