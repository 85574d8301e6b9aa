//! `/admin/v1/tenants/{tenant}/area-codes`, `…/password-policy`, `…/weak-passwords`

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::wire::center as shown;
use roster_tenant_ciam::{CenterError, WeakEdit};
use roster_web::Call;
use serde_json::json;

use super::tenants::{BODY_LIMIT, service, tenant_id};
use super::{Desk, Error, Operator};

/// `GET …/area-codes`
pub(super) async fn area_codes(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    Ok(HttpResponse::Ok().json(shown::area_codes(&rules.area_codes)))
}

/// `PUT …/area-codes`
pub(super) async fn put_area_codes(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let codes = center::area_codes(body).map_err(CenterError::from)?;
    let answer = shown::area_codes(&codes);
    service(&call).put_area_codes(&by, &tenant, codes).await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// `GET …/password-policy`
pub(super) async fn password_policy(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    Ok(HttpResponse::Ok().json(shown::password_policy(&rules.password_policy)))
}

/// `PUT …/password-policy`
pub(super) async fn put_password_policy(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let policy = center::password_policy(body).map_err(CenterError::from)?;
    service(&call).put_password_policy(&by, &tenant, policy).await?;
    Ok(HttpResponse::Ok().json(shown::password_policy(&policy)))
}

/// `GET …/weak-passwords`: the tenant's own, in order; they are 10,000 at most.
pub(super) async fn weak_passwords(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    let mut items: Vec<&String> = rules.weak_passwords.iter().collect();
    items.sort();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// `POST …/weak-passwords`: adds some and removes others.
pub(super) async fn edit_weak_passwords(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let edit = center::weak_passwords(body).map_err(CenterError::from)?;
    let count = service(&call).edit_weak_passwords(&by, &tenant, edit).await?;
    Ok(HttpResponse::Ok().json(json!({"count": count})))
}

/// `DELETE …/weak-passwords`: removes all of the tenant's own.
pub(super) async fn clear_weak_passwords(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let all = WeakEdit { clear: true, ..WeakEdit::default() };
    service(&call).edit_weak_passwords(&by, &tenant_id(&call)?, all).await?;
    Ok(HttpResponse::NoContent().finish())
}
