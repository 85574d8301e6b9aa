//! The rules of a type's definition. The texts are the reference's where it has any.

use indexmap::IndexMap;
use roster_kernel::{Rule, Unit, Violation, chars};
use serde::Serialize;

use super::{dates, field, typed};
use crate::domain::{
    ActionType, AttType, DEFINITION_MAX, DataType, Definition, DeviceAttType, DeviceDefinition, Kind, Name,
    Named,
};
use crate::error::Error;
use crate::store::DefinitionEdit;
use crate::wire::{ActionInfo, Text, TypeInfo};

/// How deep definitions may nest.
const NESTING_MAX: usize = 8;
/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 1024;
/// The words for the data types.
const DATA_TYPES: &str =
    "Int, Decimal, String, Bool, Enum, DateTime, Location, Struct, Array, Choice or Class";

/// A type that keeps every rule that needs no store.
#[derive(Debug)]
pub struct TypeDraft {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub description: Option<String>,
    /// What it says of its objects.
    pub definition: Definition,
}

/// Judges a new type.
///
/// # Errors
/// [`Error::Unreadable`] for a wrong JSON type, [`Error::Invalid`] and [`Error::Value`] for a broken
/// rule, [`Error::Conflict`] for a name that is defined twice.
pub fn new_type(kind: Kind, info: TypeInfo) -> Result<TypeDraft, Error> {
    let name = typed("name", "a string", info.name)?.unwrap_or_default();
    let name =
        field(if kind == Kind::Site { "site type name" } else { "device type name" }, Name::parse(name))?;
    let description = description(info.description)?;
    let definition = match kind {
        Kind::Site => Definition::Site(attributes("additional", info.additional, 1)?),
        Kind::Device => Definition::Device(DeviceDefinition {
            att_definition: all("additional", info.additional, |info| device_attribute(info, 1))?,
            static_att_definition: attributes("staticAttTypeInfo", info.static_att_type_info, 1)?,
            alarm_types: attributes("alarmTypeInfos", info.alarm_type_infos, 1)?,
            action_types: actions(info.action_type_infos)?,
        }),
    };
    match &definition {
        Definition::Site(definition) => bounded(definition)?,
        Definition::Device(definition) => bounded(definition)?,
    }
    Ok(TypeDraft { name, description, definition })
}

/// Judges a new attribute of a device type.
///
/// # Errors
/// As [`new_type`].
pub fn new_attribute(info: TypeInfo) -> Result<DefinitionEdit, Error> {
    device_attribute(info, 1).map(|(name, of)| DefinitionEdit::AddAttribute(name, of))
}

/// Judges a new alarm of a device type.
///
/// # Errors
/// As [`new_type`].
pub fn new_alarm(info: TypeInfo) -> Result<DefinitionEdit, Error> {
    attribute(info, 1).map(|(name, of)| DefinitionEdit::AddAlarm(name, of))
}

/// Judges a new action of a device type.
///
/// # Errors
/// As [`new_type`].
pub fn new_action(info: ActionInfo) -> Result<DefinitionEdit, Error> {
    action(info).map(|(name, of)| DefinitionEdit::AddAction(name, of))
}

/// Judges a description.
///
/// # Errors
/// [`Error::Unreadable`] for a wrong JSON type, [`Error::Invalid`] for one that is too long.
pub fn description(member: roster_kernel::Member<String>) -> Result<Option<String>, Error> {
    let description = typed("description", "a string", member)?;
    let got = description.as_deref().map_or(0, chars);
    if got > DESCRIPTION_MAX {
        let rule = Rule::TooLong { max: DESCRIPTION_MAX, got, unit: Unit::Chars };
        return Err(Error::Invalid(Violation::new("description", rule)));
    }
    Ok(description)
}

fn bounded(definition: &impl Serialize) -> Result<(), Error> {
    let got = serde_json::to_vec(definition).map_or(usize::MAX, |json| json.len());
    if got > DEFINITION_MAX {
        let rule = Rule::TooLong { max: DEFINITION_MAX, got, unit: Unit::Bytes };
        return Err(Error::Invalid(Violation::new("definition", rule)));
    }
    Ok(())
}

/// Every one of a list, each name once.
fn all<T>(
    name: &'static str,
    member: roster_kernel::Member<Vec<TypeInfo>>,
    judge: impl Fn(TypeInfo) -> Result<(String, T), Error>,
) -> Result<Named<T>, Error> {
    let mut named = Named::new();
    for info in typed(name, "an array of objects", member)?.unwrap_or_default() {
        let (name, of) = judge(info)?;
        if named.contains_key(&name) {
            return Err(Error::Conflict(name));
        }
        named.insert(name, of);
    }
    Ok(named)
}

