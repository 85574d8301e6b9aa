//! Schemas that no type says by itself: a word that is always the same, a choice of types.

use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOf, SchemaType};
use utoipa::openapi::{Object, Ref, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::DataValue;

type Part = RefOr<Schema>;

fn part(schema: impl Into<Schema>) -> Part {
    RefOr::T(schema.into())
}

/// A schema that stands among the components.
pub(super) fn named(name: &str) -> Part {
    Ref::from_schema_name(name).into()
}

/// One of these texts.
fn words(description: &str, words: &[&str]) -> Object {
    let words = words.iter().map(|word| Value::from(*word));
    let description = Some(description).filter(|text| !text.is_empty());
    ObjectBuilder::new().schema_type(Type::String).description(description).enum_values(Some(words)).build()
}

pub(crate) fn kind_domain() -> Part {
    part(words("Always `domain`.", &["domain"]))
}

pub(crate) fn kind_site() -> Part {
    part(words("Always `site`.", &["site"]))
}

pub(crate) fn kind_device() -> Part {
    part(words("Always `device`.", &["device"]))
}

pub(crate) fn session_kind() -> Part {
    part(words("What began it.", &["login"]))
}

/// The words for the data types of attributes.
pub(crate) fn data_types() -> Part {
    let all =
        ["Int", "Decimal", "String", "Bool", "Enum", "DateTime", "Location", "Struct", "Array", "Choice"];
    part(words("One of the ten data types.", &all))
}

fn null() -> Object {
    Object::with_type(Type::Null)
}

fn one_of(description: &str, all: impl IntoIterator<Item = Part>) -> Part {
    let mut one_of = OneOf::new();
    one_of.items = all.into_iter().collect();
    one_of.description = Some(description.to_owned()).filter(|text| !text.is_empty());
    part(one_of)
}

/// A site's `parent`.
pub(crate) fn parent() -> Part {
    let all = [named("EnclosingSite"), named("OutOfReach"), part(null())];
    one_of("The site that it lies in; null if it lies in the domain itself.", all)
}

/// What a site or a device lies in.
pub(crate) fn location() -> Part {
    let all = [named("Domain"), named("EnclosingSite"), named("OutOfReach")];
    one_of("What it lies in: a site, or the domain itself.", all)
}

/// The device that speaks for another.
pub(crate) fn gateway() -> Part {
    let all = [named("Device"), named("OutOfReach"), part(null())];
    one_of("The device that speaks for it; that one has none.", all)
}

/// The type of a device.
pub(crate) fn device_type() -> Part {
    named("DeviceType")
}

fn map_or_null(of: Part) -> Part {
    let map = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .additional_properties(Some(AdditionalProperties::RefOr(of)));
    part(map.build())
}

/// A text, or what is taken for its text.
pub(crate) struct Text;

impl PartialSchema for Text {
    fn schema() -> Part {
        let types = SchemaType::from_iter([Type::String, Type::Number, Type::Boolean, Type::Null]);
        part(ObjectBuilder::new().schema_type(types).build())
    }
}

impl ToSchema for Text {}

/// Values by the names of attributes.
pub(crate) struct AttInfos;

impl PartialSchema for AttInfos {
    fn schema() -> Part {
        map_or_null(one_of("", [named("AttValue"), part(null())]))
    }
}

impl ToSchema for AttInfos {}

/// A data type's limits.
pub(crate) struct DataTypeInfos;

impl PartialSchema for DataTypeInfos {
    fn schema() -> Part {
        map_or_null(Text::schema())
    }
}

impl ToSchema for DataTypeInfos {}

/// As [`DataValue`] is written: by its type, with the text that it is shown as.
impl PartialSchema for DataValue {
    fn schema() -> Part {
        let simple = |kind: &str, value: Object| value_of(kind, [("value", part(value))], Type::String);
        let nested = |kind: &str, value: Part| value_of(kind, [("value", value)], Type::Null);
        let number = || Object::with_type(Type::Number);
        let text = || Object::with_type(Type::String);
        let int = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(i32::MIN))
            .maximum(Some(i32::MAX))
            .build();
        let degrees = |limit: i32| {
            part(
                ObjectBuilder::new()
                    .schema_type(Type::Number)
                    .minimum(Some(-limit))
                    .maximum(Some(limit))
                    .build(),
            )
        };
        let many = || {
            let values = AdditionalProperties::RefOr(named("DataValue"));
            part(ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(values)).build())
        };
        let list = part(utoipa::openapi::schema::Array::new(named("DataValue")));
        let all = [
            simple("Int", int),
            simple("Decimal", number()),
            simple("String", text()),
            simple("Bool", Object::with_type(Type::Boolean)),
            simple("Enum", text()),
            value_of("DateTime", [("date", part(text())), ("format", part(text()))], Type::String),
            value_of("Location", [("longitude", degrees(180)), ("latitude", degrees(90))], Type::String),
            nested("Array", list),
            nested("Struct", many()),
            nested("Choice", many()),
        ];
        one_of("A value of one of the ten data types; `string` is how it is shown.", all)
    }
}

impl ToSchema for DataValue {}

fn value_of<const N: usize>(kind: &str, members: [(&str, Part); N], string: Type) -> Part {
    let mut object = ObjectBuilder::new().property("type", words("", &[kind])).required("type");
    for (name, member) in members {
        object = object.property(name, member).required(name);
    }
    part(object.property("string", Object::with_type(string)).required("string").build())
}
