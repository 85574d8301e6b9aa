//! Types of sites.

use actix_web::HttpResponse;
use roster_web::Call;

use super::types;
use crate::domain::Kind;
use crate::error::Error;
use crate::service::IotRoles;
#[cfg(feature = "openapi")]
use crate::{
    domain::ObjectId,
    openapi::{PageQuery, Refusal},
    wire,
};

/// Adds a site type.
///
/// `POST /server/sitetypes` (I7): in the chosen domain, for users of role SYSTEM, and AREA whose area is the
/// domain. Its definition has at most 65536 bytes as it is kept.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        post,
        path = "/server/sitetypes",
        tag = "site types",
        request_body(content = ref("#/components/schemas/SiteTypeInfo"), description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/SiteTypeOfDomain")),
            (
                status = 406,
                description = "A member breaks a rule, or a definition is none; `message` says which",
                body = Refusal,
            ),
            (
                status = 409,
                description = "Another site type of the domain has this name, or a name is defined twice",
                body = Refusal,
            ),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn add(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::add(call, Kind::Site).await
}

/// Lists the site types, newest first.
///
/// `GET /server/sitetypes/list` (I7): in the chosen domain, for users of role SYSTEM and AREA. The first
/// 1000.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sitetypes/list",
        tag = "site types",
        responses(
            (status = 200, description = "The types", body = ref("#/components/schemas/SiteTypes")),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn list(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::list(call, Kind::Site).await
}

/// Lists the site types page by page, newest first.
///
/// `GET /server/sitetypes/page` (I7): in the chosen domain, for users of role SYSTEM and AREA.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sitetypes/page",
        tag = "site types",
        params(
            PageQuery,
        ),
        responses(
            (status = 200, description = "A page of types", body = ref("#/components/schemas/SiteTypePage")),
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
    types::page(call, Kind::Site).await
}

/// Reads a site type.
///
/// `GET /server/sitetypes/{id}` (I7): in the chosen domain, for users of role SYSTEM and AREA.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/server/sitetypes/{id}",
        tag = "site types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5caa9b4cddd50a20164a4cd7"),
        ),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/SiteTypeOfDomain")),
            (status = 404, description = "There is no such site type", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn read(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::read(call, Kind::Site).await
}

/// Gives a site type another name, and another description if one is told.
///
/// `PATCH /server/sitetypes/name` (I7): in the chosen domain, for users of role SYSTEM, and AREA whose area
/// is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        patch,
        path = "/server/sitetypes/name",
        tag = "site types",
        request_body(content = wire::TypeRename, description = "At most 256 KiB."),
        responses(
            (status = 200, description = "The type", body = ref("#/components/schemas/SiteTypeOfDomain")),
            (status = 404, description = "There is no such site type", body = Refusal),
            (
                status = 406,
                description = "A member breaks a rule; `message` names it and its limit",
                body = Refusal,
            ),
            (status = 409, description = "Another site type of the domain has this name", body = Refusal),
            (status = 412, description = "No domain was chosen", body = Refusal),
        ),
    )
)]
pub(crate) async fn rename(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::rename(call, Kind::Site).await
}

/// Deletes a site type.
///
/// `DELETE /server/sitetypes/{id}` (I7): in the chosen domain, for users of role SYSTEM, and AREA whose area
/// is the domain.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        delete,
        path = "/server/sitetypes/{id}",
        tag = "site types",
        params(
            ("id" = ObjectId, Path, description = "The id of the type", example = "5cab0eafddd50a20164a4cfb"),
        ),
        responses(
            (status = 200, description = "Done; the answer has no body"),
            (status = 404, description = "There is no such site type", body = Refusal),
            (
                status = 412,
                description = "No domain was chosen, or there are sites of the type",
                body = Refusal,
            ),
        ),
    )
)]
pub(crate) async fn delete(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    types::delete(call, Kind::Site).await
}
