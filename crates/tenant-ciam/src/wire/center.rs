//! A tenant's rules as JSON: what the admin API shows and takes, and what the journal keeps.

use serde_json::{Value, json};

use crate::definition::{AttributeDefinition, Report};
use crate::domain::Attribute;
use crate::mobile::AreaCodes;
use crate::password::PasswordPolicy;

/// A definition. What its rule does not ask for is null.
pub fn definition(definition: &AttributeDefinition) -> Value {
    let (rule, display) = (definition.rule(), definition.display());
    json!({
        "key": definition.attribute().key(),
        "builtin": matches!(definition.attribute(), Attribute::Builtin(_)),
        "kind": definition.kind().name(),
        "required": definition.is_required(),
        "unique": definition.is_unique(),
        "display": {"zh": display.zh, "en": display.en},
        "rule": {
            "min_chars": rule.min_chars,
            "max_chars": rule.max_chars,
            "pattern": rule.pattern.as_ref().map(|pattern| pattern.source()),
            "allowed": rule.allowed,
        },
    })
}

/// The area codes, in their order.
pub fn area_codes(codes: &AreaCodes) -> Value {
    let code = |code: &crate::mobile::AreaCode| json!({"region": code.region(), "code": code.code(), "pattern": code.number().source()});
    json!({
        "default": codes.default_code().code(),
        "codes": codes.enabled().iter().map(code).collect::<Vec<_>>(),
    })
}

/// The password policy.
pub fn password_policy(policy: &PasswordPolicy) -> Value {
    let settings = policy.settings();
    json!({
        "preset": settings.preset.name(),
        "min_chars": settings.min_chars,
        "max_chars": settings.max_chars,
        "min_classes": settings.min_classes,
        "max_run": settings.max_run,
        "weak_list": settings.weak_list,
        "user_information": settings.user_information,
        "history_depth": settings.history_depth,
    })
}

/// Who breaks what: an object with a member for each broken demand.
pub fn report(report: &Report) -> Value {
    let entries = report.broken().map(|(demand, broken)| {
        let examples: Vec<&str> = broken.examples.iter().map(|id| id.as_str()).collect();
        (demand.name().to_owned(), json!({"count": broken.count, "examples": examples}))
    });
    Value::Object(entries.collect())
}
