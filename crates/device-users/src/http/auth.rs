//! `/v1/auth`

use actix_web::HttpResponse;
use roster_web::Call;

use super::ok;
use crate::error::Error;
use crate::service::DeviceUsers;
use crate::wire;

/// `POST /v1/auth/login`
pub(super) async fn login(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let body = call.json(wire::MAX_BYTES).await?;
    let token = call.login(body, call.origin()).await?;
    Ok(ok(wire::Token { token: token.expose() }))
}

/// `GET /v1/auth/errors`, open to all.
pub(super) async fn errors(_: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    Ok(ok(wire::codes()))
}
