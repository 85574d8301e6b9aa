//! `/admin/v1/tenants/{tenant}/clients`: who may act on a tenant's users.

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::{CenterError, NewClient};
use roster_web::Call;
use serde_json::{Value, json};

use super::bodies::{self, Client, ClientSecret, Items, Problem};
use super::tenants::{BODY_LIMIT, service, tenant_id};
use super::{Desk, Error, Operator};

/// Lists the clients of a tenant, by id.
///
/// `GET /admin/v1/tenants/{tenant}/clients`: without their secrets.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/clients",
    tag = "clients",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "OK", body = Items<Client>),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let clients = service(&call).clients(&by, &tenant_id(&call)?).await?;
    let items: Vec<_> = clients
        .iter()
        .map(|c| json!({"client_id": c.name, "created_ms": c.created_ms, "secret_set_ms": c.secret_set_ms}))
        .collect();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// Makes a client.
///
/// `POST /admin/v1/tenants/{tenant}/clients`: its secret is shown this once.
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/clients",
    tag = "clients",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body(content = bodies::NewClient, description = "At most 8 MiB."),
    responses(
        (status = 201, description = "Made", body = ClientSecret),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "There is a client of this id",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let id = center::client(body).map_err(CenterError::from)?;
    let made = service(&call).create_client(&by, &tenant, id).await?;
    Ok(HttpResponse::Created().json(with_secret(&made)))
}

/// Gives a client a new secret.
///
/// `POST /admin/v1/tenants/{tenant}/clients/{client}/rotate`: shown this once; the old one and its tokens stop
/// at once.
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/clients/{client}/rotate",
    tag = "clients",
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("client" = String, Path, description = "The client's id"),
    ),
    responses(
        (status = 200, description = "OK", body = ClientSecret),
        (
            status = 404,
            description = "There is no such tenant, or it has no such client",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn rotate(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rotated = service(&call).rotate_client(&by, &tenant_id(&call)?, &call.segment("client")).await?;
    Ok(HttpResponse::Ok().json(with_secret(&rotated)))
}

/// Revokes a client.
///
/// `DELETE /admin/v1/tenants/{tenant}/clients/{client}`: it and its tokens stop at once.
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}/clients/{client}",
    tag = "clients",
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("client" = String, Path, description = "The client's id"),
    ),
    responses(
        (status = 204, description = "Revoked"),
        (
            status = 404,
            description = "There is no such tenant, or it has no such client",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn revoke(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    service(&call).revoke_client(&by, &tenant_id(&call)?, &call.segment("client")).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn with_secret(client: &NewClient) -> Value {
    json!({"client_id": client.client_id, "client_secret": client.client_secret.expose()})
}
