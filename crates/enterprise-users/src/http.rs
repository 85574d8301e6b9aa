//! The routes, for actix-web: one file for each subject.

#[path = "administrators/http.rs"]
pub(crate) mod administrators;
#[path = "passwords/http.rs"]
pub(crate) mod passwords;
#[path = "users/http.rs"]
pub(crate) mod users;

use std::sync::Arc;

use actix_web::web::{Data, Query, ServiceConfig};
use roster_web::{Call, Endpoint, Mounted, Routes};

use crate::error::Error;
use crate::service::EnterpriseUsers;
use crate::wire::ListQuery;

/// The largest body, in bytes.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// Mounts the dialect under `/openapi/v1`.
pub fn routes(service: Arc<EnterpriseUsers>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(all().of(Data::from(service)));
    }
}

/// Every path that [`routes`] mounts, with its methods.
pub fn mounted() -> Vec<Mounted> {
    all().mounted()
}

fn all() -> Routes<EnterpriseUsers, Error> {
    let at = Endpoint::<EnterpriseUsers, Error>::at;
    let endpoints = vec![
        at("/users").get(users::list).post(users::create),
        at("/users/{user_id}").get(users::read).put(users::update).delete(users::delete),
        at("/users/{user_id}/changepwd").put(passwords::change),
        at("/changepwd").put(passwords::change_own),
        at("/currentuser").get(users::current),
        at("/administrators").get(administrators::list).post(administrators::appoint),
        at("/administrators/{user_id}").delete(administrators::dismiss),
    ];
    Routes::below("/openapi/v1", endpoints)
}

/// The query of a list; what is no form is no query.
fn list_query(call: &Call<EnterpriseUsers>) -> ListQuery {
    let pairs = Query::<Vec<(String, String)>>::from_query(call.query());
    ListQuery::of(&pairs.map(Query::into_inner).unwrap_or_default())
}