fn attributes(
    name: &'static str,
    member: roster_kernel::Member<Vec<TypeInfo>>,
    level: usize,
) -> Result<Named<AttType>, Error> {
    all(name, member, |info| attribute(info, level))
}

fn actions(member: roster_kernel::Member<Vec<ActionInfo>>) -> Result<Named<ActionType>, Error> {
    let mut named = Named::new();
    for info in typed("actionTypeInfos", "an array of objects", member)?.unwrap_or_default() {
        let (name, of) = action(info)?;
        if named.contains_key(&name) {
            return Err(Error::Conflict(name));
        }
        named.insert(name, of);
    }
    Ok(named)
}

fn action(info: ActionInfo) -> Result<(String, ActionType), Error> {
    let name = typed("name", "a string", info.name)?.unwrap_or_default();
    let name = field("action type name", Name::parse(name))?.into_inner();
    let one = |name, member| -> Result<Option<Named<AttType>>, Error> {
        let info: Option<Box<TypeInfo>> = typed(name, "an object", member)?;
        info.map(|info| Ok(Named::from_iter([attribute(*info, 1)?]))).transpose()
    };
    let request = one("requestInfo", info.request_info)?;
    let response = one("responseInfo", info.response_info)?;
    Ok((name, ActionType { request, response, description: description(info.description)? }))
}

fn device_attribute(info: TypeInfo, level: usize) -> Result<(String, DeviceAttType), Error> {
    let infos = info.data_type_infos.as_given().cloned();
    let (name, of) = attribute(info, level)?;
    let undefined = |what: &str| Error::Value(format!("no definition of {what}"));
    let infos = infos.ok_or_else(|| undefined("get, set, report"))?;
    let flag = |what: &str| {
        let text = told(&infos, &format!("attribute.{what}")).ok_or_else(|| undefined(what))?;
        Ok::<_, Error>(text.eq_ignore_ascii_case("true"))
    };
    let of = DeviceAttType { get: flag("get")?, set: flag("set")?, report: flag("report")?, of };
    Ok((name, of))
}

fn attribute(info: TypeInfo, level: usize) -> Result<(String, AttType), Error> {
    let name = typed("name", "a string", info.name)?.unwrap_or_default();
    let name = field("name", Name::parse(name))?.into_inner();
    let data_type = typed("dataType", "a string", info.data_type)?;
    let empty = |name| Error::Invalid(Violation::new(name, Rule::Required));
    let data_type = data_type.ok_or_else(|| empty("data type"))?;
    let optional = typed("optional", "a boolean", info.optional)?.ok_or_else(|| empty("optional"))?;
    let description = description(info.description)?;
    let infos = typed("dataTypeInfos", "an object of strings", info.data_type_infos)?;
    let judged = parsed(&data_type, infos.as_ref(), info.additional, level);
    // Each level puts its name before what is wrong within.
    let data_type = judged.map_err(|error| match error {
        Error::Value(text) => Error::Value(format!("{name}: {text}")),
        error => error,
    })?;
    Ok((name, AttType { data_type, optional, description }))
}

fn told<'a>(infos: &'a IndexMap<String, Option<Text>>, key: &str) -> Option<&'a str> {
    infos.get(key)?.as_ref().map(|text| text.0.as_str())
}

