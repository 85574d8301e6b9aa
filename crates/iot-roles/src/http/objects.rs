//! Sites and devices: what is the same for both.

use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, lists, query};
use crate::domain::Kind;
use crate::error::Error;
use crate::service::IotRoles;
use crate::wire;

/// `GET /sites/{id}`, `GET /devices/{id}`
pub(super) async fn read(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let object = call.object(&by, kind, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&object)))
}

/// `GET /sites`, `GET /devices`
pub(super) async fn page(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let (listed, asked) = call.objects(&by, kind, &query(&call)).await?;
    lists::page(&call, listed, asked, |object| serde_json::to_vec(&wire::Area::from(object)))
}

/// `GET /sites/count`, `GET /devices/count`
pub(super) async fn count(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let count = call.count_objects(&by, kind, &query(&call)).await?;
    Ok(HttpResponse::Ok().json(count))
}

/// `PATCH /sites`, `PATCH /devices`
pub(super) async fn update(mut call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let object = call.update_object(&caller.administrator()?, kind, body).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&object)))
}

/// `PATCH /sites/name`, `PATCH /devices/name`
pub(super) async fn rename(mut call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let object = call.rename_object(&caller.administrator()?, kind, body).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&object)))
}

/// `PATCH /sites/location`, `PATCH /devices/site`
pub(super) async fn relocate(mut call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let object = call.move_object(&caller.administrator()?, kind, body).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&object)))
}

/// `DELETE /sites/{id}`, `DELETE /devices/{id}`
pub(super) async fn delete(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    call.delete_object(&by, kind, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().finish())
}
