//! `/healthz`: the process answers. `/readyz`: its store would take a write, and the gateway is not stopping;
//! of a store that is not in its place it names the cause in fixed words. Both are open, and say no more.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, http::header};
use serde_json::{Value, json};

use crate::compose::House;
use crate::shutdown::Stopping;

/// Mounts both.
pub(crate) fn routes(house: Arc<House>, stopping: Stopping) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let readyz = web::resource("/readyz").app_data(Data::from(house)).app_data(Data::new(stopping));
        config
            .service(web::resource("/healthz").route(web::get().to(healthz)))
            .service(readyz.route(web::get().to(self::readyz)));
    }
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

async fn readyz(house: Data<House>, stopping: Data<Stopping>) -> HttpResponse {
    if stopping.has_begun() {
        return not_ready(&json!({"status": "stopping"}));
    }
    match house.ready().await {
        Ok(()) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let mut body = json!({"status": "not ready"});
            if let Some(displaced) = house.db.displaced() {
                body["cause"] = displaced.cause().into();
            }
            not_ready(&body)
        }
    }
}

fn not_ready(body: &Value) -> HttpResponse {
    HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, "1")).json(body)
}
