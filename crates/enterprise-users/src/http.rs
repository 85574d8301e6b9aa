//! The routes, for actix-web.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, http::header};
use roster_web::{Call, Endpoint, fallback};

use crate::error::Error;
use crate::service::EnterpriseUsers;
use crate::wire;

/// The largest body, in bytes.
const BODY_LIMIT: usize = 256 * 1024;

/// Mounts the dialect under `/openapi/v1`.
pub fn routes(service: Arc<EnterpriseUsers>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(
            web::scope("/openapi/v1")
                .app_data(Data::from(service))
                .service(Endpoint::<_, Error>::at("/users").post(create))
                .service(Endpoint::<_, Error>::at("/users/{user_id}").get(read))
                .default_service(fallback::<Error>()),
        );
    }
}

/// `POST /openapi/v1/users`
async fn create(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let user = call.create(&by, body).await?;
    let location = format!("/openapi/v1/users/{}", user.user_id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(wire::CreatedUser::from(&user)))
}

/// `GET /openapi/v1/users/{user_id}`
async fn read(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let user = call.find(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().json(wire::UserInfo::of(&user, call.config().time_zone)))
}
