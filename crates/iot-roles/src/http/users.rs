use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, lists, query};
use crate::error::Error;
use crate::service::IotRoles;
use crate::{domain, validate, wire};

/// `GET /server/users`
pub(super) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    let page = validate::page(&query(&call))?;
    let listed = call.users(&by, page).await?;
    lists::page(&call, listed, page, |user| serde_json::to_vec(&wire::User::from(user)))
}

/// `GET /server/users/me`
pub(super) async fn me(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?;
    Ok(answer(&call.me(&by).await?))
}

/// `GET /server/users/{user}`, by username
pub(super) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    Ok(answer(&call.named(&by, call.segment("user")).await?))
}

/// `POST /server/users/register`
pub(super) async fn register(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let body = call.json(BODY_LIMIT).await?;
    Ok(answer(&call.register(body, call.origin()).await?))
}

/// `PATCH /server/users`
pub(super) async fn change_areas(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let draft = validate::areas_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.change_areas(&caller.system()?, draft).await?))
}

/// `DELETE /server/users/{user}`, by id
pub(super) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    call.service().delete(&by, &call.segment("user")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// `PATCH /server/users/password`
pub(super) async fn change_own_password(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let draft = validate::password_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.change_own_password(&caller.person()?, draft).await?))
}

/// `PATCH /server/users/{user}/password`, by id
pub(super) async fn reset_password(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let password = validate::reset_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.reset_password(&caller.system()?, &call.segment("user"), password).await?))
}

/// `PATCH /server/users/status`
pub(super) async fn change_status(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let draft = validate::status_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.change_status(&caller.system()?, draft).await?))
}

fn answer(user: &domain::User) -> HttpResponse {
    HttpResponse::Ok().json(wire::User::from(user))
}
