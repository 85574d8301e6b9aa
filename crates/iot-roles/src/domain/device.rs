//! Device types and devices.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AttType, DataValue, Domain, Named, ObjectId, Site, User};

/// What devices of one kind have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceType {
    /// Its id.
    pub id: ObjectId,
    /// Its name, unique among the device types of its domain.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// What its devices have, report and do.
    pub definition: DeviceDefinition,
}

/// What devices have, report and do. Only the static attributes have values here; the rest is for
/// those who talk to the devices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceDefinition {
    /// What a device tells, and what may be asked of it.
    pub att_definition: Named<DeviceAttType>,
    /// What is known of it when it is registered.
    pub static_att_definition: Named<AttType>,
    /// Alarms that it may raise.
    pub alarm_types: Named<AttType>,
    /// What it can do.
    pub action_types: Named<ActionType>,
}

/// An attribute that a device itself tells.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceAttType {
    /// What it is.
    #[serde(flatten)]
    pub of: AttType,
    /// Whether it may be asked for.
    pub get: bool,
    /// Whether it may be set.
    pub set: bool,
    /// Whether the device reports it.
    pub report: bool,
}

/// What a device can do.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionType {
    /// What it wants to be told: one name, or nothing.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<HashMap<String, AttType>>, required = true))]
    pub request: Option<Named<AttType>>,
    /// What it answers.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<HashMap<String, AttType>>, required = true))]
    pub response: Option<Named<AttType>>,
    /// What it is.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub description: Option<String>,
}

/// A device, in a domain or a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Its id.
    pub id: ObjectId,
    /// Its name; with its type unique where it lies.
    pub name: String,
    /// Whether its account has a token that is good for requests now.
    pub connected: bool,
    /// Its type.
    pub device_type: Arc<DeviceType>,
    /// Its static attributes.
    pub attributes: Named<DataValue>,
    /// The domain that it lies in, however deep.
    pub domain: Arc<Domain>,
    /// The site that it lies in, if it does not lie in the domain itself.
    pub parent: Option<Arc<Site>>,
    /// The device that speaks for it; that one has none.
    pub gateway: Option<Arc<Device>>,
    /// As whom it signs in; nobody for one behind a gateway.
    pub account: Option<Arc<User>>,
    /// Whether the caller reaches it. Of one out of reach no more than id and name is shown (I7).
    pub in_reach: bool,
}

impl Device {
    /// The same for a user with these areas.
    pub(super) fn within(self: &Arc<Self>, areas: &HashSet<&str>) -> Arc<Self> {
        let lies_in = areas.contains(self.id.as_str())
            || self
                .parent
                .as_ref()
                .map_or_else(|| areas.contains(self.domain.id.as_str()), |parent| parent.lies_in(areas));
        if !lies_in {
            return Arc::new(Self { in_reach: false, ..Self::clone(self) });
        }
        let parent = self.parent.as_ref().map(|parent| parent.within(areas));
        let gateway = self.gateway.as_ref().map(|gateway| gateway.within(areas));
        Arc::new(Self { parent, gateway, ..Self::clone(self) })
    }

    /// Its name and its type's.
    pub fn string(&self) -> String {
        format!("{}{}", self.name, self.device_type.name)
    }

    /// The same behind what it lies in.
    pub fn full_string(&self) -> String {
        let around = self.parent.as_ref().map_or_else(|| self.domain.name.clone(), |site| site.full_string());
        around + &self.string()
    }
}
