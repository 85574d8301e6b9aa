//! The paths of the tree.

use roster_web::Endpoint;

use super::{SLASH, device_types, devices, domains, sessions, site_types, sites};
use crate::error::Error;
use crate::service::IotRoles;

type Route = Endpoint<IotRoles, Error>;

/// Paths with a fixed segment stand before those with a free one.
pub(super) fn endpoints() -> Vec<Route> {
    let at = |path: &str| Route::at(&format!("{path}{SLASH}"));
    vec![
        at("/domains").get(domains::current).post(domains::add).patch(domains::rename),
        // A domain may be called so, and be chosen.
        at("/domains/{name:me}").get(domains::list).patch(sessions::choose_domain),
        at("/domains/id/{id}").get(domains::by_id),
        at("/domains/name/{name}").get(domains::by_name),
        at("/domains/{name}").patch(sessions::choose_domain).delete(domains::delete),
        at("/sitetypes").post(site_types::add),
        at("/sitetypes/list").get(site_types::list),
        at("/sitetypes/page").get(site_types::page),
        at("/sitetypes/name").patch(site_types::rename),
        at("/sitetypes/{id}").get(site_types::read).delete(site_types::delete),
        at("/devicetypes").post(device_types::add),
        at("/devicetypes/list").get(device_types::list),
        at("/devicetypes/page").get(device_types::page),
        at("/devicetypes/name").patch(device_types::rename),
        at("/devicetypes/{id}").get(device_types::read).delete(device_types::delete),
        at("/devicetypes/{id}/attribute").post(device_types::add_attribute),
        at("/devicetypes/{id}/attribute/{attribute}").delete(device_types::remove_attribute),
        at("/devicetypes/{id}/alarmtype").post(device_types::add_alarm),
        at("/devicetypes/{id}/alarmtype/{alarmtype}").delete(device_types::remove_alarm),
        at("/devicetypes/{id}/actiontype").post(device_types::add_action),
        at("/devicetypes/{id}/actiontype/{actiontype}").delete(device_types::remove_action),
        at("/sites").get(sites::page).post(sites::add).patch(sites::update),
        at("/sites/count").get(sites::count),
        at("/sites/name").patch(sites::rename),
        at("/sites/location").patch(sites::relocate),
        at("/sites/me").get(sites::mine),
        at("/sites/me/{id}").get(sites::is_mine),
        at("/sites/{id}").get(sites::read).delete(sites::delete),
        at("/devices").get(devices::page).post(devices::register).patch(devices::update),
        at("/devices/subdevice").post(devices::register_subdevice),
        at("/devices/count").get(devices::count),
        at("/devices/name").patch(devices::rename),
        at("/devices/site").patch(devices::relocate),
        at("/devices/me").get(devices::mine),
        at("/devices/username/{username}").get(devices::by_username),
        at("/devices/{id}").get(devices::read).delete(devices::delete),
    ]
}
