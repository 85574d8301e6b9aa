use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, lists, query};
use crate::error::Error;
use crate::service::IotRoles;
use crate::{domain, validate, wire};
#[cfg(feature = "openapi")]
use crate::{
    domain::{ObjectId, Username},
    openapi::{PageQuery, Refusal},
};

/// Adds a user.
///
/// `POST /server/user` (I1, I3): for users of role SYSTEM. In this order: the fields, the role, the areas,
/// the username.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/user",
        tag = "users",
        request_body(content = wire::CreateUser, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (status = 404, description = "There is no such area", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule, the role is none that is given this way, or one area contains another",
                body = Refusal,
            ),
            (status = 409, description = "Somebody has this username", body = Refusal),
        ),
    )
)]
pub(crate) async fn create(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    // The body's form is judged before the caller's rank, its fields after it.
    let draft = validate::draft(call.json(BODY_LIMIT).await?)?;
    let user = call.create(&caller.system()?, draft).await?;
    Ok(answer(&user))
}

/// Adds a user, at the path of the original system.
///
/// `POST /server/users` (I2): the same as `POST /server/user`.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/users",
        tag = "users",
        request_body(content = wire::CreateUser, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (status = 404, description = "There is no such area", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule, the role is none that is given this way, or one area contains another",
                body = Refusal,
            ),
            (status = 409, description = "Somebody has this username", body = Refusal),
        ),
    )
)]
pub(crate) async fn add(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    create(call).await
}

/// Lists the users, newest first.
///
/// `GET /server/users` (I8): for users of role SYSTEM.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/users",
        tag = "users",
        params(
            PageQuery,
        ),
        responses(
            (status = 200, description = "A page of users", body = ref("#/components/schemas/UserPage")),
            (
                status = 406,
                description = "`currentPage` or `numPerPage` is no whole number within its bounds",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    let page = validate::page(&query(&call))?;
    let listed = call.users(&by, page).await?;
    lists::page(&call, listed, page, |user| serde_json::to_vec(&wire::User::from(user)))
}

/// Tells who calls.
///
/// `GET /server/users/me` (I3, I8): for every role.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/users/me",
        tag = "users",
        responses(
            (status = 200, description = "The caller", body = wire::User),
        ),
    )
)]
pub(crate) async fn me(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?;
    Ok(answer(&call.me(&by).await?))
}

/// Reads a user by his name.
///
/// `GET /server/users/{user}` (I6, I8): for users of role SYSTEM. The name is the username, not the id.
/// Users who are called `me`, `password` or `status` are read so too, but for `me`.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/users/{user}",
        tag = "users",
        params(
            ("user" = Username, Path, description = "The username", example = "admin"),
        ),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (status = 404, description = "Nobody has this name", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    Ok(answer(&call.named(&by, call.unchecked_segment("user")).await?))
}

/// `POST /server/users/register`
pub(super) async fn register(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let body = call.json(BODY_LIMIT).await?;
    Ok(answer(&call.register(body, call.origin()).await?))
}

/// Gives a user of role AREA other areas.
///
/// `PATCH /server/users` (I8): for users of role SYSTEM. The areas take the place of all that he had.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/users",
        tag = "users",
        request_body(content = wire::ChangeAreas, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (status = 404, description = "There is no such user, or no such area", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule, the user has another role than AREA, or one area contains another",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn change_areas(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let draft = validate::areas_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.change_areas(&caller.system()?, draft).await?))
}

/// Deletes a user by his id, and ends his sessions.
///
/// `DELETE /server/users/{user}` (I5, I8): for users of role SYSTEM. Nobody deletes himself, and the last
/// SYSTEM user remains.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/users/{user}",
        tag = "users",
        params(
            ("user" = ObjectId, Path, description = "The id of the user", example = "5cab0eafddd50a20164a4cfa"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (status = 404, description = "There is no such user", body = Refusal),
            (status = 406, description = "It is the caller himself, or the last SYSTEM user", body = Refusal),
        ),
    )
)]
pub(crate) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.system()?;
    call.service().delete(&by, &call.segment("user")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Changes the caller's own password.
///
/// `PATCH /server/users/password` (I5): for users of role SYSTEM and AREA. Ends all his sessions, the one
/// that he calls with among them. A wrong original password counts as a failed login.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/users/password",
        tag = "users",
        request_body(content = wire::ChangePassword, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The caller", body = wire::User),
            (
                status = 406,
                description = "The original password is wrong, or a member breaks a rule",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn change_own_password(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let draft = validate::password_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.change_own_password(&caller.person()?, draft).await?))
}

/// Gives a user another password.
///
/// `PATCH /server/users/{user}/password` (I5, I8; ours): for users of role SYSTEM. Ends all his sessions.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/users/{user}/password",
        tag = "users",
        params(
            ("user" = ObjectId, Path, description = "The id of the user", example = "5cab0eafddd50a20164a4cfa"),
        ),
        request_body(content = wire::ResetPassword, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (status = 404, description = "There is no such user", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn reset_password(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let password = validate::reset_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.reset_password(&caller.system()?, &call.segment("user"), password).await?))
}

/// Suspends a user, or lets him sign in again.
///
/// `PATCH /server/users/status` (I5; ours): for users of role SYSTEM. `pending` ends all his sessions.
/// Nobody suspends himself, and the last SYSTEM user who may sign in remains.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/users/status",
        tag = "users",
        request_body(content = wire::ChangeStatus, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The user", body = wire::User),
            (status = 404, description = "There is no such user", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule, or it is the caller himself or the last SYSTEM user",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn change_status(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let draft = validate::status_draft(call.json(BODY_LIMIT).await?)?;
    Ok(answer(&call.change_status(&caller.system()?, draft).await?))
}

fn answer(user: &domain::User) -> HttpResponse {
    HttpResponse::Ok().json(wire::User::from(user))
}
