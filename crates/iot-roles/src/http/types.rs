//! Types of sites and of devices: what is the same for both.

use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, lists, query};
use crate::domain::Kind;
use crate::error::Error;
use crate::service::IotRoles;
use crate::wire;

/// `POST /sitetypes`, `POST /devicetypes`
pub(super) async fn add(mut call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let added = call.add_type(&caller.administrator()?, kind, body).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&added)))
}

/// `GET /sitetypes/{id}`, `GET /devicetypes/{id}`
pub(super) async fn read(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let found = call.type_of_id(&by, kind, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&found)))
}

/// `GET /sitetypes/list`, `GET /devicetypes/list`
pub(super) async fn list(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let types = call.types(&by, kind).await?;
    Ok(lists::whole(&call, types, |of| serde_json::to_vec(&wire::Type::from(of))))
}

/// `GET /sitetypes/page`, `GET /devicetypes/page`
pub(super) async fn page(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let (listed, asked) = call.page_of_types(&by, kind, &query(&call)).await?;
    lists::page(&call, listed, asked, |of| serde_json::to_vec(&wire::Type::from(of)))
}

/// `PATCH /sitetypes/name`, `PATCH /devicetypes/name`
pub(super) async fn rename(mut call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let renamed = call.rename_type(&caller.administrator()?, kind, body).await?;
    Ok(HttpResponse::Ok().json(wire::Type::from(&renamed)))
}

/// `DELETE /sitetypes/{id}`, `DELETE /devicetypes/{id}`
pub(super) async fn delete(call: Call<IotRoles>, kind: Kind) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    call.delete_type(&by, kind, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().finish())
}
