//! The admin API: what operators do. Errors are RFC 9457 problems.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use roster_kernel::ports::{Admission, Attempt, PortError, Throttle as _, TokenService as _};
use roster_kernel::{Fault, IntoWire, Origin, ReplyContext, WireError};
use roster_web::{Call, Endpoint, fallback};
use serde_json::json;

use crate::compose::{ADMIN, House};

/// What the admin API fails with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401. No operator's token.
    #[error("no operator token")]
    Unauthorized,
    /// The transport's and the house's failures.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

impl IntoWire for Error {
    fn to_wire(&self, _: &ReplyContext) -> WireError {
        match self {
            Self::Unauthorized => {
                let detail = "send an operator's token as 'Authorization: Bearer TOKEN'";
                WireError::problem(401, "Unauthorized", detail).header("WWW-Authenticate", "Bearer")
            }
            Self::Fault(fault) => problem(fault),
        }
    }
}

/// Any fault as a problem: of the admin API, and of paths that belong to nobody.
fn problem(fault: &Fault) -> WireError {
    let title = match fault.status() {
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    WireError::problem(fault.status(), title, &fault.caller_message()).headers(fault.headers())
}

/// Somebody with an operator's token.
pub struct Operator {
    name: String,
}

/// Mounts `/admin/v1`.
pub fn routes(house: Arc<House>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(
            web::scope("/admin/v1")
                .app_data(Data::from(house))
                .service(Endpoint::<House, Error>::at("/operator").get(operator))
                .default_service(fallback::<Error>()),
        );
    }
}

/// `GET /admin/v1/operator`: who the token's operator is.
async fn operator(call: Call<House>) -> Result<HttpResponse, Error> {
    let operator = authorize(&call, call.authorization(), call.origin()).await?;
    Ok(HttpResponse::Ok().json(json!({"name": operator.name})))
}

async fn authorize(house: &House, authorization: Option<&str>, origin: Origin) -> Result<Operator, Error> {
    let token = authorization
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Error::Unauthorized)?;
    if let Ok(token) = house.tokens.verify(ADMIN, token).await? {
        return Ok(Operator { name: token.subject });
    }
    let attempt = Attempt { realm: ADMIN, account: None, address: origin.address };
    if let Admission::Refused { retry_after } = house.throttle.admit(attempt).await? {
        return Err(Fault::TooMany(retry_after).into());
    }
    house.throttle.failed(attempt).await?;
    Err(Error::Unauthorized)
}
