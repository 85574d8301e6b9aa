//! What is accepted reads back equal, however it was written; what can be set can be removed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use roster_kernel::json;
use roster_persistence::testing::block_on;
use roster_tenant_ciam::{
    AttributeDefinition, AttributeKind, Client, DisplayName, ExtensionKey, Store as _, ValueRule, wire,
};
use serde_json::{Map, Value, json};

use super::{House, change};

const TEXTS: [(&str, usize); 10] = [
    ("user_name", 64),
    ("name", 128),
    ("attr_nick_name", 128),
    ("mailing_address", 512),
    ("zip_code", 255),
    ("first_name", 128),
    ("middle_name", 128),
    ("last_name", 128),
    ("industry", 255),
    ("external_id", 255),
];

async fn house() -> (House, Client) {
    let house = House::new();
    let by = house.tenant("demo").await;
    for kind in AttributeKind::ALL {
        let key = ExtensionKey::parse(kind.name()).unwrap();
        let mut definition = AttributeDefinition::extension(key, kind);
        if kind == AttributeKind::Dictionary {
            let allowed = ["gold", "银"].map(String::from).to_vec();
            definition = definition.ruled(ValueRule { allowed, ..ValueRule::default() }).unwrap();
        }
        let definition = definition.displayed(DisplayName::default()).unwrap();
        assert!(house.store.put_attribute(&change(), by.tenant(), definition).await.unwrap());
    }
    (house, by)
}

fn text(max: usize) -> impl Strategy<Value = Value> {
    // Anything that is no control character; the limit counts characters.
    proptest::string::string_regex(&format!(r"\PC{{1,{max}}}")).unwrap().prop_map(Value::from)
}

fn date() -> impl Strategy<Value = Value> {
    (1900..2100, 1..13, 1..29).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}").into())
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (any::<i32>(), 0..9).prop_map(|(digits, places)| Value::from(f64::from(digits) / 10f64.powi(places))),
        any::<i64>().prop_map(|number| number.to_string().into()),
    ]
}

/// A user, as a request has him; any member may be missing.
fn user() -> impl Strategy<Value = Map<String, Value>> {
    let member = |name: &str, value: BoxedStrategy<Value>| {
        let name = name.to_owned();
        proptest::option::of(value).prop_map(move |value| value.map(|value| (name.clone(), value))).boxed()
    };
    let mut members: Vec<_> = TEXTS.iter().map(|(name, max)| member(name, text(*max).boxed())).collect();
    let one_of =
        |texts: &'static [&'static str]| proptest::sample::select(texts).prop_map(Value::from).boxed();
    members.extend([
        member("mobile", "1[0-9]{10}".prop_map(Value::from).boxed()),
        member("email", "[a-zA-Z]{1,9}@[a-z]{1,9}\\.org".prop_map(Value::from).boxed()),
        member("attr_gender", one_of(&["unknow", "male", "female"])),
        member("attr_birthday", date().boxed()),
        member("head_img", "https://[a-z]{1,9}/\\PC{0,9}".prop_map(Value::from).boxed()),
    ]);
    let extension = vec![
        member("text", text(100).boxed()),
        member("number", number().boxed()),
        member("boolean", any::<bool>().prop_map(Value::from).boxed()),
        member("date", date().boxed()),
        member("dictionary", one_of(&["gold", "银"])),
    ];
    let extension = extension.prop_map(|members| Value::Object(members.into_iter().flatten().collect()));
    (members, extension).prop_map(|(members, extension)| {
        members.into_iter().flatten().chain([("extension".to_owned(), extension)]).collect()
    })
}

/// What of `sent` must be read: the same, `null` for what is missing, numbers as numbers.
fn expected(sent: &Map<String, Value>, read: &Value) -> Value {
    let mut expected = read.clone();
    for (name, value) in expected.as_object_mut().unwrap() {
        let is_own =
            ["user_id", "created_at", "updated_at", "disabled", "usr_auth_times"].contains(&name.as_str());
        let is_generated = name == "user_name" && !sent.contains_key("user_name");
        if !is_own && !is_generated {
            *value = sent.get(name).cloned().unwrap_or_default();
        }
    }
    if let Some(number) = expected["extension"].get_mut("number") {
        *number = match &*number {
            Value::String(text) => text.parse::<i64>().unwrap().into(),
            // `28.0` is `28`.
            whole if whole.as_f64().is_some_and(|n| n.fract() == 0.0 && n.abs() < 1e15) => {
                (whole.as_f64().unwrap() as i64).into()
            }
            other => other.clone(),
        };
    }
    expected
}

async fn read(house: &House, by: &Client, id: &str) -> Value {
    serde_json::to_value(house.service.read(by, id).await.unwrap()).unwrap()
}

async fn update(house: &House, by: &Client, id: &str, body: &Value) {
    let body: wire::UpdateUser = json::decode(body.to_string().as_bytes()).unwrap();
    let changed = house.service.update(by, id, body.clone()).await;
    assert!(changed.is_ok(), "{changed:?} {body:?}");
}

/// Runs `check` on many users, in one house that is empty each time.
fn for_many(check: impl AsyncFn(&House, &Client, &Map<String, Value>)) {
    let (house, by) = block_on(house());
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&user(), |sent| {
        block_on(check(&house, &by, &sent));
        block_on(async {
            for user in house.service.list(&by, "").await.unwrap().users {
                house.service.delete(&by, &user.0.user_id).await.unwrap();
            }
        });
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn a_user_who_is_accepted_reads_back_equal() {
    for_many(async |house, by, sent| {
        let id = house.create(by, &Value::from(sent.clone()).to_string()).await.unwrap();
        let user = read(house, by, &id).await;
        assert_eq!(user, expected(sent, &user));
        // What is shown may be sent back, and changes nothing.
        update(house, by, &id, &user).await;
        assert_eq!(read(house, by, &id).await, user);
    });
}

#[test]
fn a_value_that_can_be_set_can_be_removed() {
    for_many(async |house, by, sent| {
        let id = house.create(by, "{}").await.unwrap();
        let empty = read(house, by, &id).await;
        update(house, by, &id, &Value::from(sent.clone())).await;
        let user = read(house, by, &id).await;
        assert_eq!(user, expected(sent, &user));
        for (at, (name, value)) in sent.iter().enumerate() {
            let nothing = || if at % 2 == 0 { Value::Null } else { "".into() };
            match value {
                Value::Object(members) => {
                    for key in members.keys() {
                        update(house, by, &id, &json!({"extension": {key: nothing()}})).await;
                        assert_eq!(read(house, by, &id).await["extension"].get(key), None);
                    }
                }
                _ => {
                    update(house, by, &id, &json!({name: nothing()})).await;
                    let left = &read(house, by, &id).await[name];
                    assert!(left.is_null() || name == "user_name" && left != value, "{name} {left}");
                }
            }
        }
        let mut bare = read(house, by, &id).await;
        for own in ["user_name", "updated_at"] {
            bare[own] = empty[own].clone();
        }
        assert_eq!(bare, empty);
        assert_eq!(
            house.count("tenant_user_extensions").await + house.count("tenant_user_pictures").await,
            0
        );
        assert_eq!(house.count("tenant_unique_values").await, 1, "the generated name");
    });
}
