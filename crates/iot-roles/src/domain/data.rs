//! The ten data types, and the values of them. Both are written to the wire and to the store in
//! the same form.

use indexmap::IndexMap;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// Things by name, in the order in which they were defined.
pub type Named<T> = IndexMap<String, T>;

/// One attribute of a definition.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttType {
    /// What its values are.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub data_type: DataType,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it tells.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub description: Option<String>,
}

/// What a value is.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum DataType {
    /// A whole number of 32 bits.
    Int,
    /// A number of 64 bits with a fraction.
    Decimal,
    /// A text.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    String {
        /// The least length, in characters; none for any.
        #[cfg_attr(feature = "openapi", schema(required = true))]
        min: Option<u32>,
        /// The greatest.
        #[cfg_attr(feature = "openapi", schema(required = true))]
        max: Option<u32>,
    },
    /// Yes or no.
    Bool,
    /// One of some texts.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Enum {
        /// The texts.
        enum_type: Vec<String>,
    },
    /// A time.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    DateTime {
        /// How it is written.
        format: String,
    },
    /// A point on the earth.
    Location,
    /// Values of one type.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Array {
        /// The type.
        #[cfg_attr(feature = "openapi", schema(no_recursion))]
        data_type: Box<DataType>,
    },
    /// Named values, all of them.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Struct {
        /// Their types.
        #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, AttType>))]
        att_types: Named<AttType>,
    },
    /// Named values, exactly one of them.
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Choice {
        /// Their types.
        #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, AttType>))]
        att_types: Named<AttType>,
    },
}

/// A value of one of the ten types.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type")]
pub enum DataValue {
    /// A whole number.
    Int {
        /// The number.
        value: i32,
    },
    /// A number with a fraction.
    Decimal {
        /// The number; finite.
        value: f64,
    },
    /// A text.
    String {
        /// The text.
        value: String,
    },
    /// Yes or no.
    Bool {
        /// Which.
        value: bool,
    },
    /// One of some texts.
    Enum {
        /// The text.
        value: String,
    },
    /// A time.
    DateTime {
        /// As it was written.
        date: String,
        /// How it is written.
        format: String,
    },
    /// A point on the earth, in degrees.
    Location {
        /// East of Greenwich, -180 to 180.
        longitude: f64,
        /// North of the equator, -90 to 90.
        latitude: f64,
    },
    /// Values of one type.
    Array {
        /// The values.
        value: Vec<DataValue>,
    },
    /// Named values.
    Struct {
        /// The values.
        value: Named<DataValue>,
    },
    /// One named value.
    Choice {
        /// The value.
        value: Named<DataValue>,
    },
}

impl DataValue {
    /// A text.
    pub fn text(value: impl Into<String>) -> Self {
        Self::String { value: value.into() }
    }

    /// How it is shown; values that hold others are not.
    pub fn string(&self) -> Option<String> {
        match self {
            Self::Int { value } => Some(value.to_string()),
            Self::Decimal { value } => Some(java_double(*value)),
            Self::String { value } | Self::Enum { value } => Some(value.clone()),
            Self::Bool { value } => Some(value.to_string()),
            Self::DateTime { date, .. } => Some(date.clone()),
            Self::Location { longitude, latitude } => {
                Some(format!("[{}, {}]", java_double(*longitude), java_double(*latitude)))
            }
            Self::Array { .. } | Self::Struct { .. } | Self::Choice { .. } => None,
        }
    }
}

impl Serialize for DataValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut put = |kind: &str| map.serialize_entry("type", kind);
        match self {
            Self::Int { value } => {
                put("Int")?;
                map.serialize_entry("value", value)?;
            }
            Self::Decimal { value } => {
                put("Decimal")?;
                map.serialize_entry("value", value)?;
            }
            Self::String { value } => {
                put("String")?;
                map.serialize_entry("value", value)?;
            }
            Self::Bool { value } => {
                put("Bool")?;
                map.serialize_entry("value", value)?;
            }
            Self::Enum { value } => {
                put("Enum")?;
                map.serialize_entry("value", value)?;
            }
            Self::DateTime { date, format } => {
                put("DateTime")?;
                map.serialize_entry("date", date)?;
                map.serialize_entry("format", format)?;
            }
            Self::Location { longitude, latitude } => {
                put("Location")?;
                map.serialize_entry("longitude", longitude)?;
                map.serialize_entry("latitude", latitude)?;
            }
            Self::Array { value } => {
                put("Array")?;
                map.serialize_entry("value", value)?;
            }
            Self::Struct { value } => {
                put("Struct")?;
                map.serialize_entry("value", value)?;
            }
            Self::Choice { value } => {
                put("Choice")?;
                map.serialize_entry("value", value)?;
            }
        }
        map.serialize_entry("string", &self.string())?;
        map.end()
    }
}

