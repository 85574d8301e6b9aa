//! The routes, for actix-web.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use roster_web::{Call, Endpoint, fallback};

use crate::error::Error;
use crate::service::DeviceUsers;
use crate::wire::{self, CreateUser, Envelope, Login};

/// Mounts the dialect under `/v1` and `/v2`.
pub fn routes(service: Arc<DeviceUsers>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(
            web::scope("/v1")
                .app_data(Data::from(service))
                .service(Endpoint::<_, Error>::at("/user").post(create))
                .service(Endpoint::<_, Error>::at("/auth/login").post(login))
                .service(Endpoint::<_, Error>::at("/auth/errors").get(errors))
                .default_service(fallback::<Error>()),
        );
        config.service(web::scope("/v2").default_service(fallback::<Error>()));
    }
}

/// `POST /v1/user`
async fn create(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(CreateUser::MAX_BYTES).await?;
    let user = call.create(&by, body).await?;
    Ok(HttpResponse::Ok().json(Envelope::ok(wire::User::from(&user))))
}

/// `POST /v1/auth/login`
async fn login(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let body = call.json(Login::MAX_BYTES).await?;
    let token = call.login(body, call.origin()).await?;
    Ok(HttpResponse::Ok().json(Envelope::ok(wire::Token { token: token.expose() })))
}

/// `GET /v1/auth/errors`, open to all.
async fn errors(_: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(Envelope::ok(wire::codes())))
}
