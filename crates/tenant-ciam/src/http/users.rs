use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, client, is_form, stream};
use crate::domain::Builtin;
use crate::error::Error;
use crate::service::TenantCiam;
use crate::validate;

/// `POST /api/v2/tenant/users`
pub(super) async fn create(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.create(&by, body).await?))
}

/// `GET /api/v2/tenant/users`
pub(super) async fn list(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let page = call.service().list(&by, call.query()).await?;
    Ok(stream::answer(call.reply_context(), call.shared(), by, page))
}

/// `GET /api/v2/tenant/users/{user_id}`
pub(super) async fn read(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    Ok(HttpResponse::Ok().json(call.service().read(&by, &call.segment("user_id")).await?))
}

/// `PUT /api/v2/tenant/users/{user_id}`
pub(super) async fn update(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.update(&by, &call.segment("user_id"), body).await?))
}

/// `DELETE /api/v2/tenant/users/{user_id}`
pub(super) async fn delete(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    call.service().delete(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PUT /api/v2/tenant/users/{user_id}/enable`
pub(super) async fn enable(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    Ok(HttpResponse::Ok().json(call.set_disabled(&by, &call.segment("user_id"), false).await?))
}

/// `PUT /api/v2/tenant/users/{user_id}/disable`
pub(super) async fn disable(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    Ok(HttpResponse::Ok().json(call.set_disabled(&by, &call.segment("user_id"), true).await?))
}

/// `POST /api/v2/tenant/users/user-by-username`
pub(super) async fn by_user_name(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::UserName).await
}

/// `POST /api/v2/tenant/users/user-by-mobile`
pub(super) async fn by_mobile(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::Mobile).await
}

/// `POST /api/v2/tenant/users/user-by-email`
pub(super) async fn by_email(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::Email).await
}

/// `POST /api/v2/tenant/users/user-by-external-id`
pub(super) async fn by_external_id(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::ExternalId).await
}

/// JSON, or a form: one of the known clients sends its look-ups so.
async fn look_up(mut call: Call<TenantCiam>, builtin: Builtin) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let text = if is_form(&call) {
        validate::look_up_form(builtin, &call.bytes(BODY_LIMIT).await?)?
    } else {
        validate::look_up(builtin, call.json(BODY_LIMIT).await?)?
    };
    Ok(HttpResponse::Ok().json(call.look_up(&by, builtin, text).await?))
}
