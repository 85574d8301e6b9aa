use std::sync::Arc;

use actix_cors::Cors;
use actix_web::http::header;
use actix_web::middleware::Condition;

/// How long a browser may remember the answer to a preflight, in seconds.
const MAX_AGE: usize = 3600;

/// The origins whose scripts may call; none by default, and never all of them.
#[derive(Debug, Clone, Default)]
pub struct CrossOrigin(Arc<[String]>);

impl CrossOrigin {
    /// Scripts from these origins, each `scheme://host[:port]` as a browser sends it, may call with
    /// every method and with credentials. An origin that is no URI stops the server from starting.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Self {
        Self(origins.into_iter().collect())
    }

    /// The middleware for a scope or a resource: answers preflights before anything else looks at
    /// them, and puts its headers on every answer, errors too. Without origins it does nothing.
    pub fn layer(&self) -> Condition<Cors> {
        let mut cors = Cors::default()
            .allowed_methods(["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"])
            .allow_any_header()
            .expose_headers([header::RETRY_AFTER, header::WWW_AUTHENTICATE])
            .expose_headers(["X-Request-Id"])
            .supports_credentials()
            .max_age(MAX_AGE);
        for origin in self.0.iter() {
            cors = cors.allowed_origin(origin);
        }
        Condition::new(!self.0.is_empty(), cors)
    }
}
