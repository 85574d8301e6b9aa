//! The user attribute definition: what a tenant asks of each attribute. Requests are judged by
//! it alone.

use chrono::NaiveDate;
use regex::{Regex, RegexBuilder};
use roster_kernel::{chars, digest, fold};
use serde_json::Value;

use crate::domain::{Attribute, Builtin, parse_date};

/// The most characters that a definition can allow a built-in attribute.
pub(crate) const MAX_CHARS: u32 = 4096;
/// The most bytes of one extension value.
pub(crate) const MAX_EXTENSION_VALUE_BYTES: usize = 4 * 1024;
/// The most characters of a pattern.
pub(crate) const MAX_PATTERN_CHARS: usize = 512;
/// The longest display name, in characters.
pub(crate) const MAX_DISPLAY_CHARS: usize = 128;

const MAX_PATTERN_PROGRAM_BYTES: usize = 4 * 1024 * 1024;

/// What kind of value an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeKind {
    /// Text.
    Text,
    /// A number, or a string that is one.
    Number,
    /// `true` or `false`, or a string that is one.
    Boolean,
    /// A date, `yyyy-mm-dd`.
    Date,
    /// One of the allowed texts.
    Dictionary,
}

impl AttributeKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Text, Self::Number, Self::Boolean, Self::Date, Self::Dictionary];

    /// The kind's name, as it stands in a store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Dictionary => "dictionary",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A regular expression that a whole value must match. Runs in linear time, whatever the
/// pattern (the `regex` crate: no look-around, no back-references).
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    whole: Regex,
}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    /// [`DefinitionError::Pattern`] if it is no pattern, or too large a one.
    pub fn new(source: &str) -> Result<Self, DefinitionError> {
        if chars(source) > MAX_PATTERN_CHARS {
            return Err(DefinitionError::Pattern(format!("longer than {MAX_PATTERN_CHARS} characters")));
        }
        let compile = |text: &str| {
            RegexBuilder::new(text)
                .size_limit(MAX_PATTERN_PROGRAM_BYTES)
                .build()
                .map_err(|error| DefinitionError::Pattern(error.to_string()))
        };
        // Alone first: `a)|(?:b` is no pattern, though it would become one between the anchors.
        compile(source)?;
        Ok(Self { whole: compile(&format!(r"\A(?:{source})\z"))?, source: source.to_owned() })
    }

    /// Whether all of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// What a value's text must look like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValueRule {
    /// At least so many characters.
    pub min_chars: Option<u32>,
    /// At most so many characters.
    pub max_chars: Option<u32>,
    /// The whole text matches this.
    pub pattern: Option<Pattern>,
    /// The text is one of these; empty for any.
    pub allowed: Vec<String>,
}

impl ValueRule {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn admits(&self, text: &str) -> bool {
        let length = u32::try_from(chars(text)).unwrap_or(u32::MAX);
        self.min_chars.is_none_or(|min| length >= min)
            && self.max_chars.is_none_or(|max| length <= max)
            && (self.allowed.is_empty() || self.allowed.iter().any(|word| word == text))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
    }
}

/// The value of an extension attribute, typed by its definition.
#[derive(Debug, Clone, PartialEq)]
pub enum ExtensionValue {
    /// Text.
    Text(String),
    /// A number in its shortest decimal form.
    Number(String),
    /// A truth value.
    Boolean(bool),
    /// A date.
    Date(NaiveDate),
    /// One of the allowed texts.
    Dictionary(String),
}

impl ExtensionValue {
    /// The kind.
    pub fn kind(&self) -> AttributeKind {
        match self {
            Self::Text(_) => AttributeKind::Text,
            Self::Number(_) => AttributeKind::Number,
            Self::Boolean(_) => AttributeKind::Boolean,
            Self::Date(_) => AttributeKind::Date,
            Self::Dictionary(_) => AttributeKind::Dictionary,
        }
    }

