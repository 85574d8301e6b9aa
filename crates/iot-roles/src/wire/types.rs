//! Types of sites and of devices, as they are asked for and as they come out.

use indexmap::IndexMap;
use roster_kernel::Member;
use serde::{Deserialize, Serialize};

use super::members::members_of;
use super::{Domain, Text};
use crate::domain::{self, ActionType, AnyType, AttType, DeviceAttType, Named};

/// `AttTypeInfo`: the body of `POST /sitetypes`, and with the last three members that of
/// `POST /devicetypes`; every attribute in it has the same form.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AttTypeInfo))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct TypeInfo {
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub name: Member<String>,
    /// One of the ten, or at the top level `Class`; there it may be absent.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::data_types, required = true))]
    #[serde(default)]
    pub data_type: Member<String>,
    /// What it is: at most 1024 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 1024))]
    #[serde(default)]
    pub description: Member<String>,
    /// Whether it may be left out. Required but at the top level.
    #[cfg_attr(feature = "openapi", schema(value_type = bool, required = true))]
    #[serde(default)]
    pub optional: Member<bool>,
    /// The data type's limits, by the reference's keys: `string.min` and `string.max` (characters),
    /// `enum.value` (texts with `;` between them), `date.format` (a pattern as Java writes it, at most
    /// 64 characters), `array.type`; of a device's attributes `attribute.get`, `attribute.set` and
    /// `attribute.report`, all three. A number or a boolean is taken for its text.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::DataTypeInfos))]
    #[serde(default)]
    pub data_type_infos: Member<IndexMap<String, Option<Text>>>,
    /// The attributes of a type, a struct or a choice, each name once; at most 8 levels. Another data
    /// type has no use for them, and does not look at them.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<TypeInfo>>, no_recursion))]
    #[serde(default)]
    pub additional: Member<Vec<TypeInfo>>,
    /// A device type's static attributes, each name once.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<TypeInfo>>, no_recursion))]
    #[serde(default)]
    pub static_att_type_info: Member<Vec<TypeInfo>>,
    /// A device type's alarms, each name once.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<TypeInfo>>, no_recursion))]
    #[serde(default)]
    pub alarm_type_infos: Member<Vec<TypeInfo>>,
    /// A device type's actions, each name once.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<ActionInfo>>))]
    #[serde(default)]
    pub action_type_infos: Member<Vec<ActionInfo>>,
}

members_of!(TypeInfo);

/// `ActionTypeInfo`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct ActionInfo {
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name, required = true))]
    #[serde(default)]
    pub name: Member<String>,
    /// What it is: at most 1024 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 1024))]
    #[serde(default)]
    pub description: Member<String>,
    /// What it wants to be told; absent or null: nothing.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<TypeInfo>, no_recursion))]
    #[serde(default)]
    pub request_info: Member<Box<TypeInfo>>,
    /// What it answers; absent or null: nothing.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<TypeInfo>, no_recursion))]
    #[serde(default)]
    pub response_info: Member<Box<TypeInfo>>,
}

members_of!(ActionInfo);

/// A type. On its own it names its domain; inside a site or a device it does not, for that one does.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Type<'a> {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// Its name; unique among the types of its kind in its domain.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name))]
    name: &'a str,
    /// What it is.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    description: Option<&'a str>,
    /// The domain that knows it; absent where the type stands inside a site or a device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Domain))]
    domain: Option<Domain<'a>>,
    #[serde(flatten)]
    definition: Definition<'a>,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Definition<'a> {
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Site {
        /// What its sites tell of themselves.
        #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, AttType>))]
        att_definition: &'a Named<AttType>,
    },
    #[cfg_attr(feature = "openapi", schema(rename_all = "camelCase"))]
    Device {
        /// What a device tells, and what may be asked of it.
        #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, DeviceAttType>))]
        att_definition: &'a Named<DeviceAttType>,
        /// What is known of a device when it is registered.
        #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, AttType>))]
        static_att_definition: &'a Named<AttType>,
        /// The alarms that a device may raise.
        #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, AttType>))]
        alarm_types: &'a Named<AttType>,
        /// What a device can do.
        #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, ActionType>))]
        action_types: &'a Named<ActionType>,
    },
}

impl<'a> Type<'a> {
    pub(super) fn nested_device(of: &'a domain::DeviceType) -> Self {
        Self {
            id: of.id.as_str(),
            name: &of.name,
            description: of.description.as_deref(),
            domain: None,
            definition: Definition::Device {
                att_definition: &of.definition.att_definition,
                static_att_definition: &of.definition.static_att_definition,
                alarm_types: &of.definition.alarm_types,
                action_types: &of.definition.action_types,
            },
        }
    }
}

impl<'a> From<&'a domain::Typed> for Type<'a> {
    fn from(typed: &'a domain::Typed) -> Self {
        let nested = match &typed.of {
            AnyType::Device(of) => Self::nested_device(of),
            AnyType::Site(of) => Self {
                id: of.id.as_str(),
                name: &of.name,
                description: of.description.as_deref(),
                domain: None,
                definition: Definition::Site { att_definition: &of.att_definition },
            },
        };
        Self { domain: Some(Domain::from(typed.domain.as_ref())), ..nested }
    }
}
