use actix_web::HttpResponse;
use actix_web::http::header;
use roster_web::Call;

use super::{BODY_LIMIT, lists, query};
use crate::domain::Tokens;
use crate::error::Error;
use crate::service::IotRoles;
#[cfg(feature = "openapi")]
use crate::{
    domain::{Name, ObjectId},
    openapi::{PageQuery, Refusal},
};
use crate::{validate, wire};

/// Signs a user in.
///
/// `POST /server/login` (I5): open. Answers a pair of tokens: an access token for an hour, a refresh token
/// for 24 hours. A device signs in once at a time.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/login",
        tag = "sessions",
        security(()),
        request_body(content = wire::Login, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The pair", body = wire::Tokens),
            (
                status = 401,
                description = "Name and password do not belong together, the user is suspended, or the device is signed in already",
                body = Refusal,
            ),
            (
                status = 406,
                description = "The name or the password is empty, or there is no such domain, or none for this user",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn login(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let credentials = validate::login(call.json(BODY_LIMIT).await?)?;
    let device = call.header(header::USER_AGENT.as_str());
    Ok(answer(&call.login(credentials, call.origin(), device).await?))
}

/// Exchanges a refresh token for a new pair.
///
/// `GET /server/token` (I5): the bearer token is the refresh token, and ends with it; access tokens that
/// were issued live to their hour. Presented again within 10 seconds it is answered with the same pair,
/// unless that was refreshed in turn; later its whole session ends. A session lasts for `session_days` at
/// the most. `HEAD` is not answered.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/token",
        tag = "sessions",
        responses(
            (status = 200, description = "The pair", body = wire::Tokens),
            (status = 403, description = "No token of this service was presented", body = Refusal),
            (
                status = 406,
                description = "An access token was presented, or its domain is none for the user any more",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn refresh(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    Ok(answer(&call.refresh(call.authorization(), call.origin()).await?))
}

/// Lists the sessions that are not over, newest first.
///
/// `GET /server/sessions` (I5): for users of role SYSTEM. A session is one login: its tokens and all that
/// came of them by refreshing or choosing a domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sessions",
        tag = "sessions",
        params(
            PageQuery,
        ),
        responses(
            (
                status = 200,
                description = "A page of sessions",
                body = ref("#/components/schemas/SessionPage"),
            ),
            (
                status = 406,
                description = "`currentPage` or `numPerPage` is no whole number within its bounds",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    let page = validate::page(&query(&call))?;
    let listed = call.live_sessions(&by, page).await?;
    lists::page(&call, listed, page, |session| serde_json::to_vec(&wire::Session::from(session)))
}

/// Reads a session.
///
/// `GET /server/sessions/{id}` (I5): for users of role SYSTEM.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sessions/{id}",
        tag = "sessions",
        params(
            ("id" = ObjectId, Path, description = "The id of the session, the claim `sid` of its tokens", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        responses(
            (status = 200, description = "The session", body = wire::Session),
            (status = 404, description = "There is no such session, or it is over", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    let owner = call.live_session(&by, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().json(wire::Session::from(&owner)))
}

/// Ends a session.
///
/// `DELETE /server/sessions/{id}` (I5): for users of role SYSTEM. All its tokens are worth nothing from now
/// on.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/sessions/{id}",
        tag = "sessions",
        params(
            ("id" = ObjectId, Path, description = "The id of the session, the claim `sid` of its tokens", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (status = 404, description = "There is no such session", body = Refusal),
        ),
    )
)]
pub(crate) async fn end(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    call.end_session(&by, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Ends the caller's own session.
///
/// `DELETE /server/sessions/me` (I5): for every role. All tokens of the session are worth nothing from now
/// on.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/sessions/me",
        tag = "sessions",
        responses(
            (status = 200, description = "Done; the answer has no body"),
        ),
    )
)]
pub(crate) async fn end_own(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?;
    call.end_own_session(&by).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Chooses the domain to work in.
///
/// `PATCH /server/domains/{name}` (I5): for users of role SYSTEM and AREA. Answers a new pair of tokens for
/// it, of the same session; the token that was presented lives to its hour.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/domains/{name}",
        tag = "domains",
        params(
            ("name" = Name, Path, description = "The name of the domain", example = "demo"),
        ),
        responses(
            (status = 200, description = "The new pair", body = wire::Tokens),
            (
                status = 406,
                description = "There is no such domain, or the caller has no area in it",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn choose_domain(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.person()?;
    Ok(answer(&call.choose_domain(&by, &call.unchecked_segment("name")).await?))
}

fn answer(tokens: &Tokens) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(wire::Tokens::from(tokens))
}
