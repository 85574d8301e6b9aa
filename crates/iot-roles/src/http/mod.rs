//! The routes, for actix-web.

pub(crate) mod device_types;
pub(crate) mod devices;
pub(crate) mod domains;
mod lists;
mod objects;
pub(crate) mod sessions;
pub(crate) mod site_types;
pub(crate) mod sites;
mod tree;
mod types;
pub(crate) mod users;

use std::sync::Arc;

use actix_web::web::{Data, Query, ServiceConfig};
use roster_web::{Call, CrossOrigin, Endpoint, Mounted, Routes};

use crate::config::Config;
use crate::error::Error;
use crate::service::IotRoles;

/// The largest body, in bytes.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// What stands before every path.
pub const PREFIX: &str = "/server";

/// A slash at the end is let pass, as in the original.
const SLASH: &str = "{slash:/?}";

/// Mounts the dialect under `/server`, and with [`crate::Config::root_paths`] its paths, and
/// nothing else, at the root too (I2).
pub fn routes(service: Arc<IotRoles>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let root_paths = service.config().root_paths;
        let all = || endpoints(service.config());
        let origins = service.config().cors_origins.iter();
        let cross_origin = CrossOrigin::new(origins.map(ToString::to_string));
        config.service(Routes::below(PREFIX, all()).cross_origin(cross_origin.clone()));
        if root_paths {
            for endpoint in all() {
                config.service(endpoint.cross_origin(cross_origin.clone()));
            }
        }
        config.app_data(Data::from(service));
    }
}

/// Every path under [`PREFIX`] that [`routes`] mounts, with its methods, as documents write it:
/// without the slash at its end, and a segment that is one word as that word.
pub fn mounted(config: &Config) -> Vec<Mounted> {
    let word = |segment: &str| match segment.split_once(':') {
        Some((_, word)) => word.trim_end_matches('}').to_owned(),
        None => segment.to_owned(),
    };
    let plain = |path: &str| path.replace(SLASH, "").split('/').map(word).collect::<Vec<_>>().join("/");
    let mounted = Routes::below(PREFIX, endpoints(config)).mounted();
    mounted.into_iter().map(|mounted| Mounted { path: plain(&mounted.path), ..mounted }).collect()
}

fn endpoints(config: &Config) -> Vec<Endpoint<IotRoles, Error>> {
    let at = |path: &str| Endpoint::at(&format!("{path}{SLASH}"));
    // A path of its own takes no username away: whoever is called `password` can be read.
    let user = |path: &str| at(path).get(users::read).delete(users::delete);
    // Without it the path is a username's like any other.
    let register = config.open_registration.then(|| user("/users/{user:register}").post(users::register));
    let others = vec![
        at("/user").post(users::create),
        at("/users").get(users::list).post(users::add).patch(users::change_areas),
        at("/users/me").get(users::me),
        user("/users/{user:password}").patch(users::change_own_password),
        user("/users/{user:status}").patch(users::change_status),
        user("/users/{user}"),
        at("/users/{user}/password").patch(users::reset_password),
        at("/sessions").get(sessions::list),
        at("/sessions/me").delete(sessions::end_own),
        at("/sessions/{id}").get(sessions::read).delete(sessions::end),
        at("/login").post(sessions::login),
        // Not asked for its headers alone: it ends the token that is presented.
        at("/token").get_without_head(sessions::refresh),
    ];
    register.into_iter().chain(others).chain(tree::endpoints()).collect()
}

/// The pairs of the query; what is no form is no query.
fn query(call: &Call<IotRoles>) -> Vec<(String, String)> {
    Query::from_query(call.query()).map(Query::into_inner).unwrap_or_default()
}
