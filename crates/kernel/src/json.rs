//! JSON as every dialect reads it: an object, without the inputs that break things later.
//!
//! [`decode`] first walks the bytes once. It refuses what serde would let through inside unknown
//! members: nesting beyond [`MAX_DEPTH`], more than [`MAX_VALUES`] values, NUL and lone surrogates in
//! strings. Then serde takes over, which refuses a repeated known member.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::fault::Fault;
use crate::json_kind::JsonKind;

/// The deepest nesting that is read; the body itself is level 1.
pub const MAX_DEPTH: usize = 128;

/// The most values that a body holds, counted by the brackets and commas between them. No body of
/// 256 KiB reaches it; a larger one of nothing but `[],[],[]` would cost a hundred times its size.
pub const MAX_VALUES: usize = 1 << 18;

/// Reads a body.
///
/// # Errors
/// [`Fault::Json`] for what is no JSON or is refused, [`Fault::NotAnObject`] for JSON of another
/// type. Members of the wrong type are no error where `T` holds them as [`crate::Member`].
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    let text = std::str::from_utf8(body)
        .map_err(|e| Fault::Json(format!("invalid UTF-8 at byte {}", e.valid_up_to())))?;
    scan(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // The scan has bounded the depth, inside unknown members too.
    deserializer.disable_recursion_limit();
    if !text.trim_ascii_start().starts_with('{') {
        let value = StrictValue::deserialize(&mut deserializer).map_err(json_fault)?;
        deserializer.end().map_err(json_fault)?;
        return Err(Fault::NotAnObject(JsonKind::of(&value.0)));
    }
    let value = T::deserialize(&mut deserializer).map_err(json_fault)?;
    deserializer.end().map_err(json_fault)?;
    Ok(value)
}

fn json_fault(error: serde_json::Error) -> Fault {
    // serde names a repeated member, which is the caller's own text: bound it.
    Fault::Json(error.to_string().chars().filter(|c| !c.is_control()).take(200).collect())
}

/// Refuses, wherever it stands: nesting beyond the limit, NUL, lone surrogates.
fn scan(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    if text.trim_ascii().is_empty() {
        return Err(Fault::Json("the body is empty".into()));
    }
    let (mut at, mut depth, mut values, mut in_string) = (0, 0usize, 0usize, false);
    while at < bytes.len() {
        if !in_string && matches!(bytes[at], b'{' | b'[' | b',') {
            values += 1;
            if values > MAX_VALUES {
                return Err(Fault::Json(format!("more than {MAX_VALUES} values")));
            }
        }
        match (in_string, bytes[at]) {
            (false, b'"') => in_string = true,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Fault::Json(format!("nested deeper than {MAX_DEPTH} levels at byte {at}")));
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (true, b'"') => in_string = false,
            (true, b'\\') => {
                at = scan_escape(bytes, at)?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Steps over the escape that begins at `at`; serde judges its form.
fn scan_escape(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let Some(unit) = escaped_unit(bytes, at) else { return Ok(at + 2) };
    match unit {
        0 => Err(Fault::Json(format!("NUL in a string at byte {at}"))),
        0xD800..=0xDBFF => match escaped_unit(bytes, at + 6) {
            Some(0xDC00..=0xDFFF) => Ok(at + 12),
            _ => Err(Fault::Json(format!("lone surrogate in a string at byte {at}"))),
        },
        0xDC00..=0xDFFF => Err(Fault::Json(format!("lone surrogate in a string at byte {at}"))),
        _ => Ok(at + 6),
    }
}

fn escaped_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") {
        return None;
    }
    let digits = std::str::from_utf8(&escape[2..]).ok().filter(|d| !d.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

/// A JSON object in which no object, it itself included, repeats a key: for a body that is read
/// member by member, so that an unknown one can be named.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match StrictValue::deserialize(deserializer)?.0 {
            Value::Object(members) => Ok(Self(members)),
            other => Err(D::Error::custom(format_args!("a JSON {}, not an object", JsonKind::of(&other)))),
        }
    }
}

/// A JSON value in which no object repeats a key.
pub(crate) struct StrictValue(pub(crate) Value);

