use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, client};
use crate::error::Error;
use crate::service::TenantCiam;

/// `PUT /api/v2/tenant/users/{user_id}/change-password`
pub(super) async fn change(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.change_password(&by, &call.segment("user_id"), body).await?))
}

/// `PUT /api/v2/tenant/users/{user_id}/change-password-verify`
pub(super) async fn change_verified(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.change_password_verified(&by, &call.segment("user_id"), body).await?))
}
