use chrono::NaiveDate;
use roster_kernel::{digest, fold};
use serde_json::Value;

use crate::domain::{Attribute, Builtin, parse_date};

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

    /// Reads `value` as one of this kind; `None` if it is none. No rule judges it.
    pub fn read(self, value: &Value) -> Option<ExtensionValue> {
        ExtensionValue::read(self, value)
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
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

    /// The value whose [`Self::text`] a store kept; `None` if no value of `kind` has it.
    pub fn stored(kind: AttributeKind, text: &str) -> Option<Self> {
        Some(match kind {
            AttributeKind::Text => Self::Text(text.to_owned()),
            AttributeKind::Dictionary => Self::Dictionary(text.to_owned()),
            AttributeKind::Number => {
                text.parse::<f64>().ok().filter(|value| value.is_finite())?;
                Self::Number(text.to_owned())
            }
            AttributeKind::Boolean => Self::Boolean(text.parse().ok()?),
            AttributeKind::Date => Self::Date(parse_date(text).ok()?),
        })
    }

    /// The value as JSON: a number, a truth value, else a string.
    pub fn json(&self) -> Value {
        match self {
            Self::Boolean(value) => (*value).into(),
            Self::Number(text) => number_json(text),
            other => other.text().into(),
        }
    }

    /// Reads `value` as `kind`; `None` if it is no such value.
    pub(super) fn read(kind: AttributeKind, value: &Value) -> Option<Self> {
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
        // Exact, where serde's may be the neighbour.
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
        // `-0.0` is 0; `Display` writes whole values without a point.
        return Some(if value == 0.0 { "0".into() } else { value.to_string() });
    }
    Some(number.to_string())
}

/// The JSON of a number's text: an integer where it is one of 64 bits.
fn number_json(text: &str) -> Value {
    let integer = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
    let number = integer.or_else(|_| text.parse::<f64>().map(Value::from));
    number.unwrap_or_else(|_| text.into())
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
    use super::*;

    #[test]
    fn a_kept_value_reads_back() {
        let read = |text: &str| ExtensionValue::stored(AttributeKind::Number, text).unwrap();
        for (text, json) in [
            ("28", "28"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("0.1", "0.1"),
            ("8.41", "8.41"),
        ] {
            assert_eq!(read(text).json().to_string(), json);
        }
        // Beyond integers the text is long, and the number the same.
        let large = canonical_number("1.7976931348623157e308").unwrap();
        assert_eq!(read(&large).json().as_f64(), Some(f64::MAX));
        for (kind, text) in
            [(AttributeKind::Date, "2022-02-30"), (AttributeKind::Boolean, "1"), (AttributeKind::Number, "x")]
        {
            assert_eq!(ExtensionValue::stored(kind, text), None, "{text}");
        }
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