impl<'de> Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(StrictValue(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if map.contains_key(&key) {
                members.next_value::<IgnoredAny>()?;
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            let StrictValue(value) = members.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Member;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default)]
        name: Member<String>,
        #[serde(default)]
        id: Member<i64>,
        #[serde(default)]
        extension: Member<Map<String, Value>>,
    }

    fn refused(body: &[u8]) -> String {
        decode::<Body>(body).expect_err("must be refused").caller_message()
    }

    #[test]
    fn members_keep_what_came() {
        let body: Body = decode(br#"{"name":null,"id":3.5,"extension":{"a":1},"other":[{}]}"#).unwrap();
        assert_eq!(body.name, Member::Null);
        assert_eq!(body.id, Member::Invalid(JsonKind::Float));
        assert_eq!(body.extension.given().unwrap()["a"], 1);
        let body: Body = decode(b"{}").unwrap();
        assert!(body.name.is_absent());
        let body: Body = decode(br#"{"id":99999999999999999999999}"#).unwrap();
        assert_eq!(body.id, Member::Invalid(JsonKind::Float));
    }

    #[test]
    fn an_object_repeats_no_key_however_deep() {
        let Object(members) = decode(br#"{"a":{"b":[1]}}"#).unwrap();
        assert_eq!(members["a"]["b"][0], 1);
        for repeated in [&br#"{"a":1,"a":1}"#[..], br#"{"a":{"b":1,"b":1}}"#, br#"{"a":[{"b":1,"b":1}]}"#] {
            assert!(
                matches!(decode::<Object>(repeated), Err(Fault::Json(what)) if what.contains("duplicate"))
            );
        }
        assert!(matches!(decode::<Object>(b"[]"), Err(Fault::NotAnObject(JsonKind::Array))));
    }

    #[test]
    fn other_types_are_named() {
        assert!(matches!(decode::<Body>(b"[1]"), Err(Fault::NotAnObject(JsonKind::Array))));
        assert!(matches!(decode::<Body>(b" \"x\""), Err(Fault::NotAnObject(JsonKind::String))));
        assert!(matches!(decode::<Body>(b"null"), Err(Fault::NotAnObject(JsonKind::Null))));
        assert!(matches!(decode::<Body>(b"[1"), Err(Fault::Json(_))));
    }

    #[test]
    fn rubbish_is_refused() {
        for body in [
            &b""[..],
            b"  ",
            b"{",
            b"{\"name\":\"x\"",
            b"{} {}",
            b"{\"name\":\"\xff\"}",
            b"{name:1}",
            b"{\"id\":1e999}",
            b"{\"name\":\"a\tb\"}",
            b"{\"name\":NaN}",
            b"{\"name\":\"\\u00\"}",
        ] {
            assert!(matches!(decode::<Body>(body), Err(Fault::Json(_))), "{body:?}");
        }
    }

    #[test]
    fn nul_and_lone_surrogates_are_refused_everywhere() {
        for member in ["name", "unknown"] {
            for text in ["\\u0000", "\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\\\\\u0000"] {
                assert!(decode::<Body>(format!("{{\"{member}\":\"{text}\"}}").as_bytes()).is_err(), "{text}");
            }
            for text in ["\\ud83d\\ude00", "\\\\u0000", "\\\"[[["] {
                assert!(decode::<Body>(format!("{{\"{member}\":\"{text}\"}}").as_bytes()).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn depth_128_is_read_and_129_is_not() {
        for member in ["extension", "unknown"] {
            let nest = |n: usize| format!("{{\"{member}\":{}{}}}", "[".repeat(n - 1), "]".repeat(n - 1));
            assert!(decode::<Body>(nest(128).as_bytes()).is_ok());
            assert!(decode::<Body>(nest(129).as_bytes()).is_err());
            assert!(decode::<Body>(nest(200_000).as_bytes()).is_err());
        }
    }

    #[test]
    fn a_body_of_nothing_but_brackets_is_refused() {
        let body = |n: usize| format!("{{\"extension\":[{}[]]}}", "[],".repeat(n));
        // Each element counts twice, for its bracket and for its comma.
        assert!(decode::<Body>(body(MAX_VALUES / 2 - 2).as_bytes()).is_ok());
        assert!(decode::<Body>(body(MAX_VALUES / 2).as_bytes()).is_err());
    }

    #[test]
    fn a_repeated_known_member_is_refused_and_named() {
        assert!(refused(br#"{"name":"a","name":"b"}"#).contains("duplicate field `name`"));
        assert!(refused(br#"{"extension":{"age":1,"age":2}}"#).contains("duplicate field `age`"));
        assert!(decode::<Body>(br#"{"other":1,"other":2}"#).is_ok(), "unknown members are ignored");
    }
}
