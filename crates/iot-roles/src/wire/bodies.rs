//! The bodies of the tree's endpoints.

use indexmap::IndexMap;
use roster_kernel::Member;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::members::members_of;

/// The body of `POST /domains`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DomainInfo {
    /// Required.
    pub name: Member<String>,
}

/// The body of `PATCH /domains`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DomainRename {
    /// Required.
    pub id: Member<String>,
    /// Required.
    pub name: Member<String>,
}

/// The body of `PATCH /sitetypes/name` and `PATCH /devicetypes/name`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypeRename {
    /// Required.
    pub id: Member<String>,
    /// Required.
    pub name: Member<String>,
    /// Another description, or null for none; absent: as it was.
    pub description: Member<String>,
}

/// The body of `POST /sites`, `POST /devices` and `POST /devices/subdevice`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectInfo {
    /// Required.
    pub name: Member<String>,
    /// Required: the id of a domain or a site.
    pub location_id: Member<String>,
    /// Required for a site: the type's name.
    pub site_type: Member<String>,
    /// Required for a device: the type's name.
    pub device_type: Member<String>,
    /// Required for a sub-device.
    pub gateway_id: Member<String>,
    /// Values by the names of the type's attributes.
    pub att_infos: Member<IndexMap<String, Option<AttValue>>>,
}

/// The body of `PATCH /sites` and `PATCH /devices`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectUpdate {
    /// Required.
    pub id: Member<String>,
    /// As in [`ObjectInfo`]; they take the place of all that were there.
    pub att_infos: Member<IndexMap<String, Option<AttValue>>>,
}

/// The body of `PATCH /sites/name` and `PATCH /devices/name`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ObjectRename {
    /// Required.
    pub id: Member<String>,
    /// Required.
    pub name: Member<String>,
}

/// The body of `PATCH /devices/site`, with `id`, and of `PATCH /sites/location`, with `siteId`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMove {
    /// Required for a device.
    pub id: Member<String>,
    /// Required for a site.
    pub site_id: Member<String>,
    /// Required: the id of a domain or a site.
    pub location_id: Member<String>,
}

/// `AttValueInfo`: one of the three, as the type says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", remote = "Self")]
pub struct AttValue {
    /// The text of a simple value.
    pub value: Member<Text>,
    /// The values of an array.
    pub array_value: Member<Vec<AttValue>>,
    /// The values of a struct, or the one of a choice.
    pub struct_value: Member<IndexMap<String, Option<AttValue>>>,
}

members_of!(AttValue);

/// A text; a number or a boolean is taken for its text, as the original's framework does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            Value::Bool(truth) => Ok(Self(truth.to_string())),
            _ => Err(D::Error::custom("no text")),
        }
    }
}
