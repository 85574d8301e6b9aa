//! The routes, for actix-web.

pub(crate) mod passwords;
mod stream;
pub(crate) mod users;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, ServiceConfig};
use roster_web::{Call, Endpoint, Mounted, Routes};

use crate::error::{Error, OAuthError};
use crate::service::{Client, TenantCiam};
use crate::validate;
#[cfg(feature = "openapi")]
use crate::{
    error::OAuthRefusal,
    openapi::{Bad, TokenQuery},
    wire,
};

/// The largest body, in bytes.
pub(crate) const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// The largest form that asks for a token, in bytes: anybody may send one.
const TOKEN_LIMIT: usize = 64 * 1024;

/// What stands before every path.
pub const PREFIX: &str = "/api/v2/tenant";

/// Binds handlers to paths, and lists both.
macro_rules! endpoints {
    ($($path:literal { $($method:ident => $handler:path),+ })+) => {
        /// Every endpoint, as method and path below [`PREFIX`].
        pub const ENDPOINTS: &[(&str, &str)] = &[$($((stringify!($method), $path)),+),+];

        fn all() -> Routes<TenantCiam, Error> {
            Routes::below(PREFIX, vec![$(Endpoint::at($path)$(.$method($handler))+),+])
        }
    };
}

endpoints! {
    "/token" { post => token }
    "/users" { get => users::list, post => users::create }
    // Before `{user_id}`, which would take them for ids.
    "/users/user-by-username" { post => users::by_user_name }
    "/users/user-by-mobile" { post => users::by_mobile }
    "/users/user-by-email" { post => users::by_email }
    "/users/user-by-external-id" { post => users::by_external_id }
    "/users/{user_id}" { get => users::read, put => users::update, delete => users::delete }
    "/users/{user_id}/enable" { put => users::enable }
    "/users/{user_id}/disable" { put => users::disable }
    "/users/{user_id}/change-password" { put => passwords::change }
    "/users/{user_id}/change-password-verify" { put => passwords::change_verified }
}

/// Mounts the dialect under `/api/v2/tenant`.
pub fn routes(service: Arc<TenantCiam>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(all().of(Data::from(service)));
    }
}

/// Every path that [`routes`] mounts, with its methods.
pub fn mounted() -> Vec<Mounted> {
    all().mounted()
}

/// Gives a client an access token.
///
/// `POST /api/v2/tenant/token` (C3): grant `client_credentials`. Id and secret come by HTTP Basic, in the
/// form or in the query, in one of these ways. Earlier tokens stay valid.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/api/v2/tenant/token",
        tag = "tokens",
        params(
            TokenQuery,
        ),
        security(("basic" = []), ()),
        request_body(content = ref("#/components/schemas/TokenRequest"), content_type = "application/x-www-form-urlencoded", description = "At most 64 KiB; none if the parameters stand in the query."),
        responses(
            (status = 200, description = "The token", body = wire::AccessToken),
            (
                status = 400,
                description = "`invalid_request`: a parameter is missing, stands there twice, or the body is no form; \
                               `unsupported_grant_type`; `invalid_scope`; or a body that ended early",
                body = Bad,
            ),
            (
                status = 401,
                description = "`invalid_client`: id and secret are missing, or do not belong together",
                body = OAuthRefusal,
            ),
        ),
    )
)]
pub(crate) async fn token(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let form = form(&mut call).await?;
    let credentials = validate::client_credentials(call.authorization(), call.query(), &form)?;
    let token = call.token(&credentials, &call.origin()).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(token))
}

/// Who calls.
async fn client(call: &Call<TenantCiam>) -> Result<Client, Error> {
    call.client(call.authorization(), call.header("host"), call.origin()).await
}

/// The form body of a request for a token; empty if its parameters stand in the query.
async fn form(call: &mut Call<TenantCiam>) -> Result<String, Error> {
    let body = call.bytes(TOKEN_LIMIT).await?;
    let invalid = |what: &'static str| Error::from(OAuthError::InvalidRequest(what.into()));
    if !body.is_empty() && !is_form(call) {
        return Err(invalid("The body must be application/x-www-form-urlencoded."));
    }
    String::from_utf8(body.to_vec()).map_err(|_| invalid("The body is not valid UTF-8."))
}

fn is_form(call: &Call<TenantCiam>) -> bool {
    let form = "application/x-www-form-urlencoded";
    let essence = call.header("content-type").and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(form))
}
