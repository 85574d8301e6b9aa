use actix_web::HttpResponse;
use roster_web::Call;

use super::BODY_LIMIT;
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::openapi::Refusal;
use crate::service::EnterpriseUsers;
#[cfg(feature = "openapi")]
use crate::wire;

/// Changes a user's password.
///
/// `PUT /openapi/v1/users/{user_id}/changepwd` (E5, E13)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/openapi/v1/users/{user_id}/changepwd",
        tag = "passwords",
        params(
            (
                "user_id" = String,
                Path,
                description = "An id, or a nick name of the caller's own enterprise (E8)",
                min_length = 1,
            ),
        ),
        request_body(content = wire::ChangePassword, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "Changed; no body"),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules: all at once (E7); the passwords differ",
                body = Refusal,
            ),
            (
                status = 403,
                description = "The key is a plain member's, or the user is beyond the configured span (E10)",
                body = Refusal,
            ),
            (status = 404, description = "There is no such user", body = Refusal),
        ),
    )
)]
pub(crate) async fn change(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.change_password(&by, &call.segment("user_id"), body).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Changes the caller's own password.
///
/// `PUT /openapi/v1/changepwd`, with a plain key too (E10, E13).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/openapi/v1/changepwd",
        tag = "passwords",
        request_body(content = wire::ChangePassword, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "Changed; no body"),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules: all at once (E7); the passwords differ",
                body = Refusal,
            ),
            (status = 404, description = "The user was deleted meanwhile", body = Refusal),
        ),
    )
)]
pub(crate) async fn change_own(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.change_own_password(&by, body).await?;
    Ok(HttpResponse::Ok().finish())
}
