//! `/v1/group`, `/v2/group`

use actix_web::HttpResponse;
use roster_kernel::ReplyContext;
use roster_web::{Call, report};

use super::{caller, ok, window};
use crate::domain::Membership;
use crate::error::Error;
use crate::service::{DeviceUsers, Refused};
use crate::wire::{self, Errors, GroupRefusal, Items, Page};

/// `POST /v1/group`
pub(super) async fn create(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let group = call.create_group(&by, body).await?;
    Ok(ok(wire::Group::from(&group)))
}

/// `GET /v1/group/id/{id}`
pub(super) async fn read(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let group = call.group(&by, &call.segment("id")).await?;
    Ok(ok(wire::Group::from(&group)))
}

/// `PUT /v1/group/id/{id}`
pub(super) async fn update(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let group = call.update_group(&by, &call.segment("id"), body).await?;
    Ok(ok(wire::Group::from(&group)))
}

/// `DELETE /v1/group/id/{id}`
pub(super) async fn delete(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    call.delete_group(&by, &call.segment("id")).await?;
    Ok(ok(()))
}

/// `GET /v1/group/offset/{offset}/limit/{limit}`
pub(super) async fn list(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let window = window(&call)?;
    let listed = call.list_groups(&by, window).await?;
    let items: Vec<_> = listed.items.iter().map(wire::Group::from).collect();
    let (offset, limit, count, total) = (window.offset(), window.limit(), items.len(), listed.total);
    Ok(ok(Page { offset, limit, count, total, items }))
}

/// `POST /v1/group/search`
pub(super) async fn search(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let ids = call.search_groups(&by, body).await?;
    Ok(ok(Items { items: ids.into_iter().map(|id| id.0).collect() }))
}

/// `GET /v1/group/id/{id}/users`
pub(super) async fn members(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let users = call.members(&by, &call.segment("id")).await?;
    Ok(ok(Items { items: users.into_iter().map(|id| id.0).collect() }))
}

/// `POST /v1/group/id/{id}/users`
pub(super) async fn join(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    set_members(call, Membership::Join).await
}

/// `DELETE /v1/group/id/{id}/users`
pub(super) async fn leave(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    set_members(call, Membership::Leave).await
}

async fn set_members(mut call: Call<DeviceUsers>, membership: Membership) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    call.set_members(&by, &call.segment("id"), body, membership).await?;
    Ok(ok(()))
}

/// `POST /v2/group`
pub(super) async fn create_all(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let refused = call.create_groups(&by, body).await?;
    Ok(errors(refused, &call.reply_context()))
}

/// `DELETE /v2/group`
pub(super) async fn delete_all(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let refused = call.delete_groups(&by, body).await?;
    Ok(errors(refused, &call.reply_context()))
}

fn errors(refused: Vec<Refused>, context: &ReplyContext) -> HttpResponse {
    let refusal = |refused: Refused| {
        report(&refused.error, context);
        let (code, msg) = refused.error.code_and_msg();
        GroupRefusal { group_id: refused.id, code, msg }
    };
    ok(Errors { errors: refused.into_iter().map(refusal).collect() })
}
