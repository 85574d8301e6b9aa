use actix_web::{HttpResponse, http::header};
use roster_web::{Call, Route, route};

#[cfg(feature = "openapi")]
use self::documentation::{CreateRefused, UpdateRefused, UserReference, UsersQuery};
use super::command;
#[cfg(feature = "openapi")]
use super::wire::{CreateUser, UpdateUser};
use super::wire::{CreatedUser, CurrentUser, UserInfo, Users};
use crate::config::BODY_LIMIT;
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::responses::{Forbidden, NoSuchUser, RemovalRefused, UserIdPath};
use crate::service::EnterpriseUsers;

pub(crate) fn routes() -> Vec<Route<EnterpriseUsers, Error>> {
    vec![list(), create(), read(), update(), delete(), current()]
}

/// Lists users, the newest first.
///
/// For a plain member those of their own enterprise only (E10, E11).
#[route(
    get, "/openapi/v1/users",
    tag = "users",
    params(UsersQuery),
    responses((status = 200, description = "OK", body = Users<'static>))
)]
async fn list(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    let page = call.service().list(&by, command::list_users(&call.query_pairs())).await?;
    Ok(HttpResponse::Ok().json(Users::of(&page, call.config().time_zone)))
}

/// Adds a user.
///
/// Duplicates are looked for in the order nick name, e-mail, phone (E2, E7).
#[route(
    post, "/openapi/v1/users",
    tag = "users",
    request_body = CreateUser,
    responses((status = 201, description = "Created; without the password (E2)", body = CreatedUser<'static>,
        headers(("Location" = String, description = "The path of the new user"))),
        CreateRefused, Forbidden)
)]
async fn create(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let command = command::create_user(call.json(BODY_LIMIT).await?, call.config())?;
    let user = call.create(&by, command).await?;
    let location = format!("/openapi/v1/users/{}", user.user_id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(CreatedUser::from(&user)))
}

/// Reads a user.
///
/// By id, else by nick name in the caller's own enterprise (E8, E9).
#[route(
    get, "/openapi/v1/users/{user_id}",
    tag = "users",
    params(UserReference),
    responses((status = 200, description = "OK", body = UserInfo<'static>), Forbidden, NoSuchUser)
)]
async fn read(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let user = call.find(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().json(UserInfo::of(&user, call.config().time_zone)))
}

/// Changes a user.
///
/// What is absent stays; nick name and enterprise never change (E14).
#[route(
    put, "/openapi/v1/users/{user_id}",
    tag = "users",
    params(UserIdPath),
    request_body = UpdateUser,
    responses((status = 200, description = "Changed; no body"), UpdateRefused, Forbidden, NoSuchUser)
)]
async fn update(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let (id, body) = (call.segment("user_id"), call.json(BODY_LIMIT).await?);
    let command = command::update_user(body, &id, call.config())?;
    call.update(&by, &id, command).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Deletes a user.
///
/// Their keys stop at once; the id is never given again (E9, E13).
#[route(
    delete, "/openapi/v1/users/{user_id}",
    tag = "users",
    params(UserIdPath),
    responses((status = 200, description = "Deleted; no body"), RemovalRefused, Forbidden, NoSuchUser)
)]
async fn delete(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    call.service().delete(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Reads the user whose key it is.
///
/// Plain members may do so (E10, E13).
#[route(
    get, "/openapi/v1/currentuser",
    tag = "users",
    responses((status = 200, description = "OK", body = CurrentUser<'static>))
)]
async fn current(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.member(call.authorization(), call.origin()).await?;
    Ok(HttpResponse::Ok().json(CurrentUser::from(by.user())))
}

#[cfg(feature = "openapi")]
#[expect(dead_code, reason = "the document alone has them")]
mod documentation {
    use utoipa::{IntoParams, IntoResponses};

    use crate::responses::Refusal;

    #[derive(IntoParams)]
    #[into_params(parameter_in = Path)]
    pub(super) struct UserReference {
        /// An id, or a nick name of the caller's own enterprise (E8)
        #[param(min_length = 1)]
        user_id: String,
    }

    #[derive(IntoParams)]
    #[into_params(parameter_in = Query)]
    pub(super) struct UsersQuery {
        /// What nick name, e-mail or phone contain, without regard to case (E11)
        query: Option<String>,
        /// The page, 1 by default; one that is none counts as 1 (E11)
        #[param(minimum = 1)]
        page: Option<i64>,
        /// Users to a page, 1 to 1000, 10 by default; clamped (E11)
        #[param(minimum = 1, maximum = 1000)]
        page_size: Option<i64>,
    }

    #[derive(IntoResponses)]
    pub(super) enum CreateRefused {
        /// The body is no JSON object, or fields break rules: all at once (E7); or the e-mail is taken
        #[response(status = 400)]
        Invalid(Refusal),
        /// The nick name or the phone number is taken (E7)
        #[response(status = 409)]
        Taken(Refusal),
    }

    #[derive(IntoResponses)]
    pub(super) enum UpdateRefused {
        /// The body is no JSON object, or fields break rules: all at once (E7); the e-mail is taken; the caller or the last administrator would become inactive (E13)
        #[response(status = 400)]
        Invalid(Refusal),
        /// The phone number is taken
        #[response(status = 409)]
        Taken(Refusal),
    }
}
