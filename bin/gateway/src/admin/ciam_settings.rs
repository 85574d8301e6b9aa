//! `/admin/v1/tenants/{tenant}/area-codes`, `…/password-policy`, `…/weak-passwords`

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::wire::center as shown;
use roster_tenant_ciam::{CenterError, WeakEdit};
use roster_web::Call;
use serde_json::json;

use super::bodies::{self, Items, Problem, WeakCount};
use super::tenants::{BODY_LIMIT, service, tenant_id};
use super::{Desk, Error, Operator};

/// Reads the area codes.
///
/// `GET /admin/v1/tenants/{tenant}/area-codes`
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/area-codes",
    tag = "settings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "OK", body = bodies::AreaCodes),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn area_codes(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    Ok(HttpResponse::Ok().json(shown::area_codes(&rules.area_codes)))
}

/// Replaces the area codes.
///
/// `PUT /admin/v1/tenants/{tenant}/area-codes`: numbers that users have stay.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/area-codes",
    tag = "settings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body(content = bodies::AreaCodes, description = "At most 8 MiB."),
    responses(
        (status = 200, description = "OK", body = bodies::AreaCodes),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn put_area_codes(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let codes = center::area_codes(body).map_err(CenterError::from)?;
    let answer = shown::area_codes(&codes);
    service(&call).put_area_codes(&by, &tenant, codes).await?;
    Ok(HttpResponse::Ok().json(answer))
}

/// Reads the password policy.
///
/// `GET /admin/v1/tenants/{tenant}/password-policy`
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/password-policy",
    tag = "settings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "OK", body = bodies::PasswordPolicy),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn password_policy(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    Ok(HttpResponse::Ok().json(shown::password_policy(&rules.password_policy)))
}

/// Replaces the password policy.
///
/// `PUT /admin/v1/tenants/{tenant}/password-policy`: passwords that users have stay.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/password-policy",
    tag = "settings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body(content = bodies::NewPasswordPolicy, description = "At most 8 MiB."),
    responses(
        (status = 200, description = "OK", body = bodies::PasswordPolicy),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn put_password_policy(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let policy = center::password_policy(body).map_err(CenterError::from)?;
    service(&call).put_password_policy(&by, &tenant, policy).await?;
    Ok(HttpResponse::Ok().json(shown::password_policy(&policy)))
}

/// Lists a tenant's own weak passwords, folded.
///
/// `GET /admin/v1/tenants/{tenant}/weak-passwords`: they are 10,000 at most.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/weak-passwords",
    tag = "settings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "OK", body = Items<String>),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn weak_passwords(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    let mut items: Vec<&String> = rules.weak_passwords.iter().collect();
    items.sort();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// Adds weak passwords and removes others.
///
/// `POST /admin/v1/tenants/{tenant}/weak-passwords`
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/weak-passwords",
    tag = "settings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body(content = bodies::WeakEdit, description = "At most 8 MiB."),
    responses(
        (status = 200, description = "OK", body = WeakCount),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "There would be more than 10,000",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn edit_weak_passwords(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let edit = center::weak_passwords(body).map_err(CenterError::from)?;
    let count = service(&call).edit_weak_passwords(&by, &tenant, edit).await?;
    Ok(HttpResponse::Ok().json(json!({"count": count})))
}

/// Removes all of a tenant's own weak passwords.
///
/// `DELETE /admin/v1/tenants/{tenant}/weak-passwords`
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}/weak-passwords",
    tag = "settings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 204, description = "Removed"),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn clear_weak_passwords(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let all = WeakEdit { clear: true, ..WeakEdit::default() };
    service(&call).edit_weak_passwords(&by, &tenant_id(&call)?, all).await?;
    Ok(HttpResponse::NoContent().finish())
}
