//! What operators send to configure a tenant. Every body is judged whole, and the first member that
//! is wrong is named.

use std::collections::HashSet;

use roster_kernel::{Rule, Unit, Violation, chars, fold, has_control};
use serde_json::{Map, Value};

use super::fields::Fields;
use crate::definition::{
    AttributeDefinition, AttributeKind, DefinitionError, DisplayName, Pattern, ValueRule,
};
use crate::domain::{Attribute, Builtin, ExtensionKey, TenantId};
use crate::mobile::{AreaCode, AreaCodeError, AreaCodes};
use crate::password::{PasswordPolicy, PolicyError, PolicySettings, Preset};
use crate::store::{TenantChange, WeakEdit};

/// The most allowed values of an attribute.
pub const MAX_ALLOWED: usize = 1_000;
/// The longest allowed value, in characters.
pub const MAX_ALLOWED_CHARS: usize = 256;
/// The most area codes of a tenant.
pub const MAX_AREA_CODES: usize = 300;
/// The most weak passwords that a tenant adds.
pub const MAX_WEAK: usize = 10_000;
/// The longest weak password, in characters.
pub const MAX_WEAK_CHARS: usize = 128;
/// The longest name of a tenant, in characters.
pub const MAX_NAME_CHARS: usize = 128;

type Judged<T> = Result<T, Violation>;

fn invalid<T>(field: impl Into<String>, rule: Rule) -> Judged<T> {
    Err(Violation::new(field.into(), rule))
}

fn format(what: impl Into<std::borrow::Cow<'static, str>>) -> Rule {
    Rule::Format(what.into())
}

/// A tenant to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDraft {
    /// Its id.
    pub id: TenantId,
    /// Its name; the id if none was given.
    pub name: String,
    /// The host that is to be its own.
    pub host: Option<String>,
}

/// `{"id", "name"?, "host"?}`
///
/// # Errors
/// The first member that is wrong.
pub fn tenant(body: Map<String, Value>) -> Judged<TenantDraft> {
    let mut body = Fields::new("", body);
    let id = body.text("id")?;
    let id = body.required("id", id)?;
    let id = TenantId::parse(&id).or_else(|e| invalid("id", format(e.rule)))?;
    let name = body.text("name")?.map(name).transpose()?.unwrap_or_else(|| id.as_str().to_owned());
    let host = body.text("host")?.map(|text| host(&text)).transpose()?;
    body.end()?;
    Ok(TenantDraft { id, name, host })
}

/// `{"name"?, "host"?}`; a host of null frees it.
///
/// # Errors
/// The first member that is wrong.
pub fn tenant_change(body: Map<String, Value>) -> Judged<TenantChange> {
    let mut body = Fields::new("", body);
    let name = body.text("name")?.map(name).transpose()?;
    let named = body.has("host");
    let bound = body.text("host")?.map(|text| host(&text)).transpose()?;
    body.end()?;
    Ok(TenantChange { name, host: named.then_some(bound) })
}

fn name(text: String) -> Judged<String> {
    if text.trim().is_empty() {
        return invalid("name", Rule::NotBlank);
    }
    let got = chars(&text);
    if got > MAX_NAME_CHARS {
        return invalid("name", Rule::TooLong { max: MAX_NAME_CHARS, got, unit: Unit::Chars });
    }
    if has_control(&text) {
        return invalid("name", format("must not hold control characters"));
    }
    Ok(text)
}

/// A host as requests are compared with it.
fn host(text: &str) -> Judged<String> {
    let host = text.to_ascii_lowercase();
    let form = (1..=253).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b))
        && (host.starts_with('[') == host.ends_with(']') && host.starts_with('[') == host.contains(':'))
        && !host.ends_with('.');
    if form { Ok(host) } else { invalid("host", format("a host name or address, without port")) }
}

/// `{"client_id"?}`: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
///
/// # Errors
/// The first member that is wrong.
pub fn client(body: Map<String, Value>) -> Judged<Option<String>> {
    let mut body = Fields::new("", body);
    let id = body.text("client_id")?;
    body.end()?;
    match id {
        Some(id) if !is_client_id(&id) => invalid("client_id", format("1 to 64 of A-Z a-z 0-9 . _ @ -")),
        id => Ok(id),
    }
}

