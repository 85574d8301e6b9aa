use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, client};
use crate::error::Error;
use crate::service::TenantCiam;
#[cfg(feature = "openapi")]
use crate::{domain::UserId, openapi::Bad, wire};

/// Gives a user another password.
///
/// `PUT /api/v2/tenant/users/{user_id}/change-password` (C6, C11)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/api/v2/tenant/users/{user_id}/change-password",
        tag = "passwords",
        params(
            ("user_id" = UserId, Path, description = "The user's id", example = "20201028102749564-9082-DC8CD2722"),
        ),
        request_body(content = wire::ChangePassword, description = "At most 2 MiB."),
        responses(
            (status = 200, description = "Who was changed", body = wire::ChangedUser),
            (
                status = 400,
                description = "`USER.0001`: there is no such user; `USER.0006`: the password is empty; `PWD.0001` to \
                               `PWD.0007`: it breaks the policy; `PARAM.0001`: a member is of another type; or the token is \
                               unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn change(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.change_password(&by, &call.segment("user_id"), body).await?))
}

/// Gives a user another password, if the old one is right.
///
/// `PUT /api/v2/tenant/users/{user_id}/change-password-verify` (C6, C8, C11): it need not be changed at the
/// next login. After ten wrong ones in a row 429, for a second and then ever longer.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/api/v2/tenant/users/{user_id}/change-password-verify",
        tag = "passwords",
        params(
            ("user_id" = UserId, Path, description = "The user's id", example = "20201028102749564-9082-DC8CD2722"),
        ),
        request_body(content = wire::ChangePasswordVerified, description = "At most 2 MiB."),
        responses(
            (status = 200, description = "Who was changed", body = wire::ChangedUser),
            (
                status = 400,
                description = "`USER.0001`: there is no such user; `PWD.0008`: the old password is wrong; `USER.0006`: the \
                               password is empty; `PWD.0001` to `PWD.0007`: it breaks the policy; `PARAM.0001`: a member is \
                               of another type, or the old password is absent; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn change_verified(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.change_password_verified(&by, &call.segment("user_id"), body).await?))
}
