use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, lists, objects};
use crate::domain::Kind;
use crate::error::Error;
use crate::service::IotRoles;
use crate::wire;
#[cfg(feature = "openapi")]
use crate::{
    domain::ObjectId,
    openapi::{ObjectQuery, PageQuery, Refusal},
};

/// Adds a site.
///
/// `POST /server/sites` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their areas.
/// At most 100 sites lie in one another.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/sites",
        tag = "sites",
        request_body(content = ref("#/components/schemas/SiteInfo"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The site", body = wire::Site),
            (
                status = 404,
                description = "There is no such type or no such location in the domain, or a value that the type requires is missing",
                body = Refusal,
            ),
            (
                status = 406,
                description = "A member breaks a rule, or a value is none of its type",
                body = Refusal,
            ),
            (status = 409, description = "Another site of this type has this name there", body = Refusal),
            (
                status = 412,
                description = "No domain was chosen, or the site would lie more than 100 deep",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn add(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let site = call.add_site(&caller.administrator()?, body).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&site)))
}

/// Lists the sites within the caller's areas, in every domain.
///
/// `GET /server/sites/me` (I7): for users of role AREA. The first 1000.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sites/me",
        tag = "sites",
        responses(
            (status = 200, description = "The sites", body = Vec<wire::Site>),
        ),
    )
)]
pub(crate) async fn mine(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let user = call.caller(call.authorization(), call.origin()).await?.of_areas()?;
    let sites = call.sites_of(&user).await?;
    Ok(lists::whole(&call, sites, |site| serde_json::to_vec(&wire::Area::from(site))))
}

/// Tells whether an object lies within the caller's areas.
///
/// `GET /server/sites/me/{id}` (I7): for users of role AREA.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sites/me/{id}",
        tag = "sites",
        params(
            ("id" = ObjectId, Path, description = "The id of a domain, a site or a device", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        responses(
            (status = 200, description = "Whether it does", body = bool, content_type = "application/json"),
            (status = 404, description = "There is no domain, site or device of this id", body = Refusal),
        ),
    )
)]
pub(crate) async fn is_mine(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let user = call.caller(call.authorization(), call.origin()).await?.of_areas()?;
    let mine = call.lies_within(&user, &call.segment("id")).await?;
    Ok(HttpResponse::Ok().json(mine))
}

/// Lists the sites, newest first.
///
/// `GET /server/sites` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sites",
        tag = "sites",
        params(
            PageQuery,
            ObjectQuery,
            ("siteTypeId" = Option<String>, Query, description = "Only those of the type of this id"),
        ),
        responses(
            (status = 200, description = "A page of sites", body = ref("#/components/schemas/SitePage")),
            (
                status = 406,
                description = "`currentPage` or `numPerPage` is no whole number within its bounds",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn page(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::page(call, Kind::Site).await
}

/// Counts the sites.
///
/// `GET /server/sites/count` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas. The page is judged, and counts for nothing.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sites/count",
        tag = "sites",
        params(
            PageQuery,
            ObjectQuery,
            ("siteTypeId" = Option<String>, Query, description = "Only those of the type of this id"),
        ),
        responses(
            (status = 200, description = "How many there are", body = i64, content_type = "application/json"),
            (
                status = 406,
                description = "`currentPage` or `numPerPage` is no whole number within its bounds",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn count(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::count(call, Kind::Site).await
}

/// Reads a site.
///
/// `GET /server/sites/{id}` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sites/{id}",
        tag = "sites",
        params(
            ("id" = ObjectId, Path, description = "The id of the site", example = "5caa9b7dddd50a20164a4cd8"),
        ),
        responses(
            (status = 200, description = "The site", body = wire::Site),
            (status = 404, description = "There is no such site", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::read(call, Kind::Site).await
}

/// Gives a site other values.
///
/// `PATCH /server/sites` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their areas.
/// They take the place of all that were there.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/sites",
        tag = "sites",
        request_body(content = wire::ObjectUpdate, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The site", body = wire::Site),
            (
                status = 404,
                description = "There is no such site, or a value that its type requires is missing",
                body = Refusal,
            ),
            (
                status = 406,
                description = "A member breaks a rule, or a value is none of its type",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn update(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::update(call, Kind::Site).await
}

/// Gives a site another name.
///
/// `PATCH /server/sites/name` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/sites/name",
        tag = "sites",
        request_body(content = wire::ObjectRename, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The site", body = wire::Site),
            (status = 404, description = "There is no such site", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (
                status = 409,
                description = "Another site of its type has this name where it lies",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn rename(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::rename(call, Kind::Site).await
}

/// Puts a site elsewhere in its domain.
///
/// `PATCH /server/sites/location` (I7; ours): in the chosen domain, for users of role SYSTEM, and AREA
/// within their areas. What lies in it comes along.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/sites/location",
        tag = "sites",
        request_body(content = ref("#/components/schemas/SiteMove"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The site", body = wire::Site),
            (
                status = 404,
                description = "There is no such site or no such location in the domain",
                body = Refusal,
            ),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (status = 409, description = "Another site of its type has its name there", body = Refusal),
            (
                status = 412,
                description = "No domain was chosen, or the site would lie in itself, or more than 100 deep",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn relocate(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::relocate(call, Kind::Site).await
}

/// Deletes a site.
///
/// `DELETE /server/sites/{id}` (I7): in the chosen domain, for users of role SYSTEM, and AREA within their
/// areas. An AREA user must reach what it lies in.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/sites/{id}",
        tag = "sites",
        params(
            ("id" = ObjectId, Path, description = "The id of the site", example = "5cab0eafddd50a20164a4cfb"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (status = 404, description = "There is no such site", body = Refusal),
            (
                status = 412,
                description = "No domain was chosen, something lies in it, or it is an area of a user",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    objects::delete(call, Kind::Site).await
}
