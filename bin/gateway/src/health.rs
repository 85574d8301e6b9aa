//! `/healthz`: the process answers. `/readyz`: its store would take a write; of a store that is not in its
//! place it names the cause in fixed words. Both are open, and say no more.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, http::header};
use serde_json::json;

use crate::compose::House;

/// Mounts both.
pub fn routes(house: Arc<House>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .service(web::resource("/healthz").route(web::get().to(healthz)))
            .service(web::resource("/readyz").app_data(Data::from(house)).route(web::get().to(readyz)));
    }
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

async fn readyz(house: Data<House>) -> HttpResponse {
    match house.ready().await {
        Ok(()) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let mut body = json!({"status": "not ready"});
            if let Some(displaced) = house.db.displaced() {
                body["cause"] = displaced.cause().into();
            }
            HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, "1")).json(body)
        }
    }
}
