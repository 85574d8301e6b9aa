use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, list_query};
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::openapi::Refusal;
use crate::service::EnterpriseUsers;
use crate::wire;

/// Lists administrators, the newest first.
///
/// `GET /openapi/v1/administrators` (E11, E13)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/openapi/v1/administrators",
        tag = "administrators",
        params(
            (
                "eid" = Option<String>,
                Query,
                description = "The enterprise; without it, all that the caller reaches",
            ),
            (
                "page" = Option<i64>,
                Query,
                description = "The page, 1 by default; one that is none counts as 1 (E11)",
                minimum = 1,
            ),
            (
                "page_size" = Option<i64>,
                Query,
                description = "Users to a page, 1 to 1000, 10 by default; clamped (E11)",
                minimum = 1,
                maximum = 1000,
            ),
        ),
        responses(
            (status = 200, description = "OK", body = wire::Users<'static>),
            (
                status = 403,
                description = "The key is a plain member's, or the user is beyond the configured span (E10)",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn list(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let listed = call.administrators(&by, &list_query(&call)).await?;
    Ok(HttpResponse::Ok().json(wire::Users::of(&listed, call.config().time_zone)))
}

/// Makes a user an administrator of his enterprise.
///
/// `POST /openapi/v1/administrators`: one who is already stays one (E13).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/openapi/v1/administrators",
        tag = "administrators",
        request_body(content = wire::Appointment, description = "At most 256 KiB."),
        responses(
            (status = 201, description = "Made; no body"),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules: all at once (E7); nobody is in the enterprise; the user is of another one",
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
pub(crate) async fn appoint(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.appoint(&by, body).await?;
    Ok(HttpResponse::Created().finish())
}

/// Takes an administrator's rank; he remains a user.
///
/// `DELETE /openapi/v1/administrators/{user_id}` (E13)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/openapi/v1/administrators/{user_id}",
        tag = "administrators",
        params(
            (
                "user_id" = String,
                Path,
                description = "An id, or a nick name of the caller's own enterprise (E8)",
                min_length = 1,
            ),
        ),
        responses(
            (status = 200, description = "Done; no body"),
            (
                status = 400,
                description = "It is the caller himself, or the last administrator (E13)",
                body = Refusal,
            ),
            (
                status = 403,
                description = "The key is a plain member's, or the user is beyond the configured span (E10)",
                body = Refusal,
            ),
            (status = 404, description = "There is no such user, or he is no administrator", body = Refusal),
        ),
    )
)]
pub(crate) async fn dismiss(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    call.dismiss(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}
