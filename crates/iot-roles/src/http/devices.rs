use actix_web::HttpResponse;
use actix_web::http::header;
use roster_web::Call;

use super::{BODY_LIMIT, objects};
use crate::domain::{Area, Kind};
use crate::error::Error;
use crate::service::{IotRoles, Registered};
use crate::wire;
#[cfg(feature = "openapi")]
use crate::{
    domain::{ObjectId, Username},
    openapi::{ObjectQuery, PageQuery, Refusal},
};

/// Registers a device, and makes its account.
///
/// `POST /server/devices` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their areas.
/// The answer shows the password of the account, 96 random bits, this once.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/devices",
        tag = "devices",
        request_body(content = ref("#/components/schemas/DeviceInfo"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (
                status = 404,
                description = "There is no such type or no such location in the domain, or a value that the type requires is missing",
                body = Refusal,
            ),
            (
                status = 406,
                description = "A member breaks a rule, or a value is none of its type",
                body = Refusal,
            ),
            (status = 409, description = "Another device of this type has this name there", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn register(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(registered(&call.register_device(&caller.administrator()?, body).await?))
}

/// Registers a device behind a gateway, which has no account.
///
/// `POST /server/devices/subdevice` (I7): in the chosen domain, for users of role SYSTEM, and AREA within
/// their areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/devices/subdevice",
        tag = "devices",
        request_body(content = ref("#/components/schemas/SubdeviceInfo"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (
                status = 404,
                description = "There is no such type, location or gateway in the domain, or a value that the type requires is missing",
                body = Refusal,
            ),
            (
                status = 406,
                description = "A member breaks a rule, or a value is none of its type",
                body = Refusal,
            ),
            (status = 409, description = "Another device of this type has this name there", body = Refusal),
            (
                status = 412,
                description = "No domain was chosen, or the gateway stands behind one itself",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn register_subdevice(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
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

/// Reads the device that calls.
///
/// `GET /server/devices/me` (I7): for users of role DEVICE.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devices/me",
        tag = "devices",
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (status = 404, description = "The account has no device", body = Refusal),
        ),
    )
)]
pub(crate) async fn mine(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let user = call.caller(call.authorization(), call.origin()).await?.device()?;
    let device = call.device_of(&user).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&device)))
}

/// Reads a device by the name of its account.
///
/// `GET /server/devices/username/{username}` (I7): in the chosen domain, for users of role SYSTEM, and AREA
/// within their areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devices/username/{username}",
        tag = "devices",
        params(
            ("username" = Username, Path, description = "The username of its account", example = "0b0d0c8c-8c1e-4d4e-9d8a-3a7a5d0f6a11"),
        ),
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (status = 404, description = "There is no such device", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn by_username(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let device = call.device_named(&by, &call.segment("username")).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&device)))
}

/// Lists the devices, newest first.
///
/// `GET /server/devices` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devices",
        tag = "devices",
        params(
            PageQuery,
            ObjectQuery,
            ("deviceTypeId" = Option<String>, Query, description = "Only those of the type of this id"),
        ),
        responses(
            (status = 200, description = "A page of devices", body = ref("#/components/schemas/DevicePage")),
            (
                status = 406,
                description = "`currentPage` or `numPerPage` is no whole number within its bounds",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn page(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::page(call, Kind::Device).await
}

/// Counts the devices.
///
/// `GET /server/devices/count` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas. The page is judged, and counts for nothing.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devices/count",
        tag = "devices",
        params(
            PageQuery,
            ObjectQuery,
            ("deviceTypeId" = Option<String>, Query, description = "Only those of the type of this id"),
        ),
        responses(
            (status = 200, description = "How many there are", body = i64, content_type = "application/json"),
            (
                status = 406,
                description = "`currentPage` or `numPerPage` is no whole number within its bounds",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn count(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::count(call, Kind::Device).await
}

/// Reads a device.
///
/// `GET /server/devices/{id}` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devices/{id}",
        tag = "devices",
        params(
            ("id" = ObjectId, Path, description = "The id of the device", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (status = 404, description = "There is no such device", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::read(call, Kind::Device).await
}

/// Gives a device other values.
///
/// `PATCH /server/devices` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas. They take the place of all that were there.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/devices",
        tag = "devices",
        request_body(content = wire::ObjectUpdate, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (
                status = 404,
                description = "There is no such device, or a value that its type requires is missing",
                body = Refusal,
            ),
            (
                status = 406,
                description = "A member breaks a rule, or a value is none of its type",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn update(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::update(call, Kind::Device).await
}

/// Gives a device another name.
///
/// `PATCH /server/devices/name` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/devices/name",
        tag = "devices",
        request_body(content = wire::ObjectRename, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (status = 404, description = "There is no such device", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (
                status = 409,
                description = "Another device of its type has this name where it lies",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn rename(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::rename(call, Kind::Device).await
}

/// Puts a device elsewhere in its domain.
///
/// `PATCH /server/devices/site` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/devices/site",
        tag = "devices",
        request_body(content = ref("#/components/schemas/DeviceMove"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The device", body = wire::Device),
            (
                status = 404,
                description = "There is no such device or no such location in the domain",
                body = Refusal,
            ),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (status = 409, description = "Another device of its type has its name there", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn relocate(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::relocate(call, Kind::Device).await
}

/// Deletes a device.
///
/// `DELETE /server/devices/{id}` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas. An AREA user must reach what it lies in.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/devices/{id}",
        tag = "devices",
        params(
            ("id" = ObjectId, Path, description = "The id of the device", example = "5cab0eafddd50a20164a4cfb"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (status = 404, description = "There is no such device", body = Refusal),
            (
                status = 412,
                description = "No domain was chosen, devices stand behind it, or it is an area of a user",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::delete(call, Kind::Device).await
}
