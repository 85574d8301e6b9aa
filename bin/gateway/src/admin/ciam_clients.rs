//! `/admin/v1/tenants/{tenant}/clients`: who may act on a tenant's users.

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::{CenterError, NewClient};
use roster_web::Call;
use serde_json::{Value, json};

use super::tenants::{BODY_LIMIT, service, tenant_id};
use super::{Desk, Error, Operator};

/// `GET`: the clients by id, without their secrets.
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let clients = service(&call).clients(&by, &tenant_id(&call)?).await?;
    let items: Vec<_> = clients
        .iter()
        .map(|c| json!({"client_id": c.name, "created_ms": c.created_ms, "secret_set_ms": c.secret_set_ms}))
        .collect();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// `POST`: a new client, whose secret is shown this once.
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let id = center::client(body).map_err(CenterError::from)?;
    let made = service(&call).create_client(&by, &tenant, id).await?;
    Ok(HttpResponse::Created().json(with_secret(&made)))
}

/// `POST …/{client}/rotate`: a new secret, shown this once; the old one and its tokens stop at once.
pub(super) async fn rotate(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rotated = service(&call).rotate_client(&by, &tenant_id(&call)?, &call.segment("client")).await?;
    Ok(HttpResponse::Ok().json(with_secret(&rotated)))
}

/// `DELETE …/{client}`: the client and its tokens stop at once.
pub(super) async fn revoke(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    service(&call).revoke_client(&by, &tenant_id(&call)?, &call.segment("client")).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn with_secret(client: &NewClient) -> Value {
    json!({"client_id": client.client_id, "client_secret": client.client_secret.expose()})
}
