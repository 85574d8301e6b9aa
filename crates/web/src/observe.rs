use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest};
use roster_kernel::{OsRandom, hex_token};
use tracing::Instrument as _;

use crate::client_address;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
struct RequestId(String);

/// Tells the dialect of a route's pattern, for the figures of [`observe`]: app data of a server that
/// has several. Unknown, it is empty.
#[derive(Debug, Clone, Copy)]
pub struct DialectOf(pub fn(pattern: &str) -> &'static str);

/// The id of `request`, if [`observe`] gave it one.
pub fn request_id(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<RequestId>().map(|id| id.0.clone())
}

/// Middleware: gives every request an id (the client's own, if it is one), answers it back, and
/// writes one line to the log when the answer is made. The path goes there without its query,
/// which may hold a secret.
///
/// Figures: `roster_http_requests_total` and `roster_http_request_duration_seconds`, by dialect and
/// by the route's pattern, never by a path, of which a client can make any number.
pub async fn observe<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let id = request
        .headers()
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_request_id(id))
        .map_or_else(|| hex_token(&OsRandom, 16), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id);
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let address = client_address(request.request());
    let begun = Instant::now();
    let mut response = next.call(request).instrument(span.clone()).await?;
    let status = response.status().as_u16();
    let took = begun.elapsed();
    let ms = took.as_millis();
    count(response.request(), &method, status, took);
    span.in_scope(|| match address {
        Some(address) => tracing::info!(%method, path, status, ms, %address, "answered"),
        None => tracing::info!(%method, path, status, ms, "answered"),
    });
    // Checked above to be made of header characters alone.
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    Ok(response)
}

/// The dialect whose route this is; empty for none.
pub(crate) fn dialect_of(request: &HttpRequest) -> &'static str {
    let pattern = request.match_pattern();
    let dialect = request.app_data::<Data<DialectOf>>().zip(pattern.as_deref());
    dialect.map_or("", |(of, pattern)| of.0(pattern))
}

fn count(request: &HttpRequest, method: &Method, status: u16, took: Duration) {
    let (pattern, dialect) = (request.match_pattern(), dialect_of(request));
    // A slash at the end that is let pass is no route of its own.
    let route = pattern.map_or_else(|| "none".to_owned(), |pattern| pattern.replace("{slash:/?}", ""));
    let labels = [("dialect", dialect.to_owned()), ("route", route)];
    metrics::histogram!("roster_http_request_duration_seconds", &labels).record(took);
    let [dialect, route] = labels;
    let (method, status) = (("method", known(method).to_owned()), ("status", status.to_string()));
    metrics::counter!("roster_http_requests_total", &[dialect, route, method, status]).increment(1);
}

/// A client may send any word for a method.
fn known(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    }
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
