use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, segment};
use crate::error::Error;
use crate::service::IotRoles;
use crate::wire;

/// `POST /domains`
pub(super) async fn add(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let domain = call.add_domain(&caller.system()?, body).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// `GET /domains`: the one that was chosen.
pub(super) async fn current(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domain = call.current_domain(&by).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// `PATCH /domains`
pub(super) async fn rename(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let domain = call.rename_domain(&caller.system()?, body).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// `GET /domains/me`
pub(super) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domains = call.domains(&by).await?;
    Ok(HttpResponse::Ok().json(domains.iter().map(wire::Domain::from).collect::<Vec<_>>()))
}

/// `GET /domains/id/{id}`
pub(super) async fn by_id(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domain = call.domain_of_id(&by, &segment(&call, "id")).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// `GET /domains/name/{name}`
pub(super) async fn by_name(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domain = call.domain_of_name(&by, &segment(&call, "name")).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// `DELETE /domains/{id}`; the segment is called as the one of the other methods there.
pub(super) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    call.delete_domain(&caller.system()?, &segment(&call, "name")).await?;
    Ok(HttpResponse::Ok().finish())
}