/// Whether a client can have this id.
pub fn is_client_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@-".contains(&b))
}

/// The key of an attribute, in a path. Built-in attributes and extensions share the path: their
/// keys never meet.
///
/// # Errors
/// `key`, for what no attribute can be called.
pub fn key(text: &str) -> Judged<Attribute> {
    Attribute::parse(text).or_else(|e| invalid("key", format(e.rule)))
}

/// The definition of `attribute` that a body says:
/// `{"kind", "required", "unique", "display"?: {"zh"?, "en"?}, "rule"?: {"min_chars"?, "max_chars"?,
/// "pattern"?, "allowed"?}}`. It replaces the former one whole. A built-in attribute has its kind,
/// which may be left out.
///
/// # Errors
/// The first member that is wrong.
pub fn definition(attribute: &Attribute, body: Map<String, Value>) -> Judged<AttributeDefinition> {
    let mut body = Fields::new("", body);
    let kind = body.text("kind")?;
    let blank = match attribute {
        Attribute::Builtin(builtin) => {
            let blank = AttributeDefinition::builtin(*builtin);
            if kind.is_some_and(|kind| kind != blank.kind().name()) {
                return invalid(
                    "kind",
                    format(std::format!("of this built-in attribute is {}", blank.kind().name())),
                );
            }
            blank
        }
        Attribute::Extension(key) => {
            may_be_called(key)?;
            let kind = body.required("kind", kind)?;
            let Some(kind) = AttributeKind::from_name(&kind) else {
                return invalid("kind", format("text, number, boolean, date or dictionary"));
            };
            AttributeDefinition::extension(key.clone(), kind)
        }
    };
    let (required, unique) = (body.boolean("required")?, body.boolean("unique")?);
    let (required, unique) = (body.required("required", required)?, body.required("unique", unique)?);
    let display = display(body.object("display")?.unwrap_or_default(), blank.display())?;
    let rule = rule(body.object("rule")?.unwrap_or_default())?;
    body.end()?;
    let told = |error: DefinitionError| {
        let (field, what) = match &error {
            DefinitionError::Password => {
                ("pwd", "is ruled by the password policy: not unique, no rule".into())
            }
            DefinitionError::Pattern(what) => ("rule.pattern", what.clone()),
            DefinitionError::Lengths => ("rule", error.to_string()),
            DefinitionError::NoAllowedValues => ("rule.allowed", error.to_string()),
            DefinitionError::DisplayName => ("display", error.to_string()),
        };
        Violation::new(field, format(what))
    };
    blank
        .required(required)
        .unique(unique)
        .and_then(|definition| definition.displayed(display))
        .and_then(|definition| definition.ruled(rule))
        .map_err(told)
}

fn display(body: Map<String, Value>, blank: &DisplayName) -> Judged<DisplayName> {
    let mut body = Fields::new("display.", body);
    let mut text = |name| {
        let text = body.text(name)?;
        match text {
            Some(text) if has_control(&text) => {
                invalid(std::format!("display.{name}"), format("must not hold control characters"))
            }
            text => Ok(text),
        }
    };
    let (zh, en) = (text("zh")?, text("en")?);
    body.end()?;
    Ok(DisplayName { zh: zh.unwrap_or_else(|| blank.zh.clone()), en: en.unwrap_or_else(|| blank.en.clone()) })
}

fn rule(body: Map<String, Value>) -> Judged<ValueRule> {
    let mut body = Fields::new("rule.", body);
    let (min_chars, max_chars) = (body.number("min_chars", 4096)?, body.number("max_chars", 4096)?);
    let pattern = body.text("pattern")?.map(|source| pattern("rule.pattern", &source)).transpose()?;
    let allowed = body.texts("allowed")?.unwrap_or_default();
    body.end()?;
    if allowed.len() > MAX_ALLOWED {
        let rule = Rule::TooLong { max: MAX_ALLOWED, got: allowed.len(), unit: Unit::Items };
        return invalid("rule.allowed", rule);
    }
    let mut seen = HashSet::new();
    for word in &allowed {
        let got = chars(word);
        if got == 0 {
            return invalid("rule.allowed", Rule::NotBlank);
        }
        if got > MAX_ALLOWED_CHARS {
            return invalid("rule.allowed", Rule::TooLong { max: MAX_ALLOWED_CHARS, got, unit: Unit::Chars });
        }
        if !seen.insert(word) {
            return invalid("rule.allowed", format("holds a value twice"));
        }
    }
    Ok(ValueRule { min_chars, max_chars, pattern, allowed })
}