    /// The value as text; equal values of one kind have equal texts.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Dictionary(text) => text.clone(),
            Self::Boolean(value) => value.to_string(),
            Self::Date(date) => date.to_string(),
        }
    }

    /// Reads `value` as `kind`; `None` if it is no such value.
    fn read(kind: AttributeKind, value: &Value) -> Option<Self> {
        match (kind, value) {
            (AttributeKind::Text, Value::String(text)) => Some(Self::Text(text.clone())),
            (AttributeKind::Dictionary, Value::String(text)) => Some(Self::Dictionary(text.clone())),
            (AttributeKind::Number, Value::Number(number)) => {
                canonical_number(&number.to_string()).map(Self::Number)
            }
            (AttributeKind::Number, Value::String(text)) => canonical_number(text).map(Self::Number),
            (AttributeKind::Boolean, Value::Bool(value)) => Some(Self::Boolean(*value)),
            (AttributeKind::Boolean, Value::String(text)) => text.parse().ok().map(Self::Boolean),
            (AttributeKind::Date, Value::String(text)) => parse_date(text).ok().map(Self::Date),
            _ => None,
        }
    }
}

/// A JSON number in one form for each value: `28`, `28.0` and `2.8e1` are all `28`.
fn canonical_number(text: &str) -> Option<String> {
    let number: serde_json::Number = serde_json::from_str(text).ok()?;
    if number.is_f64() {
        let value = number.as_f64().filter(|value| value.is_finite())?;
        // `-0.0` is 0; `Display` writes whole values without a point.
        return Some(if value == 0.0 { "0".into() } else { value.to_string() });
    }
    Some(number.to_string())
}

/// Why a definition is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// `pwd` is ruled by the password policy and can be neither unique nor restricted here.
    #[error("pwd is ruled by the password policy")]
    Password,
    /// The pattern does not compile, or to too much.
    #[error("pattern: {0}")]
    Pattern(String),
    /// The lengths contradict each other, or exceed 4096.
    #[error("lengths must satisfy min <= max <= {MAX_CHARS}")]
    Lengths,
    /// A dictionary without words.
    #[error("a dictionary needs allowed values")]
    NoAllowedValues,
    /// A display name is longer than 128 characters.
    #[error("a display name has at most {MAX_DISPLAY_CHARS} characters")]
    DisplayName,
}

/// How an attribute is named on a screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DisplayName {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// One attribute's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeDefinition {
    attribute: Attribute,
    kind: AttributeKind,
    required: bool,
    unique: bool,
    display: DisplayName,
    rule: ValueRule,
}

impl AttributeDefinition {
    /// The definition of a built-in attribute as every new tenant has it.
    pub fn builtin(builtin: Builtin) -> Self {
        let (kind, max_chars) = match builtin {
            Builtin::UserName => (AttributeKind::Text, Some(64)),
            Builtin::Name
            | Builtin::NickName
            | Builtin::FirstName
            | Builtin::MiddleName
            | Builtin::LastName => (AttributeKind::Text, Some(128)),
            Builtin::MailingAddress => (AttributeKind::Text, Some(512)),
            Builtin::Gender => (AttributeKind::Dictionary, None),
            Builtin::Birthday => (AttributeKind::Date, None),
            Builtin::Password => (AttributeKind::Text, None),
            _ => (AttributeKind::Text, Some(255)),
        };
        let allowed = match builtin {
            // "unknow" is the dialect's own spelling.
            Builtin::Gender => ["unknow", "male", "female"].map(String::from).to_vec(),
            _ => Vec::new(),
        };
        Self {
            attribute: builtin.into(),
            kind,
            required: false,
            unique: matches!(builtin, Builtin::UserName | Builtin::Mobile | Builtin::Email),
            display: default_display(builtin),
            rule: ValueRule { max_chars, allowed, ..ValueRule::default() },
        }
    }

    /// The definition of an extension attribute: neither required nor unique, any value of its
    /// kind. A dictionary needs [`Self::ruled`] before it admits anything.
    pub fn extension(key: crate::domain::ExtensionKey, kind: AttributeKind) -> Self {
        let display = DisplayName { zh: key.as_str().into(), en: key.as_str().into() };
        Self {
            attribute: key.into(),
            kind,
            required: false,
            unique: false,
            display,
            rule: ValueRule::default(),
        }
    }

    /// The same, required or not.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// The same, unique in the tenant or not.
    ///
    /// # Errors
    /// [`DefinitionError::Password`] for `pwd`.
    pub fn unique(mut self, unique: bool) -> Result<Self, DefinitionError> {
        if unique && self.attribute == Attribute::Builtin(Builtin::Password) {
            return Err(DefinitionError::Password);
        }
        self.unique = unique;
        Ok(self)
    }

