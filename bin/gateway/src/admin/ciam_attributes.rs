//! `/admin/v1/tenants/{tenant}/attributes`: the user attribute definition, and users by its values.

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::wire::center as shown;
use roster_tenant_ciam::{AttributeDefinition, CenterError, PutOptions, Report};
use roster_web::Call;
use serde_json::{Value, json};

use super::bodies::{
    Attribute, Definition, Items, Order, Page, Problem, PutAttribute, RemovedAttribute, Wanted,
};
use super::query::Query;
use super::tenants::{BODY_LIMIT, service, tenant_id};
use super::{Desk, Error, Operator};

/// Lists the definitions in the order in which they are judged.
///
/// `GET /admin/v1/tenants/{tenant}/attributes`
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{tenant}/attributes",
    tag = "attributes",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses(
        (status = 200, description = "OK", body = Items<Attribute>),
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
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    let items: Vec<_> = rules.definitions().map(shown::definition).collect();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// Puts the extension attributes in another order.
///
/// `PUT /admin/v1/tenants/{tenant}/attributes`: the built-in ones keep theirs.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/attributes",
    tag = "attributes",
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("dry_run" = Option<bool>, Query, description = "Changes nothing, and tells what would be"),
    ),
    request_body(content = Order, description = "At most 8 MiB."),
    responses(
        (status = 204, description = "Done"),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "Not each extension is named once",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn order(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let dry_run = Query::of(&call, &["dry_run"])?.switch("dry_run")?;
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let order = center::order(body).map_err(CenterError::from)?;
    service(&call).order_attributes(&by, &tenant, order, dry_run).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Defines an attribute.
///
/// `PUT /admin/v1/tenants/{tenant}/attributes/{key}`: in place of the former definition, or a new extension
/// attribute.
#[utoipa::path(
    put,
    path = "/admin/v1/tenants/{tenant}/attributes/{key}",
    tag = "attributes",
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("key" = String, Path, description = "The attribute's key"),
        ("dry_run" = Option<bool>, Query, description = "Changes nothing, and tells what would be"),
        (
            "accept_broken" = Option<bool>,
            Query,
            description = "Takes the definition although users break it",
        ),
    ),
    request_body(content = Definition, description = "At most 8 MiB."),
    responses(
        (status = 200, description = "Changed; or nothing, in a dry run", body = PutAttribute),
        (status = 201, description = "A new attribute", body = PutAttribute),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "Users break it (`broken` says who), the patterns of the tenant cost too much together, or there are too many attributes",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn put(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let options = put_options(&call)?;
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let attribute = center::key(&call.segment("key")).map_err(CenterError::from)?;
    let definition = center::definition(&attribute, body).map_err(CenterError::from)?;
    let put = service(&call).put_attribute(&by, &tenant, definition.clone(), options).await?;
    let new = put.created && !options.dry_run;
    let mut status = if new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(status.json(told(&definition, options.dry_run, &put.report)))
}

fn put_options(call: &Call<Desk>) -> Result<PutOptions, Error> {
    let query = Query::of(call, &["dry_run", "accept_broken"])?;
    let (dry_run, accept_broken) = (query.switch("dry_run")?, query.switch("accept_broken")?);
    Ok(PutOptions { dry_run, accept_broken })
}

fn told(definition: &AttributeDefinition, dry_run: bool, report: &Report) -> Value {
    let (attribute, broken) = (shown::definition(definition), shown::report(report));
    json!({"attribute": attribute, "dry_run": dry_run, "broken": broken})
}

/// Removes an extension attribute with its values.
///
/// `DELETE /admin/v1/tenants/{tenant}/attributes/{key}`
#[utoipa::path(
    delete,
    path = "/admin/v1/tenants/{tenant}/attributes/{key}",
    tag = "attributes",
    params(
        ("tenant" = String, Path, description = "The tenant's id"),
        ("key" = String, Path, description = "The attribute's key"),
        ("dry_run" = Option<bool>, Query, description = "Changes nothing, and tells what would be"),
    ),
    responses(
        (status = 200, description = "OK", body = RemovedAttribute),
        (
            status = 400,
            description = "A parameter breaks a rule, or is unknown",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 404,
            description = "There is no such tenant, or it has no such extension attribute",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "The attribute is a built-in one",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn remove(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let dry_run = Query::of(&call, &["dry_run"])?.switch("dry_run")?;
    let (tenant, key) = (tenant_id(&call)?, call.segment("key"));
    let values = service(&call).remove_attribute(&by, &tenant, &key, dry_run).await?;
    Ok(HttpResponse::Ok().json(json!({"dry_run": dry_run, "values": values})))
}

/// Finds users by an extension's value.
///
/// `POST /admin/v1/tenants/{tenant}/users/search`: in a body, since no log holds one.
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/users/search",
    tag = "attributes",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body(content = Wanted, description = "At most 8 MiB."),
    responses(
        (status = 200, description = "OK", body = Page<String>),
        (
            status = 404,
            description = "There is no such tenant, or it has no such extension attribute",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn search(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let wanted = center::wanted(body).map_err(CenterError::from)?;
    let found = service(&call).users_with(&by, &tenant, &wanted).await?;
    let items: Vec<_> = found.items.iter().map(|id| id.as_str()).collect();
    Ok(HttpResponse::Ok().json(json!({"items": items, "next": items.last().filter(|_| found.more)})))
}
