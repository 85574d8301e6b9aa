//! Structs that are objects and nothing else: serde would take an array for one, by the order of its
//! fields.

use serde::Deserializer;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};

/// A struct whose members are read from an object. Implement it with `#[serde(remote = "Self")]`.
pub(super) trait Members: Sized {
    /// Reads the members.
    fn read<'de, D: Deserializer<'de>>(members: D) -> Result<Self, D::Error>;
}

/// An object of these members.
pub(super) fn object<'de, T: Members, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(std::marker::PhantomData<T>);

    impl<'de, T: Members> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::read(MapAccessDeserializer::new(members))
        }
    }

    deserializer.deserialize_map(Object(std::marker::PhantomData))
}

/// Lets a struct be read from an object alone.
macro_rules! object {
    ($name:ident) => {
        impl super::members::Members for $name {
            fn read<'de, D: serde::Deserializer<'de>>(members: D) -> Result<Self, D::Error> {
                Self::deserialize(members)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                super::members::object(deserializer)
            }
        }
    };
}

pub(super) use object as members_of;

#[cfg(test)]
mod tests {
    use roster_kernel::{JsonKind, Member, json};

    use crate::wire::{ObjectInfo, TypeInfo};

    #[test]
    fn an_array_is_no_object() {
        let arrays = br#"{"name": "x", "additional": [["k", "Int", "d", true]]}"#;
        let body: TypeInfo = json::decode(arrays).unwrap();
        assert!(matches!(body.additional, Member::Invalid(JsonKind::Array)));
        let body: ObjectInfo = json::decode(br#"{"attInfos": {"k": ["7"]}}"#).unwrap();
        assert!(matches!(body.att_infos, Member::Invalid(JsonKind::Object)));
        let actions = br#"{"actionTypeInfos": [["act", "d", ["p", "Int", null, true]]]}"#;
        let body: TypeInfo = json::decode(actions).unwrap();
        assert!(matches!(body.action_type_infos, Member::Invalid(JsonKind::Array)));
        let body: TypeInfo = json::decode(br#"{"additional": [{"name": "k"}]}"#).unwrap();
        assert_eq!(body.additional.given().unwrap()[0].name, Member::Given("k".to_owned()));
    }
}
