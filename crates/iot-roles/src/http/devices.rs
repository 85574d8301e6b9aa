use actix_web::HttpResponse;
use actix_web::http::header;
use roster_web::Call;

use super::{BODY_LIMIT, segment};
use crate::domain::Area;
use crate::error::Error;
use crate::service::{IotRoles, Registered};
use crate::wire;

/// `POST /devices`
pub(super) async fn register(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(registered(&call.register_device(&caller.administrator()?, body).await?))
}

/// `POST /devices/subdevice`
pub(super) async fn register_subdevice(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(registered(&call.register_subdevice(&caller.administrator()?, body).await?))
}

/// The one answer that shows a device's password.
fn registered(registered: &Registered) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    match &registered.device {
        Area::Device(device) => response.json(wire::Device::of(
            device,
            registered.password.as_ref().map(|password| password.expose().as_str()),
        )),
        object => response.json(wire::Area::from(object)),
    }
}

/// `GET /devices/me`
pub(super) async fn mine(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let user = call.caller(call.authorization(), call.origin()).await?.device()?;
    let device = call.device_of(&user).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&device)))
}

/// `GET /devices/username/{username}`
pub(super) async fn by_username(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let device = call.device_named(&by, &segment(&call, "username")).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&device)))
}
