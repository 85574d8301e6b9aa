use actix_web::HttpResponse;
use roster_web::{Call, Route, route};

#[cfg(feature = "openapi")]
use self::documentation::{AdministratorsQuery, AppointRefused, NotAdministrator};
use super::command;
#[cfg(feature = "openapi")]
use super::wire::Appointment;
use crate::config::BODY_LIMIT;
use crate::error::Error;
#[cfg(feature = "openapi")]
use crate::responses::{Forbidden, NoSuchUser, RemovalRefused, UserIdPath};
use crate::service::EnterpriseUsers;
use crate::users::wire::Users;

pub(crate) fn routes() -> Vec<Route<EnterpriseUsers, Error>> {
    vec![list(), appoint(), dismiss()]
}

/// Lists administrators, the newest first.
///
/// Of one enterprise, or of all within the caller's reach (E11, E13).
#[route(
    get, "/openapi/v1/administrators",
    tag = "administrators",
    params(AdministratorsQuery),
    responses((status = 200, description = "OK", body = Users<'static>), Forbidden)
)]
async fn list(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let page = call.administrators(&by, command::list_administrators(&call.query_pairs())).await?;
    Ok(HttpResponse::Ok().json(Users::of(&page, call.config().time_zone)))
}

/// Makes a user an administrator of their enterprise.
///
/// A user who is an administrator already stays one (E13).
#[route(
    post, "/openapi/v1/administrators",
    tag = "administrators",
    request_body = Appointment,
    responses((status = 201, description = "Made; no body"), AppointRefused, Forbidden, NoSuchUser)
)]
async fn appoint(mut call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    let command = command::appoint(call.json(BODY_LIMIT).await?)?;
    call.appoint(&by, command).await?;
    Ok(HttpResponse::Created().finish())
}

/// Removes a user's administrator rank.
///
/// The user remains (E13).
#[route(
    delete, "/openapi/v1/administrators/{user_id}",
    tag = "administrators",
    params(UserIdPath),
    responses((status = 200, description = "Done; no body"), RemovalRefused, Forbidden, NotAdministrator)
)]
async fn dismiss(call: Call<EnterpriseUsers>) -> Result<HttpResponse, Error> {
    let by = call.administrator(call.authorization(), call.origin()).await?;
    call.dismiss(&by, &call.segment("user_id")).await?;
    Ok(HttpResponse::Ok().finish())
}

#[cfg(feature = "openapi")]
#[expect(dead_code, reason = "the document alone has them")]
mod documentation {
    use utoipa::{IntoParams, IntoResponses};

    use crate::responses::Refusal;

    #[derive(IntoParams)]
    #[into_params(parameter_in = Query)]
    pub(super) struct AdministratorsQuery {
        /// The enterprise; without it, all within the caller's reach
        eid: Option<String>,
        /// The page, 1 by default; one that is none counts as 1 (E11)
        #[param(minimum = 1)]
        page: Option<i64>,
        /// Users to a page, 1 to 1000, 10 by default; clamped (E11)
        #[param(minimum = 1, maximum = 1000)]
        page_size: Option<i64>,
    }

    /// The body is no JSON object, or fields break rules: all at once (E7); the enterprise has no user; the user is of another one
    #[derive(IntoResponses)]
    #[response(status = 400)]
    pub(super) struct AppointRefused(Refusal);

    /// There is no such user, or they are no administrator
    #[derive(IntoResponses)]
    #[response(status = 404)]
    pub(super) struct NotAdministrator(Refusal);
}
