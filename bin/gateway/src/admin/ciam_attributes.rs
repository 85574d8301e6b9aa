//! `/admin/v1/tenants/{tenant}/attributes`: the user attribute definition, and users by its values.

use actix_web::HttpResponse;
use roster_kernel::json::Object;
use roster_tenant_ciam::validate::center;
use roster_tenant_ciam::wire::center as shown;
use roster_tenant_ciam::{AttributeDefinition, CenterError, PutOptions, Report};
use roster_web::Call;
use serde_json::{Value, json};

use super::query::Query;
use super::tenants::{BODY_LIMIT, service, tenant_id};
use super::{Desk, Error, Operator};

/// `GET`: the definitions in the order in which they are judged.
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let rules = service(&call).tenant_rules(&by, &tenant_id(&call)?).await?;
    let items: Vec<_> = rules.definitions().map(shown::definition).collect();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// `PUT`: the extension attributes in another order.
pub(super) async fn order(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let dry_run = Query::of(&call, &["dry_run"])?.switch("dry_run")?;
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let order = center::order(body).map_err(CenterError::from)?;
    service(&call).order_attributes(&by, &tenant, order, dry_run).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `PUT …/{key}`: a definition in place of the former one, or a new extension attribute.
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

/// `DELETE …/{key}`: an extension attribute and its values.
pub(super) async fn remove(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let dry_run = Query::of(&call, &["dry_run"])?.switch("dry_run")?;
    let (tenant, key) = (tenant_id(&call)?, call.segment("key"));
    let values = service(&call).remove_attribute(&by, &tenant, &key, dry_run).await?;
    Ok(HttpResponse::Ok().json(json!({"dry_run": dry_run, "values": values})))
}

/// `POST /tenants/{tenant}/users/search`: in the body, since no log holds one.
pub(super) async fn search(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_tenants(&call);
    let (tenant, Object(body)) = (tenant_id(&call)?, call.json(BODY_LIMIT).await?);
    let wanted = center::wanted(body).map_err(CenterError::from)?;
    let found = service(&call).users_with(&by, &tenant, &wanted).await?;
    let items: Vec<_> = found.items.iter().map(|id| id.as_str()).collect();
    Ok(HttpResponse::Ok().json(json!({"items": items, "next": items.last().filter(|_| found.more)})))
}
