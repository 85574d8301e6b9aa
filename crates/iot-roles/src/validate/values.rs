//! The rules of an object's values, by its type.

use indexmap::IndexMap;
use roster_kernel::{Rule, Unit, Violation, chars};

use super::dates;
use crate::domain::{ATTRIBUTES_MAX, AttType, DataType, DataValue, Named};
use crate::error::Error;
use crate::wire::AttValue;

/// Values as they are asked for, by name.
pub type Values = IndexMap<String, Option<AttValue>>;

/// Judges values by a definition: what is not defined is left out, as is what is optional and empty.
///
/// # Errors
/// [`Error::NotFound`] for a value that is required, [`Error::Value`] for a wrong one,
/// [`Error::Invalid`] for too much.
pub fn values(given: &Values, definition: &Named<AttType>) -> Result<Named<DataValue>, Error> {
    let judged = named(given, definition)?;
    let got = serde_json::to_vec(&judged).map_or(usize::MAX, |json| json.len());
    if got > ATTRIBUTES_MAX {
        let rule = Rule::TooLong { max: ATTRIBUTES_MAX, got, unit: Unit::Bytes };
        return Err(Error::Invalid(Violation::new("attInfos", rule)));
    }
    Ok(judged)
}

fn named(given: &Values, definition: &Named<AttType>) -> Result<Named<DataValue>, Error> {
    let mut judged = Named::new();
    for (name, of) in definition {
        match given.get(name).and_then(Option::as_ref).filter(|value| !is_empty(value)) {
            Some(value) => {
                let valid = value_of(value, &of.data_type)?;
                let invalid = || Error::Value(format!("attribute: {name} is not valid value"));
                judged.insert(name.clone(), valid.ok_or_else(invalid)?);
            }
            None if of.optional => {}
            None => return Err(Error::NotFound(format!("attribute: {name}"))),
        }
    }
    Ok(judged)
}

fn is_empty(value: &AttValue) -> bool {
    use roster_kernel::Member::{Absent, Given, Invalid, Null};
    (match &value.value {
        Absent | Null => true,
        Given(text) => text.0.is_empty(),
        Invalid(_) => false,
    }) && (match &value.array_value {
        Absent | Null => true,
        Given(all) => all.is_empty(),
        Invalid(_) => false,
    }) && (match &value.struct_value {
        Absent | Null => true,
        Given(all) => all.is_empty(),
        Invalid(_) => false,
    })
}

/// The value, if it is one of this type.
fn value_of(value: &AttValue, of: &DataType) -> Result<Option<DataValue>, Error> {
    let text = value.value.as_given().map(|text| text.0.as_str());
    let parts = value.struct_value.as_given();
    Ok(match of {
        DataType::Array { data_type } => {
            let Some(all) = value.array_value.as_given() else { return Ok(None) };
            let all: Result<Option<Vec<_>>, _> = all
                .iter()
                .map(|value| value_of(value, data_type).transpose())
                .map(Option::transpose)
                .collect();
            all?.map(|value| DataValue::Array { value })
        }
        DataType::Struct { att_types } => match parts {
            Some(parts) => Some(DataValue::Struct { value: named(parts, att_types)? }),
            None => None,
        },
        DataType::Choice { att_types } => match parts.map(|parts| (parts.len(), parts.get_index(0))) {
            Some((1, Some((name, Some(value))))) => match att_types.get(name) {
                Some(of) => value_of(value, &of.data_type)?
                    .map(|value| DataValue::Choice { value: Named::from([(name.clone(), value)]) }),
                None => None,
            },
            _ => None,
        },
        simple => text.and_then(|text| simple_value(text, simple)),
    })
}

fn simple_value(text: &str, of: &DataType) -> Option<DataValue> {
    match of {
        DataType::Int => text.parse().ok().map(|value| DataValue::Int { value }),
        DataType::Decimal => finite(text).map(|value| DataValue::Decimal { value }),
        DataType::String { min, max } => {
            let got = chars(text);
            let fits = min.is_none_or(|min| got >= min as usize) && max.is_none_or(|max| got <= max as usize);
            fits.then(|| DataValue::text(text))
        }
        DataType::Bool if text.eq_ignore_ascii_case("true") => Some(DataValue::Bool { value: true }),
        DataType::Bool if text.eq_ignore_ascii_case("false") => Some(DataValue::Bool { value: false }),
        DataType::Enum { enum_type } if enum_type.iter().any(|of| of == text) => {
            Some(DataValue::Enum { value: text.to_owned() })
        }
        DataType::DateTime { format } if dates::is_date(text, format) => {
            Some(DataValue::DateTime { date: text.to_owned(), format: format.clone() })
        }
        DataType::Location => {
            let (longitude, latitude) = text.split_once(',')?;
            let (longitude, latitude) = (finite(longitude)?, finite(latitude)?);
            let on_earth = longitude.abs() <= 180.0 && latitude.abs() <= 90.0;
            on_earth.then_some(DataValue::Location { longitude, latitude })
        }
        _ => None,
    }
}

fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn definition(of: Value, optional: bool) -> Named<AttType> {
        let of = json!({"a": {"dataType": of, "optional": optional, "description": null}});
        serde_json::from_value(of).unwrap()
    }

    fn judge(of: Value, optional: bool, given: Value) -> Result<String, String> {
        let given: Values = serde_json::from_value(given).unwrap();
        let judged = values(&given, &definition(of, optional));
        judged.map(|values| serde_json::to_string(&values).unwrap()).map_err(|error| error.to_string())
    }

    /// `true` if the text is a value of the type.
    fn takes(of: &Value, text: &str) -> bool {
        match judge(of.clone(), false, json!({"a": {"value": text}})) {
            Ok(_) => true,
            Err(told) => {
                assert_eq!(told, "attribute: a is not valid value");
                false
            }
        }
    }

    #[test]
    fn simple_values() {
        let cases: [(Value, &[&str], &[&str]); 8] = [
            (
                json!({"type": "Int"}),
                &["0", "-2147483648", "2147483647", "+5"],
                &["2147483648", "1.0", "x", " 1"],
            ),
            (json!({"type": "Decimal"}), &["1", "1.5", "-1e10", " 2 "], &["x", "NaN", "inf", "1e999"]),
            (json!({"type": "String", "min": 2, "max": 3}), &["长长", "abc"], &["a", "abcd"]),
            (json!({"type": "String", "min": null, "max": null}), &["a"], &[]),
            (json!({"type": "Bool"}), &["true", "FALSE"], &["yes", "1"]),
            (json!({"type": "Enum", "enumType": ["a", "b"]}), &["a", "b"], &["A", "c"]),
            (
                json!({"type": "DateTime", "format": "yyyy-MM-dd"}),
                &["2019-04-08"],
                &["2019-13-08", "2019-04"],
            ),
            (
                json!({"type": "Location"}),
                &["121.390234,37.533733", "-180, 90"],
                &["181,0", "0,91", "0", "a,b", "0,0,0"],
            ),
        ];
        for (of, good, bad) in cases {
            assert!(good.iter().all(|text| takes(&of, text)), "{of}");
            assert!(!bad.iter().any(|text| takes(&of, text)), "{of}");
        }
    }

    #[test]
    fn values_that_hold_others() {
        let array = json!({"type": "Array", "dataType": {"type": "Int"}});
        let of = |value: Value| json!({"a": {"arrayValue": value}});
        assert_eq!(
            judge(array.clone(), false, of(json!([{"value": "1"}, {"value": 2}]))).unwrap(),
            r#"{"a":{"type":"Array","value":[{"type":"Int","value":1,"string":"1"},{"type":"Int","value":2,"string":"2"}],"string":null}}"#
        );
        assert!(judge(array.clone(), false, of(json!([{"value": "x"}]))).is_err());
        assert!(judge(array, false, json!({"a": {"value": "1"}})).is_err());

        let parts = json!({
            "x": {"dataType": {"type": "Int"}, "optional": false, "description": null},
            "y": {"dataType": {"type": "Bool"}, "optional": true, "description": null},
        });
        let of = |value: Value| json!({"a": {"structValue": value}});
        let all = json!({"type": "Struct", "attTypes": parts});
        assert!(judge(all.clone(), false, of(json!({"x": {"value": "1"}, "z": {"value": "1"}}))).is_ok());
        let told = judge(all.clone(), false, of(json!({"y": {"value": "true"}}))).unwrap_err();
        assert_eq!(told, "attribute: x not found");
        let told = judge(all, false, of(json!({"x": {"value": "?"}}))).unwrap_err();
        assert_eq!(told, "attribute: x is not valid value");

        let one = json!({"type": "Choice", "attTypes": parts});
        assert_eq!(
            judge(one.clone(), false, of(json!({"y": {"value": "true"}}))).unwrap(),
            r#"{"a":{"type":"Choice","value":{"y":{"type":"Bool","value":true,"string":"true"}},"string":null}}"#
        );
        for bad in [
            json!({"x": {"value": "1"}, "y": {"value": "true"}}),
            json!({"z": {"value": "1"}}),
            json!({"x": null}),
        ] {
            assert_eq!(judge(one.clone(), false, of(bad)).unwrap_err(), "attribute: a is not valid value");
        }
    }

    #[test]
    fn what_lacks_is_told_and_what_is_not_defined_is_dropped() {
        let int = || json!({"type": "Int"});
        for lacks in [json!({}), json!({"a": null}), json!({"a": {}}), json!({"a": {"value": ""}})] {
            assert_eq!(judge(int(), false, lacks.clone()).unwrap_err(), "attribute: a not found");
            assert_eq!(judge(int(), true, lacks).unwrap(), "{}");
        }
        let more = json!({"a": {"value": "1"}, "b": {"value": "2"}});
        assert_eq!(judge(int(), true, more).unwrap(), r#"{"a":{"type":"Int","value":1,"string":"1"}}"#);
        let text = json!({"type": "String", "min": null, "max": null});
        let told = judge(text, true, json!({"a": {"value": "x".repeat(16_384)}})).unwrap_err();
        assert_eq!(told, "attInfos must have at most 16384 bytes");
    }
}
