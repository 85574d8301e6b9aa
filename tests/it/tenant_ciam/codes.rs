//! C8: every code of the vendor's table, and those of ours, with the request that produces it over
//! HTTP, in both languages, with its exact text.

use std::collections::{BTreeSet, HashSet};

use roster_tenant_ciam::messages::Code;
use roster_tenant_ciam::mobile::{AreaCode, AreaCodes};
use roster_tenant_ciam::password::{PasswordPolicy, PolicySettings};
use roster_tenant_ciam::{
    AttributeDefinition, AttributeKind, Builtin, ExtensionKey, Pattern, Store as _, TenantId, ValueRule,
};
use roster_testkit::{Reply, TestGateway, block_on, on_each_gateway};
use serde_json::{Value, json};

use super::passwords::put_policy;
use super::{Client, change, changes::define, store};

/// A request: method, path below `/users` (`{id}` is a user's), body.
struct Ask(&'static str, &'static str, Value);

struct Case {
    code: &'static str,
    en: &'static str,
    zh: &'static str,
    ask: Ask,
}

/// Of a create.
fn create(code: &'static str, en: &'static str, zh: &'static str, body: Value) -> Case {
    Case { code, en, zh, ask: Ask("POST", "", body) }
}

fn other(code: &'static str, en: &'static str, zh: &'static str, ask: Ask) -> Case {
    Case { code, en, zh, ask }
}