/// A number as Java writes it: plain from a thousandth to ten million, else in scientific form,
/// always with a digit behind the point (`1.0E10`).
fn java_double(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => format!("{digits}E{power}"),
        Some((digits, power)) => format!("{digits}.0E{power}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Every type in the form of the reference; what is written reads back equal.
    #[test]
    fn types_are_written_as_the_reference_says() {
        let nested = AttType { data_type: DataType::Bool, optional: false, description: None };
        let nested = Named::from([("on".to_owned(), nested)]);
        let on = json!({"on": {"dataType": {"type": "Bool"}, "optional": false, "description": null}});
        let all = [
            (DataType::Int, json!({"type": "Int"})),
            (DataType::Decimal, json!({"type": "Decimal"})),
            (DataType::String { min: Some(0), max: None }, json!({"type": "String", "min": 0, "max": null})),
            (DataType::Bool, json!({"type": "Bool"})),
            (
                DataType::Enum { enum_type: vec!["a".into(), "b".into()] },
                json!({"type": "Enum", "enumType": ["a", "b"]}),
            ),
            (
                DataType::DateTime { format: "yyyy-MM-dd".into() },
                json!({"type": "DateTime", "format": "yyyy-MM-dd"}),
            ),
            (DataType::Location, json!({"type": "Location"})),
            (
                DataType::Array { data_type: Box::new(DataType::Int) },
                json!({"type": "Array", "dataType": {"type": "Int"}}),
            ),
            (DataType::Struct { att_types: nested.clone() }, json!({"type": "Struct", "attTypes": on})),
            (DataType::Choice { att_types: nested }, json!({"type": "Choice", "attTypes": on})),
        ];
        for (data_type, written) in all {
            assert_eq!(serde_json::to_string(&data_type).unwrap(), written.to_string());
            assert_eq!(serde_json::from_value::<DataType>(written).unwrap(), data_type);
        }
    }

    #[test]
    fn values_are_written_as_the_reference_says() {
        let on = Named::from([("on".to_owned(), DataValue::Bool { value: true })]);
        let on_written = json!({"on": {"type": "Bool", "value": true, "string": "true"}});
        let all = [
            (DataValue::Int { value: -7 }, json!({"type": "Int", "value": -7, "string": "-7"})),
            (DataValue::Decimal { value: 0.5 }, json!({"type": "Decimal", "value": 0.5, "string": "0.5"})),
            (DataValue::text("北京"), json!({"type": "String", "value": "北京", "string": "北京"})),
            (DataValue::Enum { value: "a".into() }, json!({"type": "Enum", "value": "a", "string": "a"})),
            (
                DataValue::DateTime { date: "2019-04-08".into(), format: "yyyy-MM-dd".into() },
                json!({"type": "DateTime", "date": "2019-04-08", "format": "yyyy-MM-dd",
                       "string": "2019-04-08"}),
            ),
            (
                DataValue::Location { longitude: 121.390234, latitude: 37.533733 },
                json!({"type": "Location", "longitude": 121.390234, "latitude": 37.533733,
                       "string": "[121.390234, 37.533733]"}),
            ),
            (
                DataValue::Array { value: vec![DataValue::Bool { value: false }] },
                json!({"type": "Array", "value": [{"type": "Bool", "value": false, "string": "false"}],
                       "string": null}),
            ),
            (
                DataValue::Struct { value: on.clone() },
                json!({"type": "Struct", "value": on_written, "string": null}),
            ),
            (DataValue::Choice { value: on }, json!({"type": "Choice", "value": on_written, "string": null})),
        ];
        for (value, written) in all {
            assert_eq!(serde_json::to_string(&value).unwrap(), written.to_string());
            assert_eq!(serde_json::from_value::<DataValue>(written).unwrap(), value);
        }
    }

    #[test]
    fn numbers_are_shown_as_java_shows_them() {
        let all = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1e10, "1.0E10"),
            (-1.25e-9, "-1.25E-9"),
        ];
        for (number, text) in all {
            assert_eq!(java_double(number), text);
        }
    }
}
