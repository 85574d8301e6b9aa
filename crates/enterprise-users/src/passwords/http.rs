use actix_web::HttpResponse;
use roster_web::{Call, Route, route};

use super::command;
#[cfg(feature = "openapi")]
use super::wire::ChangePassword;
use crate::config::BODY_LIMIT;
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::responses::{Forbidden, InvalidFields, NoSuchUser, UserIdPath};
use crate::service::EnterpriseUsers;

pub(crate) fn routes() -> Vec<Route<EnterpriseUsers, Error>> {
    vec![change(), change_own()]
}

/// Changes a user's password.
///
/// The old password is not asked for (E5, E13).
#[route(
    put, "/openapi/v1/users/{user_id}/changepwd",
    tag = "passwords",
    params(UserIdPath),
    request_body = ChangePassword,
    responses((status = 200, description = "Changed; no body"), InvalidFields, Forbidden, NoSuchUser)
)]
async fn change(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let (id, body) = (call.segment("user_id"), call.json(BODY_LIMIT).await?);
    let password = command::change_password(body, &id, call.config())?;
    call.change_password(&by, &id, password).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Changes the caller's own password.
///
/// Plain members may do so (E10, E13). The old password is not asked for.
#[route(
    put, "/openapi/v1/changepwd",
    tag = "passwords",
    request_body = ChangePassword,
    responses((status = 200, description = "Changed; no body"), InvalidFields, NoSuchUser)
)]
async fn change_own(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    let (id, body) = (by.user().user_id.to_string(), call.json(BODY_LIMIT).await?);
    let password = command::change_password(body, &id, call.config())?;
    call.change_own_password(&by, password).await?;
    Ok(HttpResponse::Ok().finish())
}
