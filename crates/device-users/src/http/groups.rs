//! `/v1/group`, `/v2/group`

use actix_web::HttpResponse;
use roster_kernel::ReplyContext;
use roster_web::{Call, report};

use super::{caller, ok, window};
use crate::domain::Membership;
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::openapi::{Nothing, Refusal};
use crate::service::{DeviceUsers, Refused};
#[cfg(feature = "openapi")]
use crate::wire::Envelope;
use crate::wire::{self, Errors, GroupRefusal, Items, Page};

/// Adds a group.
///
/// `POST /v1/group` (D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v1/group",
        tag = "groups",
        request_body(content = wire::CreateGroup, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::Group<'static>>),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules",
                body = Refusal,
            ),
            (
                status = 409,
                description = "There is a group with this `group_id`, or with this name",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn create(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let group = call.create_group(&by, body).await?;
    Ok(ok(wire::Group::from(&group)))
}

/// Reads a group.
///
/// `GET /v1/group/id/{id}` (D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/v1/group/id/{id}",
        tag = "groups",
        params(("id" = i64, Path, description = "The group's `group_id`")),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::Group<'static>>),
            (status = 400, description = "The id is no integer", body = Refusal),
            (status = 404, description = "There is no group with this `group_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let group = call.group(&by, &call.segment("id")).await?;
    Ok(ok(wire::Group::from(&group)))
}

/// Changes a group.
///
/// `PUT /v1/group/id/{id}`: what is absent stays; a `group_id` is not read (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/v1/group/id/{id}",
        tag = "groups",
        params(("id" = i64, Path, description = "The group's `group_id`")),
        request_body(content = wire::UpdateGroup, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::Group<'static>>),
            (
                status = 400,
                description = "The id is no integer, the body no JSON object, or fields break rules",
                body = Refusal,
            ),
            (status = 404, description = "There is no group with this `group_id`", body = Refusal),
            (status = 409, description = "There is another group with this name", body = Refusal),
        ),
    )
)]
pub(crate) async fn update(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let group = call.update_group(&by, &call.segment("id"), body).await?;
    Ok(ok(wire::Group::from(&group)))
}

/// Deletes a group; its users stay.
///
/// `DELETE /v1/group/id/{id}` (D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/v1/group/id/{id}",
        tag = "groups",
        params(("id" = i64, Path, description = "The group's `group_id`")),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Nothing>),
            (status = 400, description = "The id is no integer", body = Refusal),
            (status = 404, description = "There is no group with this `group_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn delete(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    call.delete_group(&by, &call.segment("id")).await?;
    Ok(ok(()))
}

/// Lists groups, the newest first.
///
/// `GET /v1/group/offset/{offset}/limit/{limit}` (D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/v1/group/offset/{offset}/limit/{limit}",
        tag = "groups",
        params(
            ("offset" = u32, Path, maximum = 100000, description = "How many of the newest are left out"),
            ("limit" = u32, Path, maximum = 100, description = "How many are asked for at the most"),
        ),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Page<wire::Group<'static>>>),
            (
                status = 400,
                description = "The offset or the limit is no integer within its bounds",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn list(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let window = window(&call)?;
    let listed = call.list_groups(&by, window).await?;
    let items: Vec<_> = listed.items.iter().map(wire::Group::from).collect();
    let (offset, limit, count, total) = (window.offset(), window.limit(), items.len(), listed.total);
    Ok(ok(Page { offset, limit, count, total, items }))
}

/// Finds groups' ids by name.
///
/// `POST /v1/group/search` (D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v1/group/search",
        tag = "groups",
        request_body(content = wire::SearchGroups, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Items<i32>>),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn search(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let ids = call.search_groups(&by, body).await?;
    Ok(ok(Items { items: ids.into_iter().map(|id| id.0).collect() }))
}

/// Tells the ids of a group's users.
///
/// `GET /v1/group/id/{id}/users` (D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/v1/group/id/{id}/users",
        tag = "groups",
        params(("id" = i64, Path, description = "The group's `group_id`")),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Items<i32>>),
            (status = 400, description = "The id is no integer", body = Refusal),
            (status = 404, description = "There is no group with this `group_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn members(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let users = call.members(&by, &call.segment("id")).await?;
    Ok(ok(Items { items: users.into_iter().map(|id| id.0).collect() }))
}

/// Puts users into a group.
///
/// `POST /v1/group/id/{id}/users`: all or none (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v1/group/id/{id}/users",
        tag = "groups",
        params(("id" = i64, Path, description = "The group's `group_id`")),
        request_body(content = wire::Ids, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Nothing>),
            (
                status = 400,
                description = "The id is no integer, the body no JSON object, a user does not exist, or is in 100 groups already",
                body = Refusal,
            ),
            (status = 404, description = "There is no group with this `group_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn join(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    set_members(call, Membership::Join).await
}

/// Takes users out of a group.
///
/// `DELETE /v1/group/id/{id}/users`: all or none (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/v1/group/id/{id}/users",
        tag = "groups",
        params(("id" = i64, Path, description = "The group's `group_id`")),
        request_body(content = wire::Ids, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Nothing>),
            (
                status = 400,
                description = "The id is no integer, the body no JSON object, or a user does not exist",
                body = Refusal,
            ),
            (status = 404, description = "There is no group with this `group_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn leave(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    set_members(call, Membership::Leave).await
}

async fn set_members(mut call: Call<DeviceUsers>, membership: Membership) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    call.set_members(&by, &call.segment("id"), body, membership).await?;
    Ok(ok(()))
}

/// Adds up to 100 groups, each on its own.
///
/// `POST /v2/group`: 200 even if all fail; `errors` tells of those that did (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v2/group",
        tag = "groups",
        request_body(content = wire::GroupList, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Errors<GroupRefusal>>),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn create_all(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let refused = call.create_groups(&by, body).await?;
    Ok(errors(refused, &call.reply_context()))
}

/// Deletes up to 100 groups, each on its own.
///
/// `DELETE /v2/group`: 200 even if all fail; `errors` tells of those that did (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/v2/group",
        tag = "groups",
        request_body(content = wire::Ids, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Errors<GroupRefusal>>),
            (
                status = 400,
                description = "The body is no JSON object, or fields break rules",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn delete_all(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
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
