//! Values as the original system spells them in JSON.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;

/// A boolean as the original takes it: `true`, `1`, `0`, and their texts (E6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(flag) => Ok(Self(flag)),
            Value::Number(n) if n.as_i64() == Some(1) => Ok(Self(true)),
            Value::Number(n) if n.as_i64() == Some(0) => Ok(Self(false)),
            Value::String(text) if text == "1" || text.eq_ignore_ascii_case("true") => Ok(Self(true)),
            Value::String(text) if text == "0" || text.eq_ignore_ascii_case("false") => Ok(Self(false)),
            _ => Err(D::Error::custom("not a boolean")),
        }
    }
}

/// A user's id as the original takes it: a number, or the text of one. A text that is no number is no
/// user's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(n) if !n.is_f64() => Ok(Self(n.to_string())),
            Value::String(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("not an id")),
        }
    }
}

#[cfg(feature = "openapi")]
mod schemas {
    use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
    use utoipa::{PartialSchema, ToSchema};

    impl PartialSchema for super::Flag {
        fn schema() -> RefOr<Schema> {
            let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(1));
            let text = ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some("^([01]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"));
            let described = "A boolean, or `1`, `0` and the texts of all of them (E6).";
            let flag = OneOfBuilder::new().description(Some(described));
            flag.item(ObjectBuilder::new().schema_type(Type::Boolean)).item(number).item(text).into()
        }
    }

    impl ToSchema for super::Flag {}

    impl PartialSchema for super::Id {
        fn schema() -> RefOr<Schema> {
            let number = ObjectBuilder::new().schema_type(Type::Integer);
            let text =
                ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(32));
            let described = "A user's id: a number, or the text of one.";
            OneOfBuilder::new().description(Some(described)).item(number).item(text).into()
        }
    }

    impl ToSchema for super::Id {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags() {
        for (text, flag) in [("true", true), ("0", false), ("1", true), ("\"False\"", false), ("\"1\"", true)]
        {
            assert_eq!(serde_json::from_str::<Flag>(text).unwrap(), Flag(flag), "{text}");
        }
        assert!(serde_json::from_str::<Flag>("\"yes\"").is_err());
    }
}
