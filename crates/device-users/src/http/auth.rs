//! `/v1/auth`

use actix_web::HttpResponse;
use roster_web::Call;

use super::ok;
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::openapi::Refusal;
use crate::service::DeviceUsers;
use crate::wire;
#[cfg(feature = "openapi")]
use crate::wire::Envelope;

/// Gives a token for the name and the password of a device account.
///
/// `POST /v1/auth/login`, open to all. Codes 1000 and 1001 tell accounts apart, so failures are throttled (D5, D7).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v1/auth/login",
        tag = "auth",
        request_body(content = wire::Login, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::Token<'static>>),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules",
                body = Refusal,
            ),
            (
                status = 401,
                description = "Code 1000: there is no such account. Code 1001: it has another password",
                body = Refusal,
            ),
        ),
        security(()),
    )
)]
pub(crate) async fn login(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let body = call.json(wire::MAX_BYTES).await?;
    let token = call.login(body, call.origin()).await?;
    Ok(ok(wire::Token { token: token.expose() }))
}

/// Tells what every `code` means.
///
/// `GET /v1/auth/errors`, open to all (D7).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/v1/auth/errors",
        tag = "auth",
        responses(
            (
                status = 200,
                description = "OK",
                body = Envelope<'static, std::collections::BTreeMap<String, String>>,
            ),
        ),
        security(()),
    )
)]
pub(crate) async fn errors(_: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    Ok(ok(wire::codes()))
}
