//! `/admin/v1/tenants`: the tenants of CIAM, and what all pages about one have in common.

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::wire::center as shown;
use roster_tenant_ciam::{Administrator, CenterError, Tenant, TenantCiam, TenantId};
use roster_web::Call;
use serde_json::{Value, json};

use super::bodies::{self, Page, Problem};
use super::query::Query;
use super::{Desk, Error, Operator, explained};

/// The largest body, in bytes: ten thousand weak passwords.
pub(super) const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// Lists tenants, by id.
///
/// `GET /admin/v1/tenants?after=&limit=`
#[utoipa::path(
    get,
    path = "/admin/v1/tenants",
    tag = "tenants",
    params(
        (
            "after" = Option<String>,
            Query,
            description = "The `next` of the page before",
            min_length = 1,
            max_length = 64,
            pattern = "^[A-Za-z0-9._-]+$",
        ),
        (
            "limit" = Option<u32>,
            Query,
            description = "At most so many; 100 by default",
            minimum = 1,
            maximum = 100,
        ),
    ),
    responses(
        (status = 200, description = "OK", body = Page<bodies::Tenant>),
        (
            status = 400,
            description = "A parameter breaks a rule, or is unknown",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let query = Query::of(&call, &["after", "limit"])?;
    let after = query.text("after").map(TenantId::parse).transpose();
    let after = after.map_err(|e| Error::Invalid(format!("after is a {}: {}", e.what, e.rule)))?;
    let limit = query.number("limit")?.unwrap_or(TenantCiam::MAX_TENANTS);
    let page = service(&call).tenants(&by, after.as_ref(), limit).await?;
    let next = page.items.last().filter(|_| page.more).map(|tenant| tenant.id.as_str());
    Ok(HttpResponse::Ok().json(json!({
        "items": page.items.iter().map(tenant).collect::<Vec<_>>(), "next": next,
    })))
}

/// Makes a tenant.
///
/// `POST /admin/v1/tenants`
#[utoipa::path(
    post,
    path = "/admin/v1/tenants",
    tag = "tenants",
    request_body(content = bodies::NewTenant, description = "At most 8 MiB."),
    responses(
        (status = 201, description = "Made", body = bodies::Tenant),
        (
            status = 409,
            description = "The id or the host is another's",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let Object(body) = call.json(BODY_LIMIT).await?;
    let made = service(&call).create_tenant(&by, center::tenant(body).map_err(CenterError::from)?).await?;
    Ok(HttpResponse::Created().json(tenant(&made)))
}

/// Reads a tenant.
///
/// `GET /admin/v1/tenants/{tenant}`
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}",
    tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "OK", body = bodies::Tenant),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn read(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let found = service(&call).tenant(&by, &tenant_id(&call)?).await?;
    Ok(HttpResponse::Ok().json(tenant(&found)))
}

/// Renames a tenant, or binds it to a host.
///
/// `PATCH /admin/v1/tenants/{tenant}`: what is absent stays; a host of null frees it.
#[utoipa::path(
    patch,
    path = "/admin/v1/tenants/{tenant}",
    tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body(content = bodies::TenantChange, description = "At most 8 MiB."),
    responses(
        (status = 200, description = "OK", body = bodies::Tenant),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "The host is another's",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn change(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (id, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let to = center::tenant_change(body).map_err(CenterError::from)?;
    Ok(HttpResponse::Ok().json(tenant(&service(&call).change_tenant(&by, &id, to).await?)))
}

/// Removes a tenant, with its rules, clients and tokens.
///
/// `DELETE /admin/v1/tenants/{tenant}`
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}",
    tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 204, description = "Removed"),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "There are users",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn delete(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    service(&call).delete_tenant(&by, &tenant_id(&call)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl Operator {
    /// His right to configure every tenant.
    pub(super) fn over_tenants(&self, call: &Call<Desk>) -> Administrator {
        Administrator::operator(&format!("operator:{}", self.name), call.origin())
    }
}

pub(super) fn service(call: &Call<Desk>) -> &TenantCiam {
    &call.dialects.tenant_ciam
}

/// The tenant of the path. What no tenant can be called is one that is not there.
pub(super) fn tenant_id(call: &Call<Desk>) -> Result<TenantId, Error> {
    TenantId::parse(&call.segment("tenant"))
        .map_err(|_| Error::NotFound(roster_tenant_ciam::Missing::Tenant.words().into()))
}

fn tenant(tenant: &Tenant) -> Value {
    let Tenant { id, name, host, created_ms, updated_ms } = tenant;
    json!({
        "id": id.as_str(), "name": name, "host": host, "created_ms": created_ms, "updated_ms": updated_ms,
    })
}

impl From<CenterError> for Error {
    fn from(error: CenterError) -> Self {
        match error {
            CenterError::Invalid(violation) => Self::Invalid(explained(&violation)),
            CenterError::NotFound(missing) => Self::NotFound(missing.words().into()),
            CenterError::Conflict(what) => Self::Conflict(what),
            CenterError::Broken(report) => Self::Broken(shown::report(&report)),
            CenterError::Port(error) => error.into(),
        }
    }
}
