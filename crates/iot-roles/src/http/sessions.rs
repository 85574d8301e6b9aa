use actix_web::HttpResponse;
use roster_web::Call;

use super::{answer, lists, query};
use crate::error::Error;
use crate::service::IotRoles;
use crate::{validate, wire};

/// `GET /server/sessions`
pub(super) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    let page = validate::page(&query(&call))?;
    let listed = call.live_sessions(&by, page).await?;
    lists::page(&call, listed, page, |session| serde_json::to_vec(&wire::Session::from(session)))
}

/// `GET /server/sessions/{id}`
pub(super) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    let owner = call.live_session(&by, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().json(wire::Session::from(&owner)))
}

/// `DELETE /server/sessions/{id}`
pub(super) async fn end(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    call.end_session(&by, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PATCH /server/domains/{name}`
pub(super) async fn choose_domain(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.person()?;
    Ok(answer(&call.choose_domain(&by, &call.segment("name")).await?))
}
