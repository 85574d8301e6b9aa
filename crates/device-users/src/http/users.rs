//! `/v1/user`, `/v2/user`, `/v2/datasync/info`

use actix_web::HttpResponse;
use roster_kernel::ReplyContext;
use roster_web::{Call, report};

use super::{caller, ok, stream, window};
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::openapi::{Nothing, Refusal};
use crate::service::{DeviceUsers, Refused};
#[cfg(feature = "openapi")]
use crate::wire::Envelope;
use crate::wire::{self, CreateUser, Errors, Items, UserList, UserRefusal};

/// Adds a user.
///
/// `POST /v1/user`: a `user_id` that is taken is refused and the first user stays as he is (D6), unless the
/// configuration has `upsert`: then he is changed.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v1/user",
        tag = "users",
        request_body(content = CreateUser, description = "At most 15 MiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::User<'static>>),
            (
                status = 400,
                description = "The body is no JSON object, fields break rules, or a group does not exist",
                body = Refusal,
            ),
            (status = 409, description = "There is a user with this `user_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn create(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(CreateUser::MAX_BYTES).await?;
    let user = call.create(&by, body).await?;
    Ok(ok(wire::User::from(&user)))
}

/// Reads a user.
///
/// `GET /v1/user/id/{id}` (D4, D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/v1/user/id/{id}",
        tag = "users",
        params(("id" = i64, Path, description = "The user's `user_id`")),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::User<'static>>),
            (status = 400, description = "The id is no integer", body = Refusal),
            (status = 404, description = "There is no user with this `user_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let user = call.user(&by, &call.segment("id")).await?;
    Ok(ok(wire::User::from(&user)))
}

/// Changes a user.
///
/// `PUT /v1/user/id/{id}`: what is absent stays; null, `""` and 0 clear; `user_id` and `type` are not read
/// (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/v1/user/id/{id}",
        tag = "users",
        params(("id" = i64, Path, description = "The user's `user_id`")),
        request_body(content = wire::UpdateUser, description = "At most 15 MiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::User<'static>>),
            (
                status = 400,
                description = "The id is no integer, the body no JSON object, fields break rules, or a group does not exist",
                body = Refusal,
            ),
            (status = 404, description = "There is no user with this `user_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn update(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(CreateUser::MAX_BYTES).await?;
    let user = call.update(&by, &call.segment("id"), body).await?;
    Ok(ok(wire::User::from(&user)))
}

/// Deletes a user, with his group links.
///
/// `DELETE /v1/user/id/{id}` (D8)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/v1/user/id/{id}",
        tag = "users",
        params(("id" = i64, Path, description = "The user's `user_id`")),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Nothing>),
            (status = 400, description = "The id is no integer", body = Refusal),
            (status = 404, description = "There is no user with this `user_id`", body = Refusal),
        ),
    )
)]
pub(crate) async fn delete(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    call.delete(&by, &call.segment("id")).await?;
    Ok(ok(()))
}

/// Lists users with their pictures, the newest first.
///
/// `GET /v1/user/offset/{offset}/limit/{limit}` (D8), picture by picture.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/v1/user/offset/{offset}/limit/{limit}",
        tag = "users",
        params(
            ("offset" = u32, Path, maximum = 100000, description = "How many of the newest are left out"),
            ("limit" = u32, Path, maximum = 100, description = "How many are asked for at the most"),
        ),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, wire::Page<wire::User<'static>>>),
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
    let listed = call.list(&by, window).await?;
    stream::users(call.reply_context(), call.shared(), by, window, listed)
}

/// Finds users' ids by name, card or job.
///
/// `POST /v1/user/search`: the first member with a value counts, and one must have one (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v1/user/search",
        tag = "users",
        request_body(content = wire::SearchUsers, description = "At most 256 KiB."),
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
    let ids = call.search(&by, body).await?;
    Ok(ok(Items { items: ids.into_iter().map(|id| id.0).collect() }))
}

/// Adds up to 100 users, each on its own.
///
/// `POST /v2/user`: 200 even if all fail; `errors` tells of those that did (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/v2/user",
        tag = "users",
        request_body(content = UserList, description = "At most 64 MiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Errors<UserRefusal>>),
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
    let body = call.json(UserList::MAX_BYTES).await?;
    let refused = call.create_all(&by, body).await?;
    Ok(errors(refused, &call.reply_context()))
}

/// Deletes up to 100 users, each on its own.
///
/// `DELETE /v2/user`: 200 even if all fail; `errors` tells of those that did (D8).
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/v2/user",
        tag = "users",
        request_body(content = wire::Ids, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "OK", body = Envelope<'static, Errors<UserRefusal>>),
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
    let refused = call.delete_all(&by, body).await?;
    Ok(errors(refused, &call.reply_context()))
}

/// Tells of every user when he was last changed.
///
/// `GET /v2/datasync/info` (D8), a thousand users at a time.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/v2/datasync/info",
        tag = "users",
        responses((status = 200, description = "OK", body = Envelope<'static, Items<wire::Version>>)),
    )
)]
pub(crate) async fn versions(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    stream::versions(call.reply_context(), call.shared(), by)
}

fn errors(refused: Vec<Refused>, context: &ReplyContext) -> HttpResponse {
    let refusal = |refused: Refused| {
        report(&refused.error, context);
        let (code, msg) = refused.error.code_and_msg();
        UserRefusal { user_id: refused.id, code, msg }
    };
    ok(Errors { errors: refused.into_iter().map(refusal).collect() })
}
