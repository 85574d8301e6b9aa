use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, client, is_form, stream};
use crate::domain::Builtin;
use crate::error::Error;
use crate::service::TenantCiam;
use crate::validate;
#[cfg(feature = "openapi")]
use crate::{
    domain::UserId,
    openapi::{Bad, PageQuery},
    wire,
};

/// Adds a user.
///
/// `POST /api/v2/tenant/users` (C1, C4 to C10): judged by the tenant's User Attribute Definition, in the
/// order of the codes: what is empty, what breaks its rule, the area code, duplicates, the password.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/api/v2/tenant/users",
        tag = "users",
        request_body(content = wire::CreateUser, description = "At most 2 MiB."),
        responses(
            (status = 200, description = "The new user's id", body = wire::CreatedUser),
            (
                status = 400,
                description = "`PARAM.0001`: a member is of another type or form, or the body is unreadable; `USER.0002` to \
                               `USER.0017`: a required attribute is empty; `USER.0018` to `USER.0033`: one breaks its rule; \
                               `MOBILE.0002`: the area code is not enabled; `USER.0034` to `USER.0037`: somebody has the \
                               value; `PWD.0002` to `PWD.0007`: the password breaks the policy; or the token is unknown or \
                               expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn create(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.create(&by, body).await?))
}

/// Lists the users, oldest first.
///
/// `GET /api/v2/tenant/users` (C11): the users of the tenant, picture by picture.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/api/v2/tenant/users",
        tag = "users",
        params(
            PageQuery,
        ),
        responses(
            (status = 200, description = "A page of users", body = ref("#/components/schemas/UserPage")),
            (
                status = 400,
                description = "`OAP.PAGE.0002`: `offset` or `limit` is no number or outside its bounds; `PARAM.0001`: the \
                               time has another form, or a parameter stands there twice; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn list(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let page = call.service().list(&by, call.query()).await?;
    Ok(stream::answer(call.reply_context(), call.shared(), by, page))
}

/// Reads a user.
///
/// `GET /api/v2/tenant/users/{user_id}` (C11, C12)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/api/v2/tenant/users/{user_id}",
        tag = "users",
        params(
            ("user_id" = UserId, Path, description = "The user's id", example = "20201028102749564-9082-DC8CD2722"),
        ),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (
                status = 400,
                description = "`USER.0001`: there is no such user; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn read(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    Ok(HttpResponse::Ok().json(call.service().read(&by, &call.segment("user_id")).await?))
}

/// Changes what the body names of a user.
///
/// `PUT /api/v2/tenant/users/{user_id}` (C12): an absent member keeps its value; null and `""` remove it and
/// are judged as empty. `pwd` and `pwd_must_modify` are not read.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/api/v2/tenant/users/{user_id}",
        tag = "users",
        params(
            ("user_id" = UserId, Path, description = "The user's id", example = "20201028102749564-9082-DC8CD2722"),
        ),
        request_body(content = ref("#/components/schemas/UpdateUser"), description = "At most 2 MiB."),
        responses(
            (status = 200, description = "Who was changed", body = wire::ChangedUser),
            (
                status = 400,
                description = "`USER.0001`: there is no such user; `PARAM.0001`: a member is of another type or form, or \
                               the body is unreadable; `USER.0002` to `USER.0017`: a required attribute is removed; \
                               `USER.0018` to `USER.0033`: one breaks its rule; `MOBILE.0002`: the area code is not \
                               enabled; `USER.0034` to `USER.0037`: somebody else has the value; or the token is unknown or \
                               expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn update(mut call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let body = call.json(BODY_LIMIT).await?;
    Ok(HttpResponse::Ok().json(call.update(&by, &call.segment("user_id"), body).await?))
}

/// Deletes a user.
///
/// `DELETE /api/v2/tenant/users/{user_id}` (C11): with his picture, and without a body in the answer.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/api/v2/tenant/users/{user_id}",
        tag = "users",
        params(
            ("user_id" = UserId, Path, description = "The user's id", example = "20201028102749564-9082-DC8CD2722"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (
                status = 400,
                description = "`USER.0001`: there is no such user; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn delete(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    call.service().delete(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Lets a user sign in again.
///
/// `PUT /api/v2/tenant/users/{user_id}/enable` (C11)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/api/v2/tenant/users/{user_id}/enable",
        tag = "users",
        params(
            ("user_id" = UserId, Path, description = "The user's id", example = "20201028102749564-9082-DC8CD2722"),
        ),
        responses(
            (status = 200, description = "Who was changed", body = wire::ChangedUser),
            (
                status = 400,
                description = "`USER.0001`: there is no such user; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn enable(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    Ok(HttpResponse::Ok().json(call.set_disabled(&by, &call.segment("user_id"), false).await?))
}

/// Keeps a user from signing in.
///
/// `PUT /api/v2/tenant/users/{user_id}/disable` (C11)
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        put,
        path = "/api/v2/tenant/users/{user_id}/disable",
        tag = "users",
        params(
            ("user_id" = UserId, Path, description = "The user's id", example = "20201028102749564-9082-DC8CD2722"),
        ),
        responses(
            (status = 200, description = "Who was changed", body = wire::ChangedUser),
            (
                status = 400,
                description = "`USER.0001`: there is no such user; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn disable(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    Ok(HttpResponse::Ok().json(call.set_disabled(&by, &call.segment("user_id"), true).await?))
}

/// Finds a user by his user name.
///
/// `POST /api/v2/tenant/users/user-by-username` (C11): of several, the oldest. As JSON, or as a form.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/api/v2/tenant/users/user-by-username",
        tag = "users",
        request_body(description = "At most 2 MiB.", content((ref("#/components/schemas/LookUpByUserName") = "application/json"), (ref("#/components/schemas/LookUpByUserName") = "application/x-www-form-urlencoded"))),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (
                status = 400,
                description = "`USER.0001`: nobody has it; `USER.0002`: it is empty; `PARAM.0001`: it is of another type, \
                               or the body is unreadable; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn by_user_name(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::UserName).await
}

/// Finds a user by his mobile number.
///
/// `POST /api/v2/tenant/users/user-by-mobile` (C11): of several, the oldest. As JSON, or as a form.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/api/v2/tenant/users/user-by-mobile",
        tag = "users",
        request_body(description = "At most 2 MiB.", content((ref("#/components/schemas/LookUpByMobile") = "application/json"), (ref("#/components/schemas/LookUpByMobile") = "application/x-www-form-urlencoded"))),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (
                status = 400,
                description = "`USER.0001`: nobody has it; `USER.0004`: it is empty; `PARAM.0001`: it is of another type, \
                               or the body is unreadable; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn by_mobile(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::Mobile).await
}

/// Finds a user by his e-mail address.
///
/// `POST /api/v2/tenant/users/user-by-email` (C11): of several, the oldest. As JSON, or as a form.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/api/v2/tenant/users/user-by-email",
        tag = "users",
        request_body(description = "At most 2 MiB.", content((ref("#/components/schemas/LookUpByEmail") = "application/json"), (ref("#/components/schemas/LookUpByEmail") = "application/x-www-form-urlencoded"))),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (
                status = 400,
                description = "`USER.0001`: nobody has it; `USER.0005`: it is empty; `PARAM.0001`: it is of another type, \
                               or the body is unreadable; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn by_email(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::Email).await
}

/// Finds a user by his id in another system.
///
/// `POST /api/v2/tenant/users/user-by-external-id` (C11): of several, the oldest. As JSON, or as a form.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/api/v2/tenant/users/user-by-external-id",
        tag = "users",
        request_body(description = "At most 2 MiB.", content((ref("#/components/schemas/LookUpByExternalId") = "application/json"), (ref("#/components/schemas/LookUpByExternalId") = "application/x-www-form-urlencoded"))),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (
                status = 400,
                description = "`USER.0001`: nobody has it; `USER.0016`: it is empty; `PARAM.0001`: it is of another type, \
                               or the body is unreadable; or the token is unknown or expired",
                body = Bad,
            ),
        ),
    )
)]
pub(crate) async fn by_external_id(call: Call<TenantCiam>) -> Result<HttpResponse, Error> {
    look_up(call, Builtin::ExternalId).await
}

/// JSON, or a form: one of the known clients sends its look-ups so.
async fn look_up(mut call: Call<TenantCiam>, builtin: Builtin) -> Result<HttpResponse, Error> {
    let by = client(&call).await?;
    let text = if is_form(&call) {
        validate::look_up_form(builtin, &call.bytes(BODY_LIMIT).await?)?
    } else {
        validate::look_up(builtin, call.json(BODY_LIMIT).await?)?
    };
    Ok(HttpResponse::Ok().json(call.look_up(&by, builtin, text).await?))
}
