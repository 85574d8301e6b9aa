//! The routes, for actix-web.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use roster_web::{Call, Endpoint, fallback};

use crate::error::{Error, OAuthError};
use crate::service::{Client, TenantCiam};
use crate::validate;

/// The largest body, in bytes.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// Mounts the dialect under `/api/v2/tenant`.
pub fn routes(service: Arc<TenantCiam>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(
            web::scope("/api/v2/tenant")
                .app_data(Data::from(service))
                .service(Endpoint::<_, Error>::at("/token").post(token))
                .service(Endpoint::<_, Error>::at("/users").post(create))
                .default_service(fallback::<Error>()),
        );
    }
}

/// `POST /api/v2/tenant/token`
async fn token(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let form = form(&mut call).await?;
    let credentials = validate::client_credentials(call.authorization(), call.query(), &form)?;
    let token = call.token(&credentials, &call.origin()).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(token))
}

/// `POST /api/v2/tenant/users`
async fn create(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.create(&by, body).await?))
}

/// Who calls.
async fn client(call: &Call<TenantCiam>) -> Result<Client, Error> {
    call.client(call.authorization(), call.header("host"), call.origin()).await
}

/// The form body of a request for a token; empty if its parameters stand in the query.
async fn form(call: &mut Call<TenantCiam>) -> Result<String, Error> {
    let body = call.bytes(BODY_LIMIT).await?;
    let invalid = |what: &'static str| Error::from(OAuthError::InvalidRequest(what.into()));
    let is_form = call.header("content-type").is_some_and(|value| {
        value
            .split(';')
            .next()
            .is_some_and(|e| e.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    });
    if !body.is_empty() && !is_form {
        return Err(invalid("The body must be application/x-www-form-urlencoded."));
    }
    String::from_utf8(body.to_vec()).map_err(|_| invalid("The body is not valid UTF-8."))
}
