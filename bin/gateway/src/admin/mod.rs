//! The admin API: what operators do. Errors are RFC 9457 problems.
//!
//! One file for each subject. A handler first asks for the `Operator`, whose handle every deed
//! needs.

mod bodies;
mod ciam_attributes;
mod ciam_clients;
mod ciam_passwords;
mod ciam_settings;
mod device_accounts;
mod enterprise_keys;
mod enterprise_passwords;
mod error;
mod openapi;
mod operator;
mod operators;
mod query;
mod tenants;
mod unlock;

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use roster_kernel::ports::{Throttle, TokenRejection, TokenService as _};
use roster_kernel::{Change, Origin};
use roster_web::{Call, Endpoint, Mounted, Routes};

pub(crate) use enterprise_keys::explained;
pub use error::Error;
pub(crate) use openapi::document;
pub(crate) use operators::shown as operators_shown;

use crate::compose::{ADMIN, Dialects, House};

/// What the handlers stand on.
pub(crate) struct Desk {
    house: Arc<House>,
    dialects: Dialects,
}

/// Mounts `/admin/v1`.
pub fn routes(house: Arc<House>, dialects: Dialects) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(all().of(Data::new(Desk { house, dialects })));
    }
}

/// Every path that [`routes`] mounts, with its methods.
pub fn mounted() -> Vec<Mounted> {
    all().mounted()
}

fn all() -> Routes<Desk, Error> {
    let at = Endpoint::<Desk, Error>::at;
    let tenant = move |path: &str| at(&format!("/tenants/{{tenant}}{path}"));
    let endpoints = vec![
        at("/operator").get(operator::read),
        at("/operators").get(operators::list).post(operators::create),
        at("/operators/{name}").delete(operators::revoke),
        at("/operators/{name}/rotate").post(operators::rotate),
        at("/unlock").post(unlock::create),
        at("/enterprise-users/verify-password").post(enterprise_passwords::verify),
        at("/enterprise-users/{user_id}/keys").get(enterprise_keys::list).post(enterprise_keys::create),
        at("/enterprise-users/{user_id}/keys/{note}").delete(enterprise_keys::revoke),
        at("/device-accounts").get(device_accounts::list).post(device_accounts::create),
        at("/device-accounts/{name}").delete(device_accounts::delete),
        at("/device-accounts/{name}/password").put(device_accounts::set_password),
        at("/device-accounts/{name}/enable").put(device_accounts::enable),
        at("/device-accounts/{name}/disable").put(device_accounts::disable),
        at("/tenants").get(tenants::list).post(tenants::create),
        tenant("").get(tenants::read).patch(tenants::change).patient().delete(tenants::delete),
        tenant("/clients").get(ciam_clients::list).post(ciam_clients::create),
        tenant("/clients/{client}").delete(ciam_clients::revoke),
        tenant("/clients/{client}/rotate").post(ciam_clients::rotate),
        tenant("/attributes").get(ciam_attributes::list).patient().put(ciam_attributes::order),
        tenant("/attributes/{key}").patient().put(ciam_attributes::put).delete(ciam_attributes::remove),
        tenant("/users/search").post(ciam_attributes::search),
        tenant("/area-codes").get(ciam_settings::area_codes).put(ciam_settings::put_area_codes),
        tenant("/password-policy")
            .get(ciam_settings::password_policy)
            .put(ciam_settings::put_password_policy),
        tenant("/weak-passwords")
            .get(ciam_settings::weak_passwords)
            .post(ciam_settings::edit_weak_passwords)
            .delete(ciam_settings::clear_weak_passwords),
        tenant("/users/verify-password").post(ciam_passwords::verify),
    ];
    Routes::below("/admin/v1", endpoints)
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
        match house.tokens.verify(ADMIN, token).await? {
            Ok(token) => {
                throttle.spend(ADMIN, &token.subject)?;
                Ok(Self { name: token.subject })
            }
            // One that we made ourselves is no guess.
            Err(TokenRejection::Expired) => Err(Error::Expired),
            Err(_) => {
                throttle.wrong(ADMIN, origin.address).await?;
                Err(Error::Unauthorized)
            }
        }
    }
}
