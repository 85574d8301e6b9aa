//! `/admin/v1/tenants`: the tenants of CIAM, and what all pages about one have in common.

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::wire::center as shown;
use roster_tenant_ciam::{Administrator, CenterError, Tenant, TenantCiam, TenantId};
use roster_web::Call;
use serde_json::{Value, json};

use super::query::Query;
use super::{Desk, Error, Operator, explained};

/// The largest body, in bytes: ten thousand weak passwords.
pub(super) const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// `GET /tenants?after=&limit=`
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

/// `POST /tenants`
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let Object(body) = call.json(BODY_LIMIT).await?;
    let made = service(&call).create_tenant(&by, center::tenant(body).map_err(CenterError::from)?).await?;
    Ok(HttpResponse::Created().json(tenant(&made)))
}

/// `GET /tenants/{tenant}`
pub(super) async fn read(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let found = service(&call).tenant(&by, &tenant_id(&call)?).await?;
    Ok(HttpResponse::Ok().json(tenant(&found)))
}

/// `PATCH /tenants/{tenant}`
pub(super) async fn change(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (id, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let to = center::tenant_change(body).map_err(CenterError::from)?;
    Ok(HttpResponse::Ok().json(tenant(&service(&call).change_tenant(&by, &id, to).await?)))
}

/// `DELETE /tenants/{tenant}`
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
