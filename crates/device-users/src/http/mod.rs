//! The routes, for actix-web.

pub(crate) mod auth;
pub(crate) mod groups;
mod stream;
pub(crate) mod users;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use roster_web::{Call, Endpoint, Mounted, Routes};
use serde::Serialize;

use crate::domain::Window;
use crate::error::Error;
use crate::service::{Caller, DeviceUsers};
use crate::wire::Envelope;

/// Mounts the dialect under `/v1` and `/v2`.
pub fn routes(service: Arc<DeviceUsers>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let service = Data::from(service);
        config.service(v1().of(service.clone())).service(v2().of(service));
    }
}

/// Every path that [`routes`] mounts, with its methods.
pub fn mounted() -> Vec<Mounted> {
    [v1().mounted(), v2().mounted()].concat()
}

fn v1() -> Routes<DeviceUsers, Error> {
    let endpoints = vec![
        at("/auth/login").post(auth::login),
        at("/auth/errors").get(auth::errors),
        at("/user").post(users::create),
        at("/user/search").post(users::search),
        at("/user/id/{id}").get(users::read).put(users::update).delete(users::delete),
        at("/user/offset/{offset}/limit/{limit}").get(users::list),
        at("/group").post(groups::create),
        at("/group/search").post(groups::search),
        at("/group/id/{id}").get(groups::read).put(groups::update).delete(groups::delete),
        at("/group/id/{id}/users").get(groups::members).post(groups::join).delete(groups::leave),
        at("/group/offset/{offset}/limit/{limit}").get(groups::list),
    ];
    Routes::below("/v1", endpoints)
}

fn v2() -> Routes<DeviceUsers, Error> {
    let endpoints = vec![
        at("/user").patient().post(users::create_all).delete(users::delete_all),
        at("/group").patient().post(groups::create_all).delete(groups::delete_all),
        at("/datasync/info").get(users::versions),
    ];
    Routes::below("/v2", endpoints)
}

fn at(path: &str) -> Endpoint<DeviceUsers, Error> {
    Endpoint::at(path)
}

/// Who calls.
async fn caller(call: &Call<DeviceUsers>) -> Result<Caller, Error> {
    if call.is_forwarded_by_stranger() {
        return call.forwarded_caller(call.authorization(), call.origin()).await;
    }
    call.caller(call.authorization(), call.origin()).await
}

/// Which part of a list the path asks for.
fn window(call: &Call<DeviceUsers>) -> Result<Window, Error> {
    Window::parse(&call.segment("offset"), &call.segment("limit")).map_err(Error::Invalid)
}

fn ok(data: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(Envelope::ok(data))
}
