//! The bodies of the tree's endpoints.

use indexmap::IndexMap;
use roster_kernel::Member;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::members::members_of;
#[cfg(feature = "openapi")]
use crate::domain;

/// The body of `POST /domains`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct DomainInfo {
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub name: Member<String>,
}

/// The body of `PATCH /domains`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct DomainRename {
    /// Required: its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub id: Member<String>,
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub name: Member<String>,
}

/// The body of `PATCH /sitetypes/name` and `PATCH /devicetypes/name`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct TypeRename {
    /// Required: its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub id: Member<String>,
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub name: Member<String>,
    /// Another description, of at most 1024 characters, or null for none; absent: as it was.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 1024))]
    #[serde(default)]
    pub description: Member<String>,
}

/// The body of `POST /sites`, `POST /devices` and `POST /devices/subdevice`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectInfo {
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub name: Member<String>,
    /// Required: the id of a domain or a site.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub location_id: Member<String>,
    /// Required for a site: the type's name, not its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub site_type: Member<String>,
    /// Required for a device: the type's name, not its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub device_type: Member<String>,
    /// Required for a sub-device: the id of the device that speaks for it, in the same domain.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub gateway_id: Member<String>,
    /// Values by the names of the type's attributes: at most 16384 bytes as they are kept. What the
    /// type does not define is left out.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::AttInfos))]
    #[serde(default)]
    pub att_infos: Member<IndexMap<String, Option<AttValue>>>,
}

/// The body of `PATCH /sites` and `PATCH /devices`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectUpdate {
    /// Required: its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub id: Member<String>,
    /// Values by the names of the type's attributes: at most 16384 bytes as they are kept. They take
    /// the place of all that were there.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::AttInfos))]
    #[serde(default)]
    pub att_infos: Member<IndexMap<String, Option<AttValue>>>,
}

/// The body of `PATCH /sites/name` and `PATCH /devices/name`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct ObjectRename {
    /// Required: its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub id: Member<String>,
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub name: Member<String>,
}

/// The body of `PATCH /devices/site`, with `id`, and of `PATCH /sites/location`, with `siteId`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectMove {
    /// Required for a device: its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub id: Member<String>,
    /// Required for a site: its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub site_id: Member<String>,
    /// Required: the id of a domain or a site.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub location_id: Member<String>,
}

/// `AttValueInfo`: one of the three, as the type says.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct AttValue {
    /// The text of a simple value; a number or a boolean is taken for its text.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Text))]
    #[serde(default)]
    pub value: Member<Text>,
    /// The values of an array.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<AttValue>>, no_recursion))]
    #[serde(default)]
    pub array_value: Member<Vec<AttValue>>,
    /// The values of a struct, or the one of a choice.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::AttInfos))]
    #[serde(default)]
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
