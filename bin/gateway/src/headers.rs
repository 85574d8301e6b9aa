//! Headers of every answer, for browsers that should never have got it. One that is there already stays.

use actix_web::middleware::DefaultHeaders;

/// What an API wants of browsers: guess at nothing, keep nothing, run and frame nothing, and with TLS
/// come without it never again (for a year).
pub(crate) fn defaults(is_secure: bool) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Cache-Control", "no-store"))
        .add(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Referrer-Policy", "no-referrer"));
    if is_secure { headers.add(("Strict-Transport-Security", "max-age=31536000")) } else { headers }
}
