//! The admin API: what operators do. Errors are RFC 9457 problems.
//!
//! One file for each subject. A handler first asks for the `Operator`, whose handle every deed
//! needs.

mod ciam_attributes;
mod ciam_clients;
mod ciam_passwords;
mod ciam_settings;
mod device_accounts;
mod enterprise_keys;
mod enterprise_passwords;
mod error;
mod operator;
mod query;
mod tenants;

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use roster_kernel::ports::{Throttle, TokenService as _};
use roster_kernel::{Change, Origin};
use roster_web::{Call, Endpoint, fallback};

pub(crate) use enterprise_keys::explained;
pub use error::Error;

use crate::compose::{ADMIN, Dialects, House};

/// What the handlers stand on.
pub(crate) struct Desk {
    house: Arc<House>,
    dialects: Dialects,
}

/// Mounts `/admin/v1`.
pub fn routes(house: Arc<House>, dialects: Dialects) -> impl FnOnce(&mut ServiceConfig) {
    let at = Endpoint::<Desk, Error>::at;
    let tenant = move |path: &str| at(&format!("/tenants/{{tenant}}{path}"));
    move |config| {
        config.service(
            web::scope("/admin/v1")
                .app_data(Data::new(Desk { house, dialects }))
                .service(at("/operator").get(operator::read))
                .service(at("/enterprise-users/verify-password").post(enterprise_passwords::verify))
                .service(
                    at("/enterprise-users/{user_id}/keys")
                        .get(enterprise_keys::list)
                        .post(enterprise_keys::create),
                )
                .service(at("/enterprise-users/{user_id}/keys/{note}").delete(enterprise_keys::revoke))
                .service(at("/device-accounts").get(device_accounts::list).post(device_accounts::create))
                .service(at("/device-accounts/{name}").delete(device_accounts::delete))
                .service(at("/device-accounts/{name}/password").put(device_accounts::set_password))
                .service(at("/device-accounts/{name}/enable").put(device_accounts::enable))
                .service(at("/device-accounts/{name}/disable").put(device_accounts::disable))
                .service(at("/tenants").get(tenants::list).post(tenants::create))
                .service(
                    tenant("").get(tenants::read).patch(tenants::change).patient().delete(tenants::delete),
                )
                .service(tenant("/clients").get(ciam_clients::list).post(ciam_clients::create))
                .service(tenant("/clients/{client}").delete(ciam_clients::revoke))
                .service(tenant("/clients/{client}/rotate").post(ciam_clients::rotate))
                .service(
                    tenant("/attributes").get(ciam_attributes::list).patient().put(ciam_attributes::order),
                )
                .service(
                    tenant("/attributes/{key}")
                        .patient()
                        .put(ciam_attributes::put)
                        .delete(ciam_attributes::remove),
                )
                .service(tenant("/users/search").post(ciam_attributes::search))
                .service(
                    tenant("/area-codes").get(ciam_settings::area_codes).put(ciam_settings::put_area_codes),
                )
                .service(
                    tenant("/password-policy")
                        .get(ciam_settings::password_policy)
                        .put(ciam_settings::put_password_policy),
                )
                .service(
                    tenant("/weak-passwords")
                        .get(ciam_settings::weak_passwords)
                        .post(ciam_settings::edit_weak_passwords)
                        .delete(ciam_settings::clear_weak_passwords),
                )
                .service(tenant("/users/verify-password").post(ciam_passwords::verify))
                .default_service(fallback::<Error>()),
        );
    }
}

/// Somebody with an operator's token; only [`Operator::of`] makes one.
pub(crate) struct Operator {
    name: String,
}

impl Operator {
    /// A change by him.
    fn change(&self, house: &House, origin: Origin) -> Change {
        Change { origin, ..house.change(&format!("operator:{}", self.name)) }
    }

    /// Who calls.
    async fn of(call: &Call<Desk>) -> Result<Self, Error> {
        Self::present(&call.house, call.authorization(), call.origin()).await
    }

    /// Whose token this `Authorization` header holds.
    pub(crate) async fn present(
        house: &House,
        authorization: Option<&str>,
        origin: Origin,
    ) -> Result<Self, Error> {
        let token = authorization
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Error::Unauthorized)?;
        let throttle: &dyn Throttle = house.throttle.as_ref();
        if let Ok(token) = house.tokens.verify(ADMIN, token).await? {
            throttle.spend(ADMIN, &token.subject)?;
            return Ok(Self { name: token.subject });
        }
        throttle.wrong(ADMIN, origin.address).await?;
        Err(Error::Unauthorized)
    }
}
