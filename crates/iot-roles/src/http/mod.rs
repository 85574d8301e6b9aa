//! The routes, for actix-web.

mod devices;
mod domains;
mod lists;
mod objects;
mod sessions;
mod sites;
mod tree;
mod types;
mod users;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Data, Query, ServiceConfig};
use roster_web::{Call, CrossOrigin, Endpoint, fallback};

use crate::domain::Tokens;
use crate::error::Error;
use crate::service::IotRoles;
use crate::{validate, wire};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 256 * 1024;

/// Mounts the dialect under `/server`, and with [`crate::Config::root_paths`] its paths, and
/// nothing else, at the root too (I2).
pub fn routes(service: Arc<IotRoles>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let root_paths = service.config().root_paths;
        let open_registration = service.config().open_registration;
        let all = || endpoints(open_registration).into_iter().chain(tree::endpoints());
        let origins = service.config().cors_origins.iter();
        let cross_origin = CrossOrigin::new(origins.map(ToString::to_string));
        let mut scope = web::scope("/server").wrap(cross_origin.layer());
        for endpoint in all() {
            scope = scope.service(endpoint);
        }
        config.app_data(Data::from(service)).service(scope.default_service(fallback::<Error>()));
        if root_paths {
            for endpoint in all() {
                config.service(endpoint.cross_origin(cross_origin.clone()));
            }
        }
    }
}

/// A slash at the end is let pass, as in the original.
fn endpoints(open_registration: bool) -> Vec<Endpoint<IotRoles, Error>> {
    // A path of its own takes no username away: whoever is called `password` can be read.
    let user = |path: &str| Endpoint::at(path).get(users::read).delete(users::delete);
    // Without it the path is a username's like any other.
    let register = open_registration.then(|| user("/users/{user:register}{slash:/?}").post(users::register));
    let others = vec![
        Endpoint::at("/user{slash:/?}").post(create),
        Endpoint::at("/users{slash:/?}").get(users::list).post(create).patch(users::change_areas),
        Endpoint::at("/users/me{slash:/?}").get(users::me),
        user("/users/{user:password}{slash:/?}").patch(users::change_own_password),
        user("/users/{user:status}{slash:/?}").patch(users::change_status),
        user("/users/{user}{slash:/?}"),
        Endpoint::at("/users/{user}/password{slash:/?}").patch(users::reset_password),
        Endpoint::at("/sessions{slash:/?}").get(sessions::list),
        Endpoint::at("/sessions/{id}{slash:/?}").get(sessions::read).delete(sessions::end),
        Endpoint::at("/login{slash:/?}").post(login),
        // Not asked for its headers alone: it ends the token that is presented.
        Endpoint::at("/token{slash:/?}").get_without_head(refresh),
    ];
    register.into_iter().chain(others).collect()
}

/// `POST /server/user`, `POST /server/users`
async fn create(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    // The body's form is judged before the caller's rank, its fields after it.
    let draft = validate::draft(call.json(BODY_LIMIT).await?)?;
    let user = call.create(&caller.system()?, draft).await?;
    Ok(HttpResponse::Ok().json(wire::User::from(&user)))
}

/// `POST /server/login`
async fn login(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let credentials = validate::login(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.login(credentials, call.origin()).await?))
}

/// `GET /server/token`
async fn refresh(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    Ok(answer(&call.refresh(call.authorization(), call.origin()).await?))
}

fn answer(tokens: &Tokens) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(wire::Tokens::from(tokens))
}

/// The pairs of the query; what is no form is no query.
fn query(call: &Call<IotRoles>) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> =
        Query::from_query(call.query()).map(Query::into_inner).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (name, without_nul(value))).collect()
}

/// The path's segment `{name}`.
fn segment(call: &Call<IotRoles>, name: &str) -> String {
    without_nul(call.segment(name))
}

/// NUL is in no stored text, and PostgreSQL takes none: what has one in it means nothing that is there.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