/// What a required attribute says when it is empty.
fn empties() -> Vec<(Builtin, &'static str, &'static str, &'static str)> {
    use Builtin as B;
    vec![
        (B::UserName, "0002", "Username cannot be empty", "用户名不能为空"),
        (B::Name, "0003", "Name cannot be empty", "姓名不能为空"),
        (B::Mobile, "0004", "Mobile number cannot be empty", "手机号不能为空"),
        (B::Email, "0005", "E-mail cannot be empty", "邮箱不能为空"),
        (B::Password, "0006", "Password cannot be empty", "密码不能为空"),
        (B::Gender, "0007", "Gender cannot be empty", "性别不能为空"),
        (B::Birthday, "0008", "Birthday cannot be empty", "生日不能为空"),
        (B::NickName, "0009", "Nick name cannot be empty", "昵称不能为空"),
        (B::MailingAddress, "0010", "Mailing address cannot be empty", "邮寄地址不能为空"),
        (B::ZipCode, "0011", "Zip code cannot be empty", "邮政编码不能为空"),
        (B::FirstName, "0012", "First name cannot be empty", "名字不能为空"),
        (B::MiddleName, "0013", "Middle name cannot be empty", "中间名不能为空"),
        (B::LastName, "0014", "Last name cannot be empty", "姓氏不能为空"),
        (B::Industry, "0015", "Industry cannot be empty", "所属行业不能为空"),
        (B::ExternalId, "0016", "External ID cannot be empty", "外部ID不能为空"),
    ]
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let long = |chars: usize| "湖".repeat(chars);
    let password = |body: Value| Ask("PUT", "/{id}/change-password", body);
    vec![
        other("USER.0001", "User not found", "用户未找到", Ask("GET", "/20201028102749564-9082-DC8CD2722", Value::Null)),
        create("USER.0018", "The username does not meet the verification rules", "用户名不符合校验规则", json!({"user_name": long(65)})),
        create("USER.0019", "The name does not meet the verification rules", "姓名不符合校验规则", json!({"name": long(129)})),
        create("USER.0020", "The mobile number does not meet the verification rules", "手机号不符合校验规则", json!({"mobile": "86-15200000000"})),
        create("USER.0021", "The e-mail does not meet the verification rules", "邮箱不符合校验规则", json!({"email": "zhangsan"})),
        create("USER.0023", "The gender does not meet the verification rules", "性别不符合校验规则", json!({"attr_gender": "unknown"})),
        create("USER.0024", "The birthday does not meet the verification rules", "生日不符合校验规则", json!({"attr_birthday": "2022-02-30"})),
        create("USER.0025", "The nickname does not meet the verification rules", "昵称不符合校验规则", json!({"attr_nick_name": long(129)})),
        create("USER.0026", "The mailing address does not meet the verification rules", "邮寄地址不符合校验规则", json!({"mailing_address": long(513)})),
        create("USER.0027", "The zip code does not meet the verification rules", "邮政编码不符合校验规则", json!({"zip_code": "4300000"})),
        create("USER.0028", "The first name does not meet the verification rules", "名字不符合校验规则", json!({"first_name": long(129)})),
        create("USER.0029", "The middle name does not meet the verification rules", "中间名不符合校验规则", json!({"middle_name": long(129)})),
        create("USER.0030", "The last name does not meet the verification rules", "姓氏不符合校验规则", json!({"last_name": long(129)})),
        create("USER.0031", "The industry does not meet the verification rules", "所属行业不符合校验规则", json!({"industry": long(256)})),
        create("USER.0032", "The external ID does not meet the verification rules", "外部ID不符合校验规则", json!({"external_id": long(256)})),
        create("USER.0033", "The extended attribute age does not meet the verification rules", "扩展属性age不符合校验规则", json!({"extension": {"age": 28}})),
        create("USER.0033", "The extended attribute shoe_size does not meet the verification rules", "扩展属性shoe_size不符合校验规则", json!({"extension": {"shoe_size": "42"}})),
        create("MOBILE.0002", "An unauthenticated cell mobile number", "未经认证的手机号", json!({"mobile": "+852-91234567"})),
        create("USER.0034", "Username already exists", "用户名已存在", json!({"user_name": "ZHANGSAN"})),
        create("USER.0035", "Mobile number already exists", "手机号已存在", json!({"mobile": "+8615200000000"})),
        create("USER.0036", "E-mail already exists", "邮箱已存在", json!({"email": "ZhangSan@qq.com"})),
        create("USER.0037", "Extended property card already exists", "扩展属性card已存在", json!({"extension": {"card": 7}})),
        create("USER.0037", "Extended property external_id already exists", "扩展属性external_id已存在", json!({"external_id": "x1"})),
        other("PWD.0001", "The password is used before, cannot be used again", "不允许使用历史密码", password(json!({"password": "qwe123!@#"}))),
        create("PWD.0002", "Password cannot username in reverse order", "密码不允许使用用户名的倒写", json!({"user_name": "wangwu", "pwd": "1UWGNAW!!"})),
        create("PWD.0003", "Password cannot contain :username, mobile number, email prefix, name in PinYing", "密码中不允许包含:用户名、手机号、邮箱前缀、姓名拼音", json!({"name": "张三丰", "pwd": "1ZhangSanFeng!"})),
        create("PWD.0004", "Your password complexity is low, it must contain at least 3 of digits, upper-case letters, lower-case letters, special characters; missing: digits, upper-case letters", "密码复杂度低,至少包含数字、大写字母、小写字母、特殊字符中的3种,缺少:数字、大写字母", json!({"pwd": "abcdefgh!"})),
        create("PWD.0005", "The password is weak", "该密码为弱密码", json!({"pwd": "Welcome2Shop"})),
        create("PWD.0006", "Number of character repeat in password should not exceed 2", "密码中最大字符重复数不能超过2", json!({"pwd": "Aaaa1234!"})),
        create("PWD.0007", "The password must contain 7 to 19 characters", "密码长度为7~19个字符", json!({"pwd": "Abc12!"})),
        other("PWD.0008", "The old password is wrong. Remaining attempts: 9", "旧密码错误,剩余尝试次数:8", Ask("PUT", "/{id}/change-password-verify", json!({"old_password": "x", "password": "Another1!"}))),
        other("OAP.PAGE.0002", "Pagination parameter exceeds limit", "分页参数超出限制", Ask("GET", "?limit=101", Value::Null)),
        create("PARAM.0001", "Invalid parameter user_name: must be string, got integer", "参数user_name无效:类型必须为string,实际为integer", json!({"user_name": 7})),
        other("PARAM.0001", "Invalid parameter old_password: must not be empty", "参数old_password无效:不能为空", Ask("PUT", "/{id}/change-password-verify", json!({"password": "x"}))),
        other("PARAM.0001", "Invalid parameter updated_at_greater: must be yyyy-MM-dd HH:mm:ss", "参数updated_at_greater无效:格式必须为 yyyy-MM-dd HH:mm:ss", Ask("GET", "?updated_at_greater=x", Value::Null)),
        other("REQUEST.0001", "No such path", "路径不存在", Ask("GET", "/a/b/c", Value::Null)),
        other("REQUEST.0002", "Method not allowed; allowed: PUT", "不支持该请求方法,允许的方法:PUT", Ask("POST", "/{id}/enable", Value::Null)),
    ]
}

fn arrange(gateway: &TestGateway) {
    let tenant = TenantId::parse("demo").unwrap();
    let zip = ValueRule { pattern: Some(Pattern::new(r"\d{6}").unwrap()), ..ValueRule::default() };
    define(gateway, AttributeDefinition::builtin(Builtin::ZipCode).ruled(zip).unwrap());
    define(gateway, AttributeDefinition::builtin(Builtin::ExternalId).unique(true).unwrap());
    let card = AttributeDefinition::extension(ExtensionKey::parse("card").unwrap(), AttributeKind::Number);
    define(gateway, card.unique(true).unwrap());
    let china = AreaCode::new("CN", "86", r"1\d{10}").unwrap();
    let codes = AreaCodes::new(vec![china], "86").unwrap();
    assert!(block_on(store(gateway).put_area_codes(&change(), &tenant, codes)).unwrap());
    put_policy(
        gateway,
        PolicySettings {
            min_chars: 7,
            max_chars: 19,
            min_classes: 3,
            max_run: Some(2),
            ..*PasswordPolicy::VENDOR.settings()
        },
    );
    let weak = HashSet::from(["welcome2shop".to_owned()]);
    assert!(block_on(store(gateway).put_weak_passwords(&change(), &tenant, weak)).unwrap());
}

