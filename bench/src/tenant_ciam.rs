//! What creating a user costs who asks for more than is usual.

use std::time::Duration;

use roster_auth::HashingConfig;
use roster_kernel::{Origin, json};
use roster_tenant_ciam::{
    Administrator, AttributeDefinition, AttributeKind, CenterError, Client, ExtensionKey, Pattern,
    PutOptions, TenantCiam, TenantId, ValueRule, wire,
};
use serde_json::{Map, Value};

use crate::house::Services;
use crate::measure::{Effort, median};
use crate::table::{Figure, Table, Target};

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
    let bench = Bench { service: &services.dialects.tenant_ciam, rounds: effort.rounds(60) };
    let usual = bench.tenant(&services, "usual").await;
    for password in [Some(PASSWORD), None] {
        let about = if password.is_some() { "with a password" } else { "without one" };
        let mut plain = None;
        for (what, user) in cases(password) {
            let took = bench.create(&usual, what, user).await;
            show(table, &format!("CIAM create {about}: {what}"), took, plain, password.is_some());
            plain = plain.or(Some(took));
        }
        let mut dearest = Duration::ZERO;
        for power in 4..14 {
            let name = format!("hostile{power}");
            let tenant = bench.tenant(&services, &name).await;
            let keys = bench.hostile(&tenant, 1 << power).await;
            let mixed: String = "abbabaabbaababba".chars().cycle().take(VALUE_BYTES).collect();
            let user = extension(password, keys, &mixed);
            dearest = dearest.max(bench.create(&tenant, &name, user).await);
        }
        show(table, &format!("CIAM create {about}: hostile patterns"), dearest, plain, password.is_some());
    }
}

fn show(table: &mut Table, work: &str, took: Duration, plain: Option<Duration>, judged: bool) {
    match plain {
        None => table.bound(work, Figure::Time(took)),
        Some(plain) => {
            let target = if judged { Target::AtMost(LIMIT) } else { Target::None };
            table.row(work, Figure::Time(took), Figure::Time(plain), target);
        }
    }
}

struct Bench<'a> {
    service: &'a TenantCiam,
    rounds: usize,
}

impl Bench<'_> {
    /// The tenant of this name, with the attributes `text0`…, as many as it can have.
    async fn tenant(&self, services: &Services, name: &str) -> TenantId {
        let tenant = TenantId::parse(name).expect("an id");
        let texts = (0..KEYS).map(|n| text(n, None)).collect();
        // One that is there already stays as it is.
        let made = self.service.provision_tenant(&services.change(), &tenant, name, texts).await;
        made.map(|_| tenant).expect("a tenant")
    }

    /// What making such a user takes, from its bytes to the commit.
    async fn create(&self, tenant: &TenantId, what: &str, user: Map<String, Value>) -> Duration {
        let by = &Client::trusted(tenant.clone(), "benchmark");
        let password = user.contains_key("pwd");
        median(self.rounds, |round| {
            let mut user = user.clone();
            user.insert("user_name".into(), format!("{what} {password} {round}").into());
            let body = Value::Object(user).to_string();
            async move {
                let body: wire::CreateUser = json::decode(body.as_bytes()).expect("a body");
                self.service.create(by, body).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            }
        })
        .await
    }

    /// Gives attributes patterns of this size for as long as they are accepted, and answers how many
    /// got one. The patterns are of a kind whose states cannot be remembered: whether the end has
    /// come depends on what stood any number of characters before, so an engine without memory for
    /// all combinations walks through every state at every character.
    async fn hostile(&self, tenant: &TenantId, size: u32) -> usize {
        let by = Administrator::operator("benchmark", Origin::default());
        let source = format!("(?:[ab]*a[ab]{{{size}}}){{4}}|[ab]*");
        for number in 0..KEYS {
            let Ok(pattern) = Pattern::new(&source) else { return number };
            let definition = text(number, Some(pattern));
            match self.service.put_attribute(&by, tenant, definition, PutOptions::default()).await {
                Ok(_) => {}
                Err(CenterError::Conflict(_)) => return number,
                Err(error) => panic!("{error}"),
            }
        }
        KEYS
    }
}

fn text(number: usize, pattern: Option<Pattern>) -> AttributeDefinition {
    let key = ExtensionKey::parse(&format!("text{number}")).expect("a key");
    let rule = ValueRule { pattern, ..ValueRule::default() };
    AttributeDefinition::extension(key, AttributeKind::Text).ruled(rule).expect("a rule")
}

fn cases(password: Option<&str>) -> Vec<(&'static str, Map<String, Value>)> {
    let with = |key: &str, value: Value| {
        let mut user = plain(password);
        user.insert(key.to_owned(), value);
        user
    };
    let mut cases = vec![
        ("plain", plain(password)),
        ("200 extension keys", extension(password, KEYS, "value")),
        ("200 extension keys of 4 KiB", extension(password, KEYS, &"x".repeat(VALUE_BYTES))),
        ("1 MiB picture", with("head_img", picture().into())),
    ];
    if password.is_some() {
        // 行 and 和 are read in half a dozen ways each, and the password holds most of several.
        let name: String = "行和".chars().cycle().take(16).collect();
        let mut user = with("name", name.into());
        user.insert("pwd".into(), "hanghexinghuohang1".into());
        cases.push(("name of 16 characters with many readings", user));
    }
    cases
}

fn plain(password: Option<&str>) -> Map<String, Value> {
    let name = ("name".to_owned(), Value::from("Jack"));
    let password = password.map(|password| ("pwd".to_owned(), password.into()));
    std::iter::once(name).chain(password).collect()
}

fn extension(password: Option<&str>, keys: usize, value: &str) -> Map<String, Value> {
    let values: Map<String, Value> = (0..keys).map(|n| (format!("text{n}"), value.into())).collect();
    let mut user = plain(password);
    user.insert("extension".into(), values.into());
    user
}

fn picture() -> String {
    let head = "data:image/jpeg;base64,";
    format!("{head}{}", "A".repeat(1024 * 1024 - head.len() - 4))
}
