use actix_web::HttpResponse;
use roster_web::Call;

use super::{BODY_LIMIT, lists, segment};
use crate::error::Error;
use crate::service::IotRoles;
use crate::wire;

/// `POST /sites`
pub(super) async fn add(mut call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let caller = call.caller(call.authorization(), call.origin()).await?;
    let body = call.json(BODY_LIMIT).await?;
    let site = call.add_site(&caller.administrator()?, body).await?;
    Ok(HttpResponse::Ok().json(wire::Area::from(&site)))
}

/// `GET /sites/me`
pub(super) async fn mine(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let user = call.caller(call.authorization(), call.origin()).await?.of_areas()?;
    let sites = call.sites_of(&user).await?;
    Ok(lists::whole(&call, sites, |site| serde_json::to_vec(&wire::Area::from(site))))
}

/// `GET /sites/me/{id}`
pub(super) async fn is_mine(call: Call<IotRoles>) -> Result<HttpResponse, Error> {
    let user = call.caller(call.authorization(), call.origin()).await?.of_areas()?;
    let mine = call.lies_within(&user, &segment(&call, "id")).await?;
    Ok(HttpResponse::Ok().json(mine))
}
