//! The user attribute definition: what a tenant asks of each attribute. Requests are judged by
//! it alone.

mod census;
mod rule;
mod value;

use roster_kernel::chars;
use serde_json::Value;

use crate::domain::{Attribute, Builtin, ExtensionKey};

pub use census::{Broken, Demand, Report, Survey};
pub use rule::{Pattern, ValueRule};
pub use value::{AttributeKind, ExtensionValue, UniqueValue};

/// The most characters that a definition can allow a built-in attribute.
const MAX_CHARS: u32 = 4096;
/// The most bytes of one extension value.
const MAX_EXTENSION_VALUE_BYTES: usize = 4 * 1024;
/// The longest display name, in characters.
const MAX_DISPLAY_CHARS: usize = 128;

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
    pub fn extension(key: ExtensionKey, kind: AttributeKind) -> Self {
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

    /// What its pattern costs at the worst, in steps of the engine: size times bytes. An engine does
    /// some ten of them in a nanosecond.
    pub(crate) fn work(&self) -> u64 {
        let max_bytes = match &self.attribute {
            Attribute::Extension(_) => MAX_EXTENSION_VALUE_BYTES as u64,
            Attribute::Builtin(_) => u64::from(MAX_CHARS) * 4,
        };
        self.rule.work(max_bytes)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn extension(kind: AttributeKind) -> AttributeDefinition {
        AttributeDefinition::extension(ExtensionKey::parse("x").unwrap(), kind)
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
}
