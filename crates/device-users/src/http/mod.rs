//! The routes, for actix-web.

mod auth;
mod groups;
mod stream;
mod users;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use roster_web::{Call, Endpoint, fallback};
use serde::Serialize;

use crate::domain::Window;
use crate::error::Error;
use crate::service::{Caller, DeviceUsers};
use crate::wire::Envelope;

/// Mounts the dialect under `/v1` and `/v2`.
pub fn routes(service: Arc<DeviceUsers>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let service = Data::from(service);
        config.service(
            web::scope("/v1")
                .app_data(service.clone())
                .service(at("/auth/login").post(auth::login))
                .service(at("/auth/errors").get(auth::errors))
                .service(at("/user").post(users::create))
                .service(at("/user/search").post(users::search))
                .service(at("/user/id/{id}").get(users::read).put(users::update).delete(users::delete))
                .service(at("/user/offset/{offset}/limit/{limit}").get(users::list))
                .service(at("/group").post(groups::create))
                .service(at("/group/search").post(groups::search))
                .service(at("/group/id/{id}").get(groups::read).put(groups::update).delete(groups::delete))
                .service(
                    at("/group/id/{id}/users").get(groups::members).post(groups::join).delete(groups::leave),
                )
                .service(at("/group/offset/{offset}/limit/{limit}").get(groups::list))
                .default_service(fallback::<Error>()),
        );
        config.service(
            web::scope("/v2")
                .app_data(service)
                .service(at("/user").patient().post(users::create_all).delete(users::delete_all))
                .service(at("/group").patient().post(groups::create_all).delete(groups::delete_all))
                .service(at("/datasync/info").get(users::versions))
                .default_service(fallback::<Error>()),
        );
    }
}

fn at(path: &str) -> Endpoint<DeviceUsers, Error> {
    Endpoint::at(path)
}

/// Who calls.
async fn caller(call: &Call<DeviceUsers>) -> Result<Caller, Error> {
    call.caller(call.authorization(), call.origin()).await
}

/// Which part of a list the path asks for.
fn window(call: &Call<DeviceUsers>) -> Result<Window, Error> {
    Window::parse(&call.segment("offset"), &call.segment("limit")).map_err(Error::Invalid)
}

fn ok(data: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(Envelope::ok(data))
}
