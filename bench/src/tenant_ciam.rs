//! What creating a user costs who asks for more than is usual.

use roster_auth::HashingConfig;
use roster_kernel::json;
use roster_tenant_ciam::{
    AttributeDefinition, AttributeKind, Client, ExtensionKey, Pattern, TenantId, ValueRule, wire,
};
use serde_json::{Map, Value, json};

use crate::house::Services;
use crate::measure::{Effort, median};
use crate::table::Table;

/// What passes every rule of a new tenant.
const PASSWORD: &str = "qwe123!@#";
/// No create costs more than so many plain ones.
const LIMIT: f64 = 10.0;
/// Extension keys of a request at the most (C4).
const KEYS: usize = 200;
/// What an extension's value may be long, in bytes (C4).
const VALUE_BYTES: usize = 4096;

/// A user like the specification's example; and others, each with one thing that costs. And the same
/// without passwords, where no hash hides what the rest costs: a row of 1 MiB is then many times a
/// short one, so those have no target.
pub(crate) async fn creates(effort: Effort, table: &mut Table) {
    let services = Services::on_sqlite(HashingConfig::default());
    let tenant = TenantId::parse("bench").expect("an id");
    let service = &services.dialects.tenant_ciam;
    let made = service.provision_tenant(&services.change(), &tenant, "Benchmark", definitions()).await;
    assert!(made.expect("a tenant"));
    let by = Client::trusted(tenant, "benchmark");
    for password in ["with a password", "without one"] {
        let mut plain = None;
        for (what, mut user) in cases() {
            if password == "without one" && user.remove("pwd").is_some_and(|pwd| pwd != PASSWORD) {
                continue;
            }
            let took = median(effort.rounds(60), |round| {
                let mut user = user.clone();
                user.insert("user_name".into(), format!("{what} {password} {round}").into());
                let body = Value::Object(user).to_string();
                let by = &by;
                async move {
                    let body: wire::CreateUser = json::decode(body.as_bytes()).expect("a body");
                    service.create(by, body).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                }
            })
            .await;
            let work = format!("CIAM create {password}: {what}");
            match plain {
                None => table.bound(&work, took),
                Some(bound) if password == "without one" => table.beside(&work, took, bound),
                Some(bound) => table.at_most(&work, took, bound, LIMIT),
            }
            plain = plain.or(Some(took));
        }
    }
}

/// Text attributes `text0`…; `hostile0`…, whose patterns keep an engine busiest.
fn definitions() -> Vec<AttributeDefinition> {
    let key = |name: String| ExtensionKey::parse(&name).expect("a key");
    let text = |name| AttributeDefinition::extension(key(name), AttributeKind::Text);
    let texts = (0..KEYS).map(|n| text(format!("text{n}")));
    let pattern = hostile();
    println!("hostile pattern: {}", pattern.source());
    let hostile = (0..KEYS).map(|n| {
        let pattern = Some(pattern.clone());
        text(format!("hostile{n}")).ruled(ValueRule { pattern, ..ValueRule::default() }).expect("a rule")
    });
    texts.chain(hostile).collect()
}

/// The largest pattern that is accepted of a kind whose states cannot be remembered: whether the
/// end has come depends on what stood any number of characters before, so an engine without memory
/// for all combinations walks through every state at every character.
fn hostile() -> Pattern {
    let sizes = (0..).map(|power| 1_u32 << power);
    let patterns = sizes.map_while(|size| Pattern::new(&format!("[ab]*a[ab]{{{size}}}|[ab]*")).ok());
    patterns.last().expect("a small one is accepted")
}

fn cases() -> Vec<(&'static str, Map<String, Value>)> {
    let with = |members: Value| match members {
        Value::Object(members) => {
            let mut user = Map::from_iter([("pwd".to_owned(), json!(PASSWORD))]);
            user.extend(members);
            user
        }
        _ => unreachable!("an object"),
    };
    let extension = |name: &str, keys: usize, value: &str| {
        let values: Map<String, Value> = (0..keys).map(|n| (format!("{name}{n}"), value.into())).collect();
        with(json!({"extension": values}))
    };
    // 行 and 和 are read in half a dozen ways each, and the password holds most of several.
    let names: String = "行和".chars().cycle().take(16).collect();
    let mixed: String = "abbabaabbaababba".chars().cycle().take(VALUE_BYTES).collect();
    vec![
        ("plain", with(json!({"name": "Jack"}))),
        ("name of many readings", with(json!({"name": names, "pwd": "hanghexinghuohang1"}))),
        ("200 extension keys", extension("text", KEYS, "value")),
        ("200 extension keys of 4 KiB", extension("text", KEYS, &"x".repeat(VALUE_BYTES))),
        ("1 MiB picture", with(json!({"head_img": picture()}))),
        ("one hostile pattern", extension("hostile", 1, &mixed)),
        ("200 hostile patterns", extension("hostile", KEYS, &mixed)),
    ]
}

fn picture() -> String {
    let head = "data:image/jpeg;base64,";
    format!("{head}{}", "A".repeat(1024 * 1024 - head.len() - 4))
}