fn send(client: &Client<'_>, id: &str, ask: &Ask, language: &str) -> Reply {
    let call = client.call(ask.0, &ask.1.replace("{id}", id)).header("X-L", language);
    if ask.2.is_null() { call.send() } else { call.json(ask.2.to_string()).send() }
}

#[track_caller]
fn says(reply: &Reply, code: &str, text: &str) {
    let code = if code.starts_with("OAP") { code.to_owned() } else { format!("IDAAS.TENANT.{code}") };
    let body = json!({"error_msg": text, "error_code": code}).to_string();
    assert_eq!(reply.text, body);
    assert_ne!(code, "IDAAS.TENANT.USER.0022");
}

#[test]
fn c8_every_code_is_produced_in_both_languages() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        arrange(gateway);
        let id = client
            .made(&json!({"user_name": "zhangsan", "mobile": "15200000000", "email": "zhangsan@qq.com",
            "external_id": "x1", "pwd": "qwe123!@#", "extension": {"card": 7}}));
        let mut produced = BTreeSet::new();
        for Case { code, en, zh, ask } in cases() {
            for (language, text) in [("en", en), ("zh", zh)] {
                let reply = send(&client, &id, &ask, language);
                let status = match code {
                    "REQUEST.0001" => 404,
                    "REQUEST.0002" => 405,
                    _ => 400,
                };
                assert_eq!(reply.status, status, "{code} {reply:?}");
                says(&reply, code, text);
            }
            produced.insert(code.to_owned());
        }
        // Each attribute in turn is the one that is required.
        for (builtin, number, en, zh) in empties() {
            define(gateway, AttributeDefinition::builtin(builtin).required(true));
            let code = format!("USER.{number}");
            for (language, text) in [("en", en), ("zh", zh)] {
                let ask = Ask("POST", "", json!({}));
                says(&send(&client, &id, &ask, language).expect(400), &code, text);
                if ![Builtin::Password, Builtin::ExternalId].contains(&builtin) {
                    let ask = Ask("PUT", "/{id}", json!({builtin.key(): null}));
                    says(&send(&client, &id, &ask, language).expect(400), &code, text);
                }
            }
            define(gateway, AttributeDefinition::builtin(builtin).required(false));
            produced.insert(code);
        }
        let age = AttributeDefinition::extension(ExtensionKey::parse("age").unwrap(), AttributeKind::Text);
        define(gateway, age.required(true));
        for (language, text) in
            [("en", "Extended property age cannot be empty"), ("zh", "扩展属性age不能为空")]
        {
            for ask in [
                Ask("POST", "", json!({"extension": {"age": ""}})),
                Ask("PUT", "/{id}", json!({"extension": null})),
            ] {
                says(&send(&client, &id, &ask, language).expect(400), "USER.0017", text);
            }
        }
        produced.insert("USER.0017".into());

        // The transport's.
        let large = gateway.post(super::USERS, vec![b' '; 2 * 1024 * 1024 + 1]).bearer(&client.token);
        says(&large.header("X-L", "zh").send().expect(413), "REQUEST.0003", "请求体超过2097152字节");
        let text = client.call("POST", "").header("Content-Type", "text/plain").body("{}");
        says(&text.send().expect(415), "REQUEST.0004", "The content type must be application/json");
        produced.extend(["REQUEST.0003".to_owned(), "REQUEST.0004".to_owned()]);
        // Eight were left after the Chinese one above.
        let wrong =
            Ask("PUT", "/{id}/change-password-verify", json!({"old_password": "x", "password": "Another1!"}));
        for _ in 0..8 {
            send(&client, &id, &wrong, "en").expect(400);
        }
        let locked = send(&client, &id, &wrong, "zh").expect(429);
        says(&locked, "LIMIT.0001", "尝试次数过多,请稍后再试");
        assert_eq!(locked.header("retry-after"), Some("1"));
        produced.insert("LIMIT.0001".into());

        // A failing and a busy house cannot be asked for; `every_code_has_its_request_or_its_reason`
        // has their bodies.
        let all = Code::ALL.iter().map(|code| code.code().trim_start_matches("IDAAS.TENANT.").to_owned());
        let missing: Vec<String> = all.filter(|code| !produced.contains(code)).collect();
        assert_eq!(missing, ["SYSTEM.0001", "SYSTEM.0002"]);
    });
}