fn pattern(field: &'static str, source: &str) -> Judged<Pattern> {
    Pattern::new(source).or_else(|error| match error {
        DefinitionError::Pattern(what) => invalid(field, format(what)),
        other => invalid(field, format(other.to_string())),
    })
}

/// No extension is called what can be taken for a built-in attribute, or for another member of a
/// request.
fn may_be_called(key: &ExtensionKey) -> Judged<()> {
    let own = Builtin::ALL.into_iter().map(Builtin::key);
    let members = ["head_img", "pwd_must_modify", "extension", "password", "user_id"];
    let taken = |other: &str| confusable(key.as_str()) == confusable(other);
    match own.chain(members).find(|other| taken(other)) {
        Some(other) => invalid("key", format(std::format!("is too like '{other}'"))),
        None => Ok(()),
    }
}

/// Keys of one such text are taken for each other: case and separators are overlooked.
pub(crate) fn confusable(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '.' | '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// `{"order": [KEY, …]}`: the extension attributes, each once. Which there are is the service's to
/// know.
///
/// # Errors
/// `order`.
pub fn order(body: Map<String, Value>) -> Judged<Vec<ExtensionKey>> {
    let mut body = Fields::new("", body);
    let order = body.texts("order")?;
    let order = body.required("order", order)?;
    body.end()?;
    let key = |text: &String| {
        let rule = format("the keys of the extension attributes; the order of the built-in ones is fixed");
        ExtensionKey::parse(text).or_else(|_| invalid("order", rule))
    };
    order.iter().map(key).collect()
}

/// `{"default", "codes": [{"region", "code", "pattern"}, …]}`
///
/// # Errors
/// The first member that is wrong.
pub fn area_codes(body: Map<String, Value>) -> Judged<AreaCodes> {
    let mut body = Fields::new("", body);
    let default = body.text("default")?;
    let default = body.required("default", default)?;
    let codes = body.list("codes")?;
    let codes = body.required("codes", codes)?;
    body.end()?;
    if codes.len() > MAX_AREA_CODES {
        let rule = Rule::TooLong { max: MAX_AREA_CODES, got: codes.len(), unit: Unit::Items };
        return invalid("codes", rule);
    }
    let codes = codes.into_iter().map(area_code).collect::<Judged<Vec<_>>>()?;
    AreaCodes::new(codes, &default).or_else(|error| match &error {
        AreaCodeError::Default(_) => invalid("default", format("must be one of codes")),
        AreaCodeError::Patterns => invalid(
            "codes.pattern",
            format("the patterns are too large together: 2 MiB once they are compiled"),
        ),
        AreaCodeError::Twice(code) => invalid("codes", format(std::format!("{code} stands there twice"))),
        other => invalid("codes", format(other.to_string())),
    })
}

fn area_code(entry: Value) -> Judged<AreaCode> {
    let Value::Object(entry) = entry else {
        let got = roster_kernel::JsonKind::of(&entry);
        return invalid("codes", Rule::Type { expected: "array of objects", got });
    };
    let mut entry = Fields::new("codes.", entry);
    let (region, code, number) = (entry.text("region")?, entry.text("code")?, entry.text("pattern")?);
    let (region, code) = (entry.required("region", region)?, entry.required("code", code)?);
    let number = entry.required("pattern", number)?;
    entry.end()?;
    AreaCode::new(&region, &code, &number).or_else(|error| match error {
        AreaCodeError::Region(_) => invalid("codes.region", format("1 to 8 of A-Z a-z 0-9 -")),
        AreaCodeError::Pattern(DefinitionError::Pattern(what)) => {
            invalid("codes.pattern", format(std::format!("of {code}: {what}")))
        }
        _ => invalid("codes.code", format("1 to 4 digits, the first not 0")),
    })
}

/// `{"preset": "vendor" | "nist"}`, or every setting:
/// `{"min_chars", "max_chars", "min_classes", "max_run", "weak_list", "user_information",
/// "history_depth"}`, where a `max_run` of null allows any run.
///
/// # Errors
/// The first member that is wrong.
pub fn password_policy(body: Map<String, Value>) -> Judged<PasswordPolicy> {
    let mut body = Fields::new("", body);
    match body.text("preset")?.as_deref().map(Preset::from_name) {
        Some(Some(Preset::Vendor)) => return body.end().map(|()| PasswordPolicy::VENDOR),
        Some(Some(Preset::Nist)) => return body.end().map(|()| PasswordPolicy::NIST),
        Some(None) => return invalid("preset", format("vendor, nist or custom")),
        Some(Some(Preset::Custom)) | None => {}
    }
    let mut number = |name| {
        let number = body.number(name, u32::MAX)?;
        body.required(name, number)
    };
    let (min_chars, max_chars) = (number("min_chars")?, number("max_chars")?);
    let (min_classes, history_depth) = (number("min_classes")?, number("history_depth")?);
    if !body.has("max_run") {
        return invalid("max_run", Rule::Required);
    }
    let max_run = body.number("max_run", i32::MAX.cast_unsigned())?;
    let mut switch = |name| {
        let switch = body.boolean(name)?;
        body.required(name, switch)
    };
    let (weak_list, user_information) = (switch("weak_list")?, switch("user_information")?);
    body.end()?;
    let settings = PolicySettings {
        preset: Preset::Custom,
        min_chars,
        max_chars,
        min_classes,
        max_run,
        weak_list,
        user_information,
        history_depth,
    };
    PasswordPolicy::new(settings).or_else(|error| {
        let field = match error {
            PolicyError::Length => "max_chars",
            PolicyError::Classes => "min_classes",
            PolicyError::Run => "max_run",
            PolicyError::History => "history_depth",
        };
        invalid(field, format(error.to_string()))
    })
}

/// `{"add"?: [TEXT, …], "remove"?: [TEXT, …]}`
///
/// # Errors
/// The first member that is wrong. No text is repeated in it.
pub fn weak_passwords(body: Map<String, Value>) -> Judged<WeakEdit> {
    let mut body = Fields::new("", body);
    let (add, remove) = (body.texts("add")?, body.texts("remove")?);
    body.end()?;
    let folded = |field: &str, texts: Vec<String>| {
        if texts.len() > MAX_WEAK {
            return invalid(field, Rule::TooLong { max: MAX_WEAK, got: texts.len(), unit: Unit::Items });
        }
        for text in &texts {
            let got = chars(text);
            if got == 0 {
                return invalid(field, Rule::NotBlank);
            }
            if got > MAX_WEAK_CHARS {
                return invalid(field, Rule::TooLong { max: MAX_WEAK_CHARS, got, unit: Unit::Chars });
            }
        }
        Ok(texts.iter().map(|text| fold(text)).collect())
    };
    let (add, remove) =
        (folded("add", add.unwrap_or_default())?, folded("remove", remove.unwrap_or_default())?);
    Ok(WeakEdit { clear: false, remove, add })
}

/// What is looked for among the users.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The extension attribute.
    pub key: String,
    /// Its value, as a create would send it.
    pub value: Value,
    /// Behind this user; from the first without.
    pub after: Option<crate::domain::UserId>,
    /// At most so many, 1 to [`Wanted::MAX`].
    pub limit: u32,
}

impl Wanted {
    /// The largest page.
    pub const MAX: u32 = 100;
}

/// `{"key", "value", "after"?, "limit"?}`
///
/// # Errors
/// The first member that is wrong.
pub fn wanted(mut body: Map<String, Value>) -> Judged<Wanted> {
    let value = body.shift_remove("value").filter(|value| !value.is_null());
    let mut body = Fields::new("", body);
    let key = body.text("key")?;
    let key = body.required("key", key)?;
    let value = body.required("value", value)?;
    let after = body.text("after")?.map(|text| {
        crate::domain::UserId::parse(&text)
            .or_else(|e| invalid("after", format(std::format!("a user id: {}", e.rule))))
    });
    let after = after.transpose()?;
    let limit = body.number("limit", Wanted::MAX)?.unwrap_or(Wanted::MAX);
    body.end()?;
    if limit == 0 {
        return invalid("limit", Rule::Range { min: 1, max: Wanted::MAX.into(), got: 0 });
    }
    Ok(Wanted { key, value, after, limit })
}
