use std::cell::RefCell;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use roster_kernel::{OsRandom, Random as _};
use tracing::Instrument as _;

use crate::{client_address, figures};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

thread_local! {
    /// Ids tell requests apart and are no secret: asking the operating system for each would cost more
    /// than the rest of this middleware.
    static IDS: RefCell<fastrand::Rng> = RefCell::new(fastrand::Rng::with_seed(seed()));
}

#[derive(Clone)]
struct RequestId(String);

impl RequestId {
    fn fresh() -> Self {
        Self(format!("{:032x}", IDS.with_borrow_mut(|ids| ids.u128(..))))
    }
}

/// The id of `request`, if [`observe`] gave it one.
pub fn request_id(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<RequestId>().map(|id| id.0.clone())
}

/// Middleware: gives every request an id (the client's own, if it is one), answers it back, and
/// writes one line to the log when the answer is made. The path goes there without its query,
/// which may hold a secret.
///
/// Figures: `roster_http_requests_total` and `roster_http_request_duration_seconds`, by dialect and
/// by the route's pattern, never by a path, of which a client can make any number. Who records them
/// is to be installed before the first request.
pub async fn observe<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = request
        .headers()
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_request_id(id))
        .map_or_else(RequestId::fresh, |id| RequestId(id.to_owned()));
    let span = tracing::info_span!("request", id = id.0);
    // Checked above to be made of header characters alone.
    let header = HeaderValue::from_str(&id.0).ok();
    request.extensions_mut().insert(id);
    let begun = Instant::now();
    let mut response = next.call(request).instrument(span.clone()).await?;
    let took = begun.elapsed();
    let (request, status) = (response.request(), response.status().as_u16());
    figures::count(request, status, took);
    span.in_scope(|| {
        let (method, path, ms) = (request.method(), request.path(), took.as_millis());
        match client_address(request) {
            Some(address) => tracing::info!(%method, path, status, ms, %address, "answered"),
            None => tracing::info!(%method, path, status, ms, "answered"),
        }
    });
    if let Some(header) = header {
        response.headers_mut().insert(X_REQUEST_ID, header);
    }
    Ok(response)
}

fn seed() -> u64 {
    let mut seed = [0; 8];
    OsRandom.fill(&mut seed);
    u64::from_ne_bytes(seed)
}

fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        assert!(is_request_id("a.B_c-1"));
        assert!(!is_request_id(""));
        assert!(!is_request_id("a b"));
        assert!(!is_request_id(&"x".repeat(65)));
    }
}
