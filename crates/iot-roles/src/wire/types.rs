//! Types of sites and of devices, as they are asked for and as they come out.

use indexmap::IndexMap;
use roster_kernel::Member;
use serde::{Deserialize, Serialize};

use super::members::members_of;
use super::{Domain, Text};
use crate::domain::{self, ActionType, AnyType, AttType, DeviceAttType, Named};

/// `AttTypeInfo`: the body of `POST /sitetypes`, and with the last three members that of
/// `POST /devicetypes`; every attribute in it has the same form.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", remote = "Self")]
pub struct TypeInfo {
    /// Required.
    pub name: Member<String>,
    /// One of the ten, or at the top level `Class`; there it may be absent.
    pub data_type: Member<String>,
    /// What it is.
    pub description: Member<String>,
    /// Required but at the top level.
    pub optional: Member<bool>,
    /// The data type's limits, by the reference's keys.
    pub data_type_infos: Member<IndexMap<String, Option<Text>>>,
    /// The attributes of a type, a struct or a choice.
    pub additional: Member<Vec<TypeInfo>>,
    /// A device type's static attributes.
    pub static_att_type_info: Member<Vec<TypeInfo>>,
    /// A device type's alarms.
    pub alarm_type_infos: Member<Vec<TypeInfo>>,
    /// A device type's actions.
    pub action_type_infos: Member<Vec<ActionInfo>>,
}

members_of!(TypeInfo);

/// `ActionTypeInfo`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", remote = "Self")]
pub struct ActionInfo {
    /// Required.
    pub name: Member<String>,
    /// What it is.
    pub description: Member<String>,
    /// What it wants to be told.
    pub request_info: Member<Box<TypeInfo>>,
    /// What it answers.
    pub response_info: Member<Box<TypeInfo>>,
}

members_of!(ActionInfo);

/// A type. On its own it names its domain; inside a site or a device it does not, for that one does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Type<'a> {
    id: &'a str,
    name: &'a str,
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Domain<'a>>,
    #[serde(flatten)]
    definition: Definition<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Definition<'a> {
    Site {
        att_definition: &'a Named<AttType>,
    },
    Device {
        att_definition: &'a Named<DeviceAttType>,
        static_att_definition: &'a Named<AttType>,
        alarm_types: &'a Named<AttType>,
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
