//! Devices.

use serde::Serialize;

use super::{Area, Domain, Enclosing, OutOfReach, User, types};
use crate::domain::{self, DataValue, Named};

/// `Device`. What it lies in nests to the top, as a site's `location` does; its gateway comes without
/// a gateway of its own, for it has none.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device<'a> {
    /// Always `device`.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::kind_device))]
    r#type: &'static str,
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// Its name; with its type unique where it lies.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name))]
    name: &'a str,
    /// Whether its account has a token that is good for requests now.
    connected: bool,
    /// Its type.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::device_type))]
    device_type: types::Type<'a>,
    /// The values of its static attributes, by their names.
    #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, DataValue>))]
    attributes: &'a Named<DataValue>,
    /// What it lies in: a site, or the domain itself.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::location))]
    location: Area<'a>,
    /// The domain that it lies in, however deep.
    domain: Domain<'a>,
    /// The device that speaks for it; that one has none.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::gateway))]
    gateway: Option<Gateway<'a>>,
    /// As whom it signs in; null behind a gateway.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    device_account: Option<DeviceAccount<'a>>,
    /// Its name and its type's.
    string: String,
    /// `string` behind the `fullString` of what it lies in.
    full_string: String,
}

/// A device's gateway: whole, or its id and its name where it is out of the caller's reach.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Gateway<'a> {
    /// The device.
    Whole(Box<Device<'a>>),
    /// What is shown of one out of reach.
    OutOfReach(OutOfReach<'a>),
}

impl<'a> Gateway<'a> {
    fn of(device: &'a domain::Device) -> Self {
        if device.in_reach {
            Self::Whole(Box::new(Device::of(device, None)))
        } else {
            Self::OutOfReach(OutOfReach { r#type: None, id: device.id.as_str(), name: &device.name })
        }
    }
}

/// As whom a device signs in; only the answer to its registration tells the password.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
struct DeviceAccount<'a> {
    /// 24 hex digits, in the answer to the registration and nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    password: Option<&'a str>,
    #[serde(flatten)]
    user: User<'a>,
}

impl<'a> Device<'a> {
    /// A device, with its account's password if it is to be shown.
    pub fn of(device: &'a domain::Device, password: Option<&'a str>) -> Self {
        Self {
            r#type: "device",
            id: device.id.as_str(),
            name: &device.name,
            connected: device.connected,
            device_type: types::Type::nested_device(&device.device_type),
            attributes: &device.attributes,
            location: match device.parent.as_deref() {
                Some(parent) => Area::enclosing(parent, Enclosing::Location, 1),
                None => Area::Domain(Domain::from(device.domain.as_ref())),
            },
            domain: Domain::from(device.domain.as_ref()),
            gateway: device.gateway.as_deref().map(Gateway::of),
            device_account: device
                .account
                .as_deref()
                .map(|account| DeviceAccount { password, user: User::from(account) }),
            string: device.string(),
            full_string: device.full_string(),
        }
    }
}
