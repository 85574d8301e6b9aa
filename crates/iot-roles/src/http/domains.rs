use actix_web::HttpResponse;
use roster_web::Call;

use super::BODY_LIMIT;
use crate::error::Error;
use crate::service::IotRoles;
use crate::wire;
#[cfg(feature = "openapi")]
use crate::{
    domain::{Name, ObjectId},
    openapi::Refusal,
};

/// Adds a domain.
///
/// `POST /server/domains` (I7): for users of role SYSTEM.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/domains",
        tag = "domains",
        request_body(content = wire::DomainInfo, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The domain", body = wire::Domain),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (status = 409, description = "A domain has this name", body = Refusal),
        ),
    )
)]
pub(crate) async fn add(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let domain = call.add_domain(&caller.system()?, body).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// Tells the domain that was chosen.
///
/// `GET /server/domains` (I7): for users of role SYSTEM and AREA.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/domains",
        tag = "domains",
        responses(
            (status = 200, description = "The domain", body = wire::Domain),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn current(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domain = call.current_domain(&by).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// Gives a domain another name.
///
/// `PATCH /server/domains` (I7): for users of role SYSTEM. Ends the sessions that chose it.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/domains",
        tag = "domains",
        request_body(content = wire::DomainRename, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The domain", body = wire::Domain),
            (status = 404, description = "There is no such domain", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (status = 409, description = "Another domain has this name", body = Refusal),
        ),
    )
)]
pub(crate) async fn rename(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let domain = call.rename_domain(&caller.system()?, body).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// Lists the domains in which the caller has an area, by name.
///
/// `GET /server/domains/me` (I7): for users of role SYSTEM, who see all, and AREA. The first 1000.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/domains/me",
        tag = "domains",
        responses(
            (status = 200, description = "The domains", body = Vec<wire::Domain>),
        ),
    )
)]
pub(crate) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domains = call.domains(&by).await?;
    Ok(HttpResponse::Ok().json(domains.iter().map(wire::Domain::from).collect::<Vec<_>>()))
}

/// Reads a domain by its id.
///
/// `GET /server/domains/id/{id}` (I7): for users of role SYSTEM and AREA. 403 for one in which the caller
/// has no area.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/domains/id/{id}",
        tag = "domains",
        params(
            ("id" = ObjectId, Path, description = "The id of the domain", example = "5caa9b2addd50a20164a4cd6"),
        ),
        responses(
            (status = 200, description = "The domain", body = wire::Domain),
            (status = 404, description = "There is no such domain", body = Refusal),
        ),
    )
)]
pub(crate) async fn by_id(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domain = call.domain_of_id(&by, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// Reads a domain by its name.
///
/// `GET /server/domains/name/{name}` (I7): for users of role SYSTEM and AREA. 403 for one in which the
/// caller has no area, and for a name that no domain has.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/domains/name/{name}",
        tag = "domains",
        params(
            ("name" = Name, Path, description = "The name of the domain", example = "demo"),
        ),
        responses(
            (status = 200, description = "The domain", body = wire::Domain),
        ),
    )
)]
pub(crate) async fn by_name(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let by = call.caller(call.authorization(), call.origin()).await?.administrator()?;
    let domain = call.domain_of_name(&by, &call.segment("name")).await?;
    Ok(HttpResponse::Ok().json(wire::Domain::from(&domain)))
}

/// Deletes a domain by its id, with all that is in it.
///
/// `DELETE /server/domains/{name}` (I7): for users of role SYSTEM. Ends the sessions that chose it.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/domains/{name}",
        tag = "domains",
        params(
            ("name" = ObjectId, Path, description = "The id of the domain; the segment is called as the one of `PATCH`", example = "5cab0eafddd50a20164a4cfb"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (status = 404, description = "There is no such domain", body = Refusal),
            (status = 412, description = "An area of a user is the domain or lies in it", body = Refusal),
        ),
    )
)]
pub(crate) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    call.delete_domain(&caller.system()?, &call.segment("name")).await?;
    Ok(HttpResponse::Ok().finish())
}