    /// The same with other display names.
    ///
    /// # Errors
    /// [`DefinitionError::DisplayName`] if one is too long.
    pub fn displayed(mut self, display: DisplayName) -> Result<Self, DefinitionError> {
        if chars(&display.zh).max(chars(&display.en)) > MAX_DISPLAY_CHARS {
            return Err(DefinitionError::DisplayName);
        }
        self.display = display;
        Ok(self)
    }

    /// The same with another rule.
    ///
    /// # Errors
    /// [`DefinitionError`] if the rule contradicts itself or does not fit the attribute.
    pub fn ruled(mut self, rule: ValueRule) -> Result<Self, DefinitionError> {
        if self.attribute == Attribute::Builtin(Builtin::Password) && !rule.is_empty() {
            return Err(DefinitionError::Password);
        }
        let max = rule.max_chars.unwrap_or(MAX_CHARS);
        if max > MAX_CHARS || rule.min_chars.unwrap_or(0) > max {
            return Err(DefinitionError::Lengths);
        }
        if self.kind == AttributeKind::Dictionary && rule.allowed.is_empty() {
            return Err(DefinitionError::NoAllowedValues);
        }
        self.rule = rule;
        Ok(self)
    }

    /// Which attribute is defined.
    pub fn attribute(&self) -> &Attribute {
        &self.attribute
    }

    /// What kind of value it holds.
    pub fn kind(&self) -> AttributeKind {
        self.kind
    }

    /// Whether a user must have it.
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Whether no two users of the tenant may share a value.
    pub fn is_unique(&self) -> bool {
        self.unique
    }

    /// How it is named on a screen.
    pub fn display(&self) -> &DisplayName {
        &self.display
    }

    /// What its values look like.
    pub fn rule(&self) -> &ValueRule {
        &self.rule
    }

    /// Whether the rule admits `text`. The form that the attribute's type asks for (an e-mail
    /// address, a mobile number, a date) is judged apart.
    pub fn admits(&self, text: &str) -> bool {
        self.rule.admits(text)
    }

    /// Reads the value of an extension attribute; `None` if the definition does not admit it.
    pub fn read(&self, value: &Value) -> Option<ExtensionValue> {
        let value = ExtensionValue::read(self.kind, value)?;
        let text = value.text();
        let dictionary_without_words = self.kind == AttributeKind::Dictionary && self.rule.allowed.is_empty();
        (!dictionary_without_words && text.len() <= MAX_EXTENSION_VALUE_BYTES && self.admits(&text))
            .then_some(value)
    }
}

fn default_display(builtin: Builtin) -> DisplayName {
    let (zh, en) = match builtin {
        Builtin::UserName => ("用户名", "Username"),
        Builtin::Name => ("姓名", "Name"),
        Builtin::Mobile => ("手机号", "Mobile Number"),
        Builtin::Email => ("邮箱", "Email"),
        Builtin::Password => ("密码", "Password"),
        Builtin::Gender => ("性别", "Gender"),
        Builtin::Birthday => ("生日", "Birthday"),
        Builtin::NickName => ("昵称", "Nickname"),
        Builtin::MailingAddress => ("邮寄地址", "Mailing Address"),
        Builtin::ZipCode => ("邮政编码", "Postal Code"),
        Builtin::FirstName => ("名字", "First Name"),
        Builtin::MiddleName => ("中间名", "Middle Name"),
        Builtin::LastName => ("姓氏", "Last Name"),
        Builtin::Industry => ("所属行业", "Industry"),
        Builtin::ExternalId => ("外部ID", "External System ID"),
    };
    DisplayName { zh: zh.into(), en: en.into() }
}

/// A value that nobody else in the tenant may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UniqueValue {
    /// Whose value.
    pub attribute: Attribute,
    /// The value as it is compared; at most 255 bytes, so that it fits any index.
    pub key: String,
}

impl UniqueValue {
    const HASHED: &str = "sha256:";

