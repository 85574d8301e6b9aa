use actix_web::{HttpResponse, http::header};
use roster_web::Call;

use super::{BODY_LIMIT, list_query};
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::openapi::Refusal;
use crate::service::EnterpriseUsers;
use crate::wire;

/// Lists users, the newest first.
///
/// `GET /openapi/v1/users`: with a plain key those of its own enterprise (E10, E11).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/openapi/v1/users",
        tag = "users",
        params(
            (
                "query" = Option<String>,
                Query,
                description = "What nick name, e-mail or phone contain, without regard to case (E11)",
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
        responses((status = 200, description = "OK", body = wire::Users<'static>)),
    )
)]
pub(crate) async fn list(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    let listed = call.service().list(&by, &list_query(&call)).await?;
    Ok(HttpResponse::Ok().json(wire::Users::of(&listed, call.config().time_zone)))
}

/// Adds a user.
///
/// `POST /openapi/v1/users`: duplicates are looked for in the order nick name, e-mail, phone (E2, E7).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/openapi/v1/users",
        tag = "users",
        request_body(content = wire::CreateUser, description = "At most 256 KiB."),
        responses(
            (
                status = 201,
                description = "Created; without the password (E2)",
                body = wire::CreatedUser<'static>,
                headers(("Location" = String, description = "The path of the new user")),
            ),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules: all at once (E7); or the e-mail is taken",
                body = Refusal,
            ),
            (
                status = 403,
                description = "The key is a plain member's, or the user is beyond the configured span (E10)",
                body = Refusal,
            ),
            (status = 409, description = "The nick name or the phone number is taken (E7)", body = Refusal),
        ),
    )
)]
pub(crate) async fn create(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let user = call.create(&by, body).await?;
    let location = format!("/openapi/v1/users/{}", user.user_id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(wire::CreatedUser::from(&user)))
}

/// Reads a user.
///
/// `GET /openapi/v1/users/{user_id}` (E8, E9)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/openapi/v1/users/{user_id}",
        tag = "users",
        params(
            (
                "user_id" = String,
                Path,
                description = "An id, or a nick name of the caller's own enterprise (E8)",
                min_length = 1,
            ),
        ),
        responses(
            (status = 200, description = "OK", body = wire::UserInfo<'static>),
            (
                status = 403,
                description = "The key is a plain member's, or the user is beyond the configured span (E10)",
                body = Refusal,
            ),
            (status = 404, description = "There is no such user", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let user = call.find(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().json(wire::UserInfo::of(&user, call.config().time_zone)))
}

/// Changes a user.
///
/// `PUT /openapi/v1/users/{user_id}`: what is absent stays; nick name and enterprise never change (E14).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/openapi/v1/users/{user_id}",
        tag = "users",
        params(
            (
                "user_id" = String,
                Path,
                description = "An id, or a nick name of the caller's own enterprise (E8)",
                min_length = 1,
            ),
        ),
        request_body(content = wire::UpdateUser, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "Changed; no body"),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules: all at once (E7); the e-mail is taken; it is the caller himself or the last administrator who would be made inactive (E13)",
                body = Refusal,
            ),
            (
                status = 403,
                description = "The key is a plain member's, or the user is beyond the configured span (E10)",
                body = Refusal,
            ),
            (status = 404, description = "There is no such user", body = Refusal),
            (status = 409, description = "The phone number is taken", body = Refusal),
        ),
    )
)]
pub(crate) async fn update(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.update(&by, &call.segment("user_id"), body).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Deletes a user.
///
/// `DELETE /openapi/v1/users/{user_id}` (E9, E13)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/openapi/v1/users/{user_id}",
        tag = "users",
        params(
            (
                "user_id" = String,
                Path,
                description = "An id, or a nick name of the caller's own enterprise (E8)",
                min_length = 1,
            ),
        ),
        responses(
            (status = 200, description = "Deleted; no body"),
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
            (status = 404, description = "There is no such user", body = Refusal),
        ),
    )
)]
pub(crate) async fn delete(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    call.service().delete(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Tells whose key it is.
///
/// `GET /openapi/v1/currentuser` (E10, E13)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/openapi/v1/currentuser",
        tag = "users",
        responses((status = 200, description = "OK", body = wire::CurrentUser<'static>)),
    )
)]
pub(crate) async fn current(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    Ok(HttpResponse::Ok().json(wire::CurrentUser::from(by.user())))
}
