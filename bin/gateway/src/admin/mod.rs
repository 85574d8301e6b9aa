//! The admin API: what operators do. Errors are RFC 9457 problems.
//!
//! One file for each subject. A handler first asks for the [`Operator`], whose handle every deed
//! needs.

mod error;
mod operator;

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use roster_kernel::ports::{Throttle, TokenService as _};
use roster_web::{Call, Endpoint, fallback};

pub use error::Error;

use crate::compose::{ADMIN, House};

/// Mounts `/admin/v1`.
pub fn routes(house: Arc<House>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(
            web::scope("/admin/v1")
                .app_data(Data::from(house))
                .service(Endpoint::<House, Error>::at("/operator").get(operator::read))
                .default_service(fallback::<Error>()),
        );
    }
}

/// Somebody with an operator's token; only [`Operator::of`] makes one.
pub(crate) struct Operator {
    name: String,
}

impl Operator {
    /// Whose token this `Authorization` header holds.
    async fn of<S>(house: &House, call: &Call<S>) -> Result<Self, Error> {
        let token = call
            .authorization()
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Error::Unauthorized)?;
        if let Ok(token) = house.tokens.verify(ADMIN, token).await? {
            return Ok(Self { name: token.subject });
        }
        let throttle: &dyn Throttle = house.throttle.as_ref();
        throttle.wrong(ADMIN, call.origin().address).await?;
        Err(Error::Unauthorized)
    }
}