fn parsed(
    name: &str,
    infos: Option<&IndexMap<String, Option<Text>>>,
    additional: roster_kernel::Member<Vec<TypeInfo>>,
    level: usize,
) -> Result<DataType, Error> {
    let wrong = |text: &str| Error::Value(text.to_owned());
    if level > NESTING_MAX {
        return Err(wrong("nested too deep"));
    }
    let info = |key: &str| infos.and_then(|infos| told(infos, key)).filter(|text| !text.is_empty());
    let nested = |additional: roster_kernel::Member<Vec<TypeInfo>>, what: &str| {
        if additional.as_given().is_none_or(Vec::is_empty) {
            return Err(Error::Value(format!("no {what} definition")));
        }
        attributes("additional", additional, level + 1)
    };
    Ok(match name {
        "Int" => DataType::Int,
        "Decimal" => DataType::Decimal,
        "Bool" => DataType::Bool,
        "Location" => DataType::Location,
        "String" => {
            // Without any limits there are none; with some, those that lack have their defaults.
            let limit = |key, absent: u32| match info(key) {
                None => Ok(infos.is_some().then_some(absent)),
                Some(text) => text.parse().map(Some).map_err(drop),
            };
            let min = limit("string.min", 0).map_err(|()| wrong("invalid min definition"))?;
            let max = limit("string.max", 1024).map_err(|()| wrong("invalid max definition"))?;
            if min.zip(max).is_some_and(|(min, max)| min > max) {
                return Err(wrong("max not great than min"));
            }
            DataType::String { min, max }
        }
        "Enum" => {
            let texts = info("enum.value").ok_or_else(|| wrong("no definition of enum"))?;
            // An empty value counts as absent, so nothing could ever be an empty member.
            let members: Vec<_> =
                texts.split(';').filter(|text| !text.is_empty()).map(str::to_owned).collect();
            if members.is_empty() {
                return Err(wrong("no definition of enum"));
            }
            DataType::Enum { enum_type: members }
        }
        "DateTime" => {
            let format = info("date.format").ok_or_else(|| wrong("no definition of format"))?;
            if !dates::is_format(format) {
                return Err(wrong("invalid date format"));
            }
            DataType::DateTime { format: format.to_owned() }
        }
        "Struct" => DataType::Struct { att_types: nested(additional, "struct")? },
        "Choice" => DataType::Choice { att_types: nested(additional, "choice")? },
        "Array" => match info("array.type").ok_or_else(|| wrong("no definition of type"))? {
            "Array" => return Err(wrong("invalid data type")),
            of => DataType::Array { data_type: Box::new(parsed(of, infos, additional, level + 1)?) },
        },
        "Class" => return Err(wrong("invalid data type")),
        _ => return Err(Error::Unreadable(Violation::new("dataType", Rule::Format(DATA_TYPES.into())))),
    })
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;
    use serde_json::{Value, json};

    use super::*;

    fn judge(kind: Kind, attributes: &Value) -> Result<Definition, String> {
        let body = json!({"name": "T", "additional": attributes}).to_string();
        let info = json::decode(body.as_bytes()).map_err(|fault| fault.to_string())?;
        new_type(kind, info).map(|draft| draft.definition).map_err(|error| error.to_string())
    }

    fn refusal(attribute: Value) -> String {
        judge(Kind::Site, &json!([attribute])).unwrap_err()
    }

    fn with(name: &str, data_type: &str, infos: Value) -> Value {
        json!({"name": name, "dataType": data_type, "optional": true, "dataTypeInfos": infos})
    }

    #[test]
    fn all_ten_data_types_are_read() {
        let nested = json!([with("on", "Bool", Value::Null)]);
        let mut of_struct = with("struct", "Struct", Value::Null);
        of_struct["additional"] = nested.clone();
        let mut of_choice = with("choice", "Choice", Value::Null);
        of_choice["additional"] = nested;
        let all = json!([
            with("int", "Int", Value::Null),
            with("decimal", "Decimal", Value::Null),
            with("text", "String", Value::Null),
            with("text2", "String", json!({})),
            with("text3", "String", json!({"string.min": "1", "string.max": 255})),
            with("bool", "Bool", Value::Null),
            with("enum", "Enum", json!({"enum.value": "a;b"})),
            with("date", "DateTime", json!({"date.format": "yyyy-MM-dd HH:mm:ss"})),
            with("place", "Location", Value::Null),
            of_struct,
            of_choice,
            with("array", "Array", json!({"array.type": "Enum", "enum.value": "x"})),
        ]);
        let Definition::Site(definition) = judge(Kind::Site, &all).unwrap() else { panic!("a site's") };
        let written = serde_json::to_value(&definition).unwrap();
        let types: Vec<String> =
            written.as_object().unwrap().values().map(|of| of["dataType"].to_string()).collect();
        assert_eq!(
            types,
            [
                r#"{"type":"Int"}"#,
                r#"{"type":"Decimal"}"#,
                r#"{"type":"String","min":null,"max":null}"#,
                r#"{"type":"String","min":0,"max":1024}"#,
                r#"{"type":"String","min":1,"max":255}"#,
                r#"{"type":"Bool"}"#,
                r#"{"type":"Enum","enumType":["a","b"]}"#,
                r#"{"type":"DateTime","format":"yyyy-MM-dd HH:mm:ss"}"#,
                r#"{"type":"Location"}"#,
                r#"{"type":"Struct","attTypes":{"on":{"dataType":{"type":"Bool"},"optional":true,"description":null}}}"#,
                r#"{"type":"Choice","attTypes":{"on":{"dataType":{"type":"Bool"},"optional":true,"description":null}}}"#,
                r#"{"type":"Array","dataType":{"type":"Enum","enumType":["x"]}}"#,
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_told_in_the_references_words() {
        let without = |member: &str| {
            let mut attribute = with("a", "Int", Value::Null);
            attribute[member] = Value::Null;
            refusal(attribute)
        };
        assert_eq!(without("name"), "name can't be empty");
        assert_eq!(without("dataType"), "data type can't be empty");
        assert_eq!(without("optional"), "optional can't be empty");
        let min_max = json!({"string.min": "9", "string.max": "3"});
        assert_eq!(refusal(with("a", "String", min_max.clone())), "a: max not great than min");
        assert_eq!(refusal(with("a", "String", json!({"string.min": "x"}))), "a: invalid min definition");
        assert_eq!(refusal(with("a", "String", json!({"string.max": "-1"}))), "a: invalid max definition");
        assert_eq!(refusal(with("a", "Class", Value::Null)), "a: invalid data type");
        assert_eq!(refusal(with("a", "Struct", Value::Null)), "a: no struct definition");
        assert_eq!(refusal(with("a", "Choice", Value::Null)), "a: no choice definition");
        assert_eq!(refusal(with("a", "Enum", Value::Null)), "a: no definition of enum");
        assert_eq!(refusal(with("a", "DateTime", Value::Null)), "a: no definition of format");
        assert_eq!(refusal(with("a", "DateTime", json!({"date.format": "qq"}))), "a: invalid date format");
        assert_eq!(refusal(with("a", "Array", Value::Null)), "a: no definition of type");
        assert_eq!(refusal(with("a", "Array", json!({"array.type": "Array"}))), "a: invalid data type");
        let mut outer = with("outer", "Struct", Value::Null);
        outer["additional"] = json!([with("inner", "String", min_max)]);
        assert_eq!(refusal(outer), "outer: inner: max not great than min");
        let told = refusal(with("a", "Blob", Value::Null));
        assert!(told.starts_with("dataType must be Int, Decimal,"), "{told}");
        let twice = json!([with("a", "Int", Value::Null), with("a", "Bool", Value::Null)]);
        assert_eq!(judge(Kind::Site, &twice).unwrap_err(), "a conflict");
        let unnamed = new_type(Kind::Site, TypeInfo::default()).unwrap_err();
        assert_eq!(unnamed.to_string(), "site type name can't be empty");
    }

    #[test]
    fn definitions_have_bounds() {
        let mut deep = with("a", "Int", Value::Null);
        for _ in 0..NESTING_MAX {
            let mut outer = with("a", "Struct", Value::Null);
            outer["additional"] = json!([deep]);
            deep = outer;
        }
        assert!(refusal(deep.clone()).ends_with("a: nested too deep"));
        assert!(judge(Kind::Site, &json!([deep["additional"][0]])).is_ok());
        let many: Vec<Value> =
            (0..1000).map(|n| with(&format!("attribute{n}"), "Int", Value::Null)).collect();
        let told = judge(Kind::Site, &json!(many)).unwrap_err();
        assert_eq!(told, "definition must have at most 65536 bytes");
    }

    #[test]
    fn a_devices_attributes_say_what_may_be_done_with_them() {
        let refusal = |infos: Value| judge(Kind::Device, &json!([with("a", "Int", infos)])).unwrap_err();
        assert_eq!(refusal(Value::Null), "no definition of get, set, report");
        assert_eq!(refusal(json!({})), "no definition of get");
        assert_eq!(refusal(json!({"attribute.get": "true"})), "no definition of set");
        let two = json!({"attribute.get": "true", "attribute.set": "x"});
        assert_eq!(refusal(two), "no definition of report");
        let infos = json!({"attribute.get": "TRUE", "attribute.set": "x", "attribute.report": true});
        let judged = judge(Kind::Device, &json!([with("a", "Int", infos)])).unwrap();
        let Definition::Device(definition) = judged else { panic!("a device's") };
        assert_eq!(
            serde_json::to_string(&definition.att_definition).unwrap(),
            r#"{"a":{"dataType":{"type":"Int"},"optional":true,"description":null,"get":true,"set":false,"report":true}}"#
        );
    }
}
