//! Devices.

use serde::Serialize;

use super::{Area, Domain, Enclosing, Site, User, types};
use crate::domain::{self, DataValue, Named};

/// `Device`. What it lies in nests to the top, as a site's `location` does; its gateway comes without
/// a gateway of its own, for it has none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device<'a> {
    r#type: &'static str,
    id: &'a str,
    name: &'a str,
    connected: bool,
    device_type: types::Type<'a>,
    attributes: &'a Named<DataValue>,
    location: Area<'a>,
    domain: Domain<'a>,
    gateway: Option<Box<Device<'a>>>,
    device_account: Option<DeviceAccount<'a>>,
    string: String,
    full_string: String,
}

/// As whom a device signs in; only the answer to its registration tells the password.
#[derive(Debug, Serialize)]
struct DeviceAccount<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
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
                Some(parent) => Area::Site(Box::new(Site::of(parent, Enclosing::Location, 1))),
                None => Area::Domain(Domain::from(device.domain.as_ref())),
            },
            domain: Domain::from(device.domain.as_ref()),
            gateway: device.gateway.as_deref().map(|gateway| Box::new(Self::of(gateway, None))),
            device_account: device
                .account
                .as_deref()
                .map(|account| DeviceAccount { password, user: User::from(account) }),
            string: device.string(),
            full_string: device.full_string(),
        }
    }
}
