use actix_web::HttpResponse;
use roster_web::Call;

use super::BODY_LIMIT;
use crate::error::Error;
use crate::service::EnterpriseUsers;

/// `PUT /openapi/v1/users/{user_id}/changepwd`
pub(super) async fn change(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.change_password(&by, &call.segment("user_id"), body).await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PUT /openapi/v1/changepwd`
pub(super) async fn change_own(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.change_own_password(&by, body).await?;
    Ok(HttpResponse::Ok().finish())
}
