use actix_web::{HttpResponse, http::header};
use roster_web::Call;

use super::{BODY_LIMIT, list_query};
use crate::error::Error;
use crate::service::EnterpriseUsers;
use crate::wire;

/// `GET /openapi/v1/users`
pub(super) async fn list(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    let listed = call.service().list(&by, &list_query(&call)).await?;
    Ok(HttpResponse::Ok().json(wire::Users::of(&listed, call.config().time_zone)))
}

/// `POST /openapi/v1/users`
pub(super) async fn create(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let user = call.create(&by, body).await?;
    let location = format!("/openapi/v1/users/{}", user.user_id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(wire::CreatedUser::from(&user)))
}

/// `GET /openapi/v1/users/{user_id}`
pub(super) async fn read(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let user = call.find(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().json(wire::UserInfo::of(&user, call.config().time_zone)))
}

/// `PUT /openapi/v1/users/{user_id}`
pub(super) async fn update(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    call.update(&by, &call.segment("user_id"), body).await?;
    Ok(HttpResponse::Ok().finish())
}

/// `DELETE /openapi/v1/users/{user_id}`
pub(super) async fn delete(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    call.service().delete(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// `GET /openapi/v1/currentuser`
pub(super) async fn current(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    Ok(HttpResponse::Ok().json(wire::CurrentUser::from(by.user())))
}
