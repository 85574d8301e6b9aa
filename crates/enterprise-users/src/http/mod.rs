//! The routes, for actix-web: one file for each subject.

mod administrators;
mod passwords;
mod users;

use std::sync::Arc;

use actix_web::web::{self, Data, Query, ServiceConfig};
use roster_web::{Call, Endpoint, fallback};

use crate::error::Error;
use crate::service::EnterpriseUsers;
use crate::wire::ListQuery;

/// The largest body, in bytes.
const BODY_LIMIT: usize = 256 * 1024;

/// Mounts the dialect under `/openapi/v1`.
pub fn routes(service: Arc<EnterpriseUsers>) -> impl FnOnce(&mut ServiceConfig) {
    let at = Endpoint::<EnterpriseUsers, Error>::at;
    move |config| {
        config.service(
            web::scope("/openapi/v1")
                .app_data(Data::from(service))
                .service(at("/users").get(users::list).post(users::create))
                .service(at("/users/{user_id}").get(users::read).put(users::update).delete(users::delete))
                .service(at("/users/{user_id}/changepwd").put(passwords::change))
                .service(at("/changepwd").put(passwords::change_own))
                .service(at("/currentuser").get(users::current))
                .service(at("/administrators").get(administrators::list).post(administrators::appoint))
                .service(at("/administrators/{user_id}").delete(administrators::dismiss))
                .default_service(fallback::<Error>()),
        );
    }
}

/// The query of a list; what is no form is no query.
fn list_query(call: &Call<EnterpriseUsers>) -> ListQuery {
    let pairs = Query::<Vec<(String, String)>>::from_query(call.query());
    ListQuery::of(&pairs.map(Query::into_inner).unwrap_or_default())
}
