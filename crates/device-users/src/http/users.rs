//! `/v1/user`, `/v2/user`, `/v2/datasync/info`

use actix_web::HttpResponse;
use roster_kernel::ReplyContext;
use roster_web::{Call, report};

use super::{caller, ok, stream, window};
use crate::error::Error;
use crate::service::{DeviceUsers, Refused};
use crate::wire::{self, CreateUser, Errors, Items, UserList, UserRefusal};

/// `POST /v1/user`
pub(super) async fn create(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(CreateUser::MAX_BYTES).await?;
    let user = call.create(&by, body).await?;
    Ok(ok(wire::User::from(&user)))
}

/// `GET /v1/user/id/{id}`
pub(super) async fn read(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let user = call.user(&by, &call.segment("id")).await?;
    Ok(ok(wire::User::from(&user)))
}

/// `PUT /v1/user/id/{id}`
pub(super) async fn update(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(CreateUser::MAX_BYTES).await?;
    let user = call.update(&by, &call.segment("id"), body).await?;
    Ok(ok(wire::User::from(&user)))
}

/// `DELETE /v1/user/id/{id}`
pub(super) async fn delete(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    call.delete(&by, &call.segment("id")).await?;
    Ok(ok(()))
}

/// `GET /v1/user/offset/{offset}/limit/{limit}`, picture by picture.
pub(super) async fn list(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let window = window(&call)?;
    let listed = call.list(&by, window).await?;
    stream::users(call.reply_context(), call.shared(), by, window, listed)
}

/// `POST /v1/user/search`
pub(super) async fn search(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let ids = call.search(&by, body).await?;
    Ok(ok(Items { items: ids.into_iter().map(|id| id.0).collect() }))
}

/// `POST /v2/user`
pub(super) async fn create_all(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(UserList::MAX_BYTES).await?;
    let refused = call.create_all(&by, body).await?;
    Ok(errors(refused, &call.reply_context()))
}

/// `DELETE /v2/user`
pub(super) async fn delete_all(mut call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
    let by = caller(&call).await?;
    let body = call.json(wire::MAX_BYTES).await?;
    let refused = call.delete_all(&by, body).await?;
    Ok(errors(refused, &call.reply_context()))
}

/// `GET /v2/datasync/info`, a thousand users at a time.
pub(super) async fn versions(call: Call<DeviceUsers>) -> Result<HttpResponse, Error> {
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
