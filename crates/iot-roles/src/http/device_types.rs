//! Types of devices, and the parts of their definitions.

use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, types};
use crate::domain::Kind;
use crate::error::Error;
use crate::service::IotRoles;
use crate::store::DefinitionEdit;
#[cfg(feature = "openapi")]
use crate::{
    domain::{Name, ObjectId},
    openapi::{PageQuery, Refusal},
};
use crate::{validate, wire};

/// Adds a device type.
///
/// `POST /server/devicetypes` (I7): in the chosen domain, for users of role SYSTEM, and AREA whose area is
/// the domain. Its definition has at most 65536 bytes as it is kept.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/devicetypes",
        tag = "device types",
        request_body(content = ref("#/components/schemas/DeviceTypeInfo"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (
                status = 406,
                description = "A member breaks a rule, or a definition is none; `message` says which",
                body = Refusal,
            ),
            (
                status = 409,
                description = "Another device type of the domain has this name, or a name is defined twice",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn add(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::add(call, Kind::Device).await
}

/// Lists the device types, newest first.
///
/// `GET /server/devicetypes/list` (I7): in the chosen domain, for users of role SYSTEM and AREA. The first
/// 1000.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devicetypes/list",
        tag = "device types",
        responses(
            (status = 200, description = "The types", body = ref("#/components/schemas/DeviceTypes")),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::list(call, Kind::Device).await
}

/// Lists the device types page by page, newest first.
///
/// `GET /server/devicetypes/page` (I7): in the chosen domain, for users of role SYSTEM and AREA.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devicetypes/page",
        tag = "device types",
        params(
            PageQuery,
        ),
        responses(
            (
                status = 200,
                description = "A page of types",
                body = ref("#/components/schemas/DeviceTypePage"),
            ),
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
    types::page(call, Kind::Device).await
}

/// Reads a device type.
///
/// `GET /server/devicetypes/{id}` (I7): in the chosen domain, for users of role SYSTEM and AREA.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/devicetypes/{id}",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b4cddd50a20164a4cd7"),
        ),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (status = 404, description = "There is no such device type", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::read(call, Kind::Device).await
}

/// Gives a device type another name, and another description if one is told.
///
/// `PATCH /server/devicetypes/name` (I7): in the chosen domain, for users of role SYSTEM, and AREA whose
/// area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/devicetypes/name",
        tag = "device types",
        request_body(content = wire::TypeRename, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (status = 404, description = "There is no such device type", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (status = 409, description = "Another device type of the domain has this name", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn rename(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::rename(call, Kind::Device).await
}

/// Deletes a device type.
///
/// `DELETE /server/devicetypes/{id}` (I7): in the chosen domain, for users of role SYSTEM, and AREA whose
/// area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/devicetypes/{id}",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5cab0eafddd50a20164a4cfb"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (status = 404, description = "There is no such device type", body = Refusal),
            (
                status = 412,
                description = "No domain was chosen, or there are devices of the type",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::delete(call, Kind::Device).await
}

/// Adds an attribute to a device type.
///
/// `POST /server/devicetypes/{id}/attribute` (I7): in the chosen domain, for users of role SYSTEM, and AREA
/// whose area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/devicetypes/{id}/attribute",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        request_body(content = ref("#/components/schemas/DeviceAttTypeInfo"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (status = 404, description = "There is no such device type", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule, the definition is none, or the type has an attribute of this name",
                body = Refusal,
            ),
            (
                status = 412,
                description = "No domain was chosen, or the whole definition would have more than 65536 bytes",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn add_attribute(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let by = caller.administrator()?;
    let edited = call.edit_device_type(&by, &call.segment("id"), validate::new_attribute(body)?).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&edited)))
}

/// Takes an attribute from a device type.
///
/// `DELETE /server/devicetypes/{id}/attribute/{attribute}` (I7): in the chosen domain, for users of role
/// SYSTEM, and AREA whose area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/devicetypes/{id}/attribute/{attribute}",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b7dddd50a20164a4cd8"),
            ("attribute" = Name, Path, description = "The name of the attribute", example = "temperature"),
        ),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (
                status = 404,
                description = "There is no such device type, or it has no such attribute",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn remove_attribute(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let edit = DefinitionEdit::RemoveAttribute(call.segment("attribute"));
    let edited = call.edit_device_type(&by, &call.segment("id"), edit).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&edited)))
}

/// Adds an alarm to a device type.
///
/// `POST /server/devicetypes/{id}/alarmtype` (I7): in the chosen domain, for users of role SYSTEM, and AREA
/// whose area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/devicetypes/{id}/alarmtype",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        request_body(content = ref("#/components/schemas/AttTypeInfo"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (status = 404, description = "There is no such device type", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule, the definition is none, or the type has an alarm of this name",
                body = Refusal,
            ),
            (
                status = 412,
                description = "No domain was chosen, or the whole definition would have more than 65536 bytes",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn add_alarm(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let by = caller.administrator()?;
    let edited = call.edit_device_type(&by, &call.segment("id"), validate::new_alarm(body)?).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&edited)))
}

/// Takes an alarm from a device type.
///
/// `DELETE /server/devicetypes/{id}/alarmtype/{alarmtype}` (I7): in the chosen domain, for users of role
/// SYSTEM, and AREA whose area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/devicetypes/{id}/alarmtype/{alarmtype}",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b7dddd50a20164a4cd8"),
            ("alarmtype" = Name, Path, description = "The name of the alarm", example = "temperature"),
        ),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (
                status = 404,
                description = "There is no such device type, or it has no such alarm",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn remove_alarm(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let edit = DefinitionEdit::RemoveAlarm(call.segment("alarmtype"));
    let edited = call.edit_device_type(&by, &call.segment("id"), edit).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&edited)))
}

/// Adds an action to a device type.
///
/// `POST /server/devicetypes/{id}/actiontype` (I7): in the chosen domain, for users of role SYSTEM, and AREA
/// whose area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/devicetypes/{id}/actiontype",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        request_body(content = wire::ActionInfo, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (status = 404, description = "There is no such device type", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule, the definition is none, or the type has an action of this name",
                body = Refusal,
            ),
            (
                status = 412,
                description = "No domain was chosen, or the whole definition would have more than 65536 bytes",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn add_action(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let by = caller.administrator()?;
    let edited = call.edit_device_type(&by, &call.segment("id"), validate::new_action(body)?).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&edited)))
}

/// Takes an action from a device type.
///
/// `DELETE /server/devicetypes/{id}/actiontype/{actiontype}` (I7): in the chosen domain, for users of role
/// SYSTEM, and AREA whose area is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/devicetypes/{id}/actiontype/{actiontype}",
        tag = "device types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b7dddd50a20164a4cd8"),
            ("actiontype" = Name, Path, description = "The name of the action", example = "temperature"),
        ),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/DeviceTypeOfDomain")),
            (
                status = 404,
                description = "There is no such device type, or it has no such action",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn remove_action(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let edit = DefinitionEdit::RemoveAction(call.segment("actiontype"));
    let edited = call.edit_device_type(&by, &call.segment("id"), edit).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&edited)))
}