    /// The value `text` of `attribute`. User name and e-mail compare without regard to case;
    /// the mobile number comes in its international form.
    pub fn new(attribute: Attribute, text: &str) -> Self {
        let key = match attribute {
            Attribute::Builtin(Builtin::UserName | Builtin::Email) => fold(text),
            _ => text.to_owned(),
        };
        // What looks like a hash is hashed, so that no text can pass for another's hash.
        let key = if key.len() > 255 || key.starts_with(Self::HASHED) {
            format!("{}{}", Self::HASHED, digest(&key))
        } else {
            key
        };
        Self { attribute, key }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ExtensionKey;

    fn extension(kind: AttributeKind) -> AttributeDefinition {
        AttributeDefinition::extension(ExtensionKey::parse("x").unwrap(), kind)
    }

    #[test]
    fn a_pattern_matches_whole_values() {
        let pattern = Pattern::new("a|ab").unwrap();
        assert!(pattern.matches("ab") && pattern.matches("a"));
        assert!(!pattern.matches("abc") && !pattern.matches("ab\n"));
        for wrong in ["(", "a)|(?:b", "(?x)a #", "(?:a{1000}){1000}", &"a".repeat(513)] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_read_by_kind() {
        use AttributeKind::{Boolean, Date, Number, Text};
        let read = |kind, value| extension(kind).read(&value).map(|v| v.text());
        assert_eq!(read(Text, json!("28")).as_deref(), Some("28"));
        assert_eq!(read(Text, json!(28)), None);
        for same in [json!(28), json!("28"), json!(28.0), json!("2.8e1")] {
            assert_eq!(read(Number, same).as_deref(), Some("28"));
        }
        assert_eq!(read(Number, json!(-0.0)).as_deref(), Some("0"));
        assert_eq!(read(Number, json!(0.5)).as_deref(), Some("0.5"));
        for wrong in [json!("abc"), json!("NaN"), json!("0x10"), json!(""), json!("1e999"), json!(true)] {
            assert_eq!(read(Number, wrong.clone()), None, "{wrong}");
        }
        assert_eq!(read(Boolean, json!("true")).as_deref(), Some("true"));
        assert_eq!(read(Boolean, json!(false)).as_deref(), Some("false"));
        assert_eq!(read(Boolean, json!("True")), None);
        assert_eq!(read(Boolean, json!(1)), None);
        assert_eq!(read(Date, json!("2022-02-17")).as_deref(), Some("2022-02-17"));
        assert_eq!(read(Date, json!("2022-02-30")), None);
        assert_eq!(read(Text, json!("x".repeat(4097))), None);
        assert!(read(Text, json!("x".repeat(4096))).is_some());
    }

    #[test]
    fn a_dictionary_knows_its_words() {
        let plain = extension(AttributeKind::Dictionary);
        assert!(plain.read(&json!("gold")).is_none());
        assert_eq!(plain.clone().ruled(ValueRule::default()), Err(DefinitionError::NoAllowedValues));
        let tiers = plain.ruled(ValueRule { allowed: vec!["gold".into()], ..ValueRule::default() }).unwrap();
        assert!(tiers.read(&json!("gold")).is_some());
        assert!(tiers.read(&json!("Gold")).is_none());
    }

    #[test]
    fn the_password_is_the_policy_s() {
        let pwd = AttributeDefinition::builtin(Builtin::Password);
        assert_eq!(pwd.clone().unique(true), Err(DefinitionError::Password));
        let rule = ValueRule { min_chars: Some(1), ..ValueRule::default() };
        assert_eq!(pwd.clone().ruled(rule), Err(DefinitionError::Password));
        assert!(pwd.required(true).is_required());
    }

    #[test]
    fn lengths_must_fit_each_other() {
        let name = AttributeDefinition::builtin(Builtin::Name);
        let rule = |min, max| ValueRule { min_chars: min, max_chars: max, ..ValueRule::default() };
        assert!(name.clone().ruled(rule(Some(2), Some(2))).is_ok());
        assert_eq!(name.clone().ruled(rule(Some(3), Some(2))), Err(DefinitionError::Lengths));
        assert_eq!(name.ruled(rule(None, Some(4097))), Err(DefinitionError::Lengths));
    }

    #[test]
    fn unique_keys_fold_names_and_hash_long_values() {
        let key = |builtin: Builtin, text: &str| UniqueValue::new(builtin.into(), text).key;
        assert_eq!(key(Builtin::UserName, "ZhangSan"), "zhangsan");
        assert_eq!(key(Builtin::Email, "A@QQ.com"), "a@qq.com");
        assert_eq!(key(Builtin::ExternalId, "aB"), "aB");
        let long = key(Builtin::MailingAddress, &"湖".repeat(512));
        assert_eq!(long.len(), 71);
        assert_ne!(key(Builtin::MailingAddress, &long), long);
    }
}
