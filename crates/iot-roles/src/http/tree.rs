//! The paths of the tree. A slash at the end is let pass, as in the original.

use roster_web::{Call, Endpoint};

use super::{devices, domains, objects, sessions, sites, types};
use crate::domain::Kind;
use crate::error::Error;
use crate::service::IotRoles;

type Route = Endpoint<IotRoles, Error>;

/// The handler of both kinds of objects for one of them.
macro_rules! of {
    ($kind:ident, $handler:path) => {
        |call: Call<IotRoles>| $handler(call, Kind::$kind)
    };
}

/// Paths with a fixed segment stand before those with a free one.
pub(super) fn endpoints() -> Vec<Route> {
    let at = |path: &str| Route::at(&format!("{path}{{slash:/?}}"));
    vec![
        at("/domains").get(domains::current).post(domains::add).patch(domains::rename),
        // A domain may be called so, and be chosen.
        at("/domains/{name:me}").get(domains::list).patch(sessions::choose_domain),
        at("/domains/id/{id}").get(domains::by_id),
        at("/domains/name/{name}").get(domains::by_name),
        at("/domains/{name}").patch(sessions::choose_domain).delete(domains::delete),
        at("/sitetypes").post(of!(Site, types::add)),
        at("/sitetypes/list").get(of!(Site, types::list)),
        at("/sitetypes/page").get(of!(Site, types::page)),
        at("/sitetypes/name").patch(of!(Site, types::rename)),
        at("/sitetypes/{id}").get(of!(Site, types::read)).delete(of!(Site, types::delete)),
        at("/devicetypes").post(of!(Device, types::add)),
        at("/devicetypes/list").get(of!(Device, types::list)),
        at("/devicetypes/page").get(of!(Device, types::page)),
        at("/devicetypes/name").patch(of!(Device, types::rename)),
        at("/devicetypes/{id}").get(of!(Device, types::read)).delete(of!(Device, types::delete)),
        at("/devicetypes/{id}/attribute").post(types::add_attribute),
        at("/devicetypes/{id}/attribute/{attribute}").delete(types::remove_attribute),
        at("/devicetypes/{id}/alarmtype").post(types::add_alarm),
        at("/devicetypes/{id}/alarmtype/{alarmtype}").delete(types::remove_alarm),
        at("/devicetypes/{id}/actiontype").post(types::add_action),
        at("/devicetypes/{id}/actiontype/{actiontype}").delete(types::remove_action),
        at("/sites").get(of!(Site, objects::page)).post(sites::add).patch(of!(Site, objects::update)),
        at("/sites/count").get(of!(Site, objects::count)),
        at("/sites/name").patch(of!(Site, objects::rename)),
        at("/sites/location").patch(of!(Site, objects::relocate)),
        at("/sites/me").get(sites::mine),
        at("/sites/me/{id}").get(sites::is_mine),
        at("/sites/{id}").get(of!(Site, objects::read)).delete(of!(Site, objects::delete)),
        at("/devices")
            .get(of!(Device, objects::page))
            .post(devices::register)
            .patch(of!(Device, objects::update)),
        at("/devices/subdevice").post(devices::register_subdevice),
        at("/devices/count").get(of!(Device, objects::count)),
        at("/devices/name").patch(of!(Device, objects::rename)),
        at("/devices/site").patch(of!(Device, objects::relocate)),
        at("/devices/me").get(devices::mine),
        at("/devices/username/{username}").get(devices::by_username),
        at("/devices/{id}").get(of!(Device, objects::read)).delete(of!(Device, objects::delete)),
    ]
}
