use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, list_query};
use crate::error::Error;
use crate::service::EnterpriseUsers;
use crate::wire;

/// `GET /openapi/v1/administrators`
pub(super) async fn list(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let listed = call.administrators(&by, &list_query(&call)).await?;
    Ok(HttpResponse::Ok().json(wire::Users::of(&listed, call.config().time_zone)))
}

/// `POST /openapi/v1/administrators`
pub(super) async fn appoint(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.appoint(&by, body).await?;
    Ok(HttpResponse::Created().finish())
}

/// `DELETE /openapi/v1/administrators/{user_id}`
pub(super) async fn dismiss(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    call.dismiss(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}
