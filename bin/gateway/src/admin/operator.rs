//! `/admin/v1/operator`

use actix_web::HttpResponse;
use roster_web::Call;
use serde_json::json;

use super::bodies::OperatorShown;
use super::{Desk, Error, Operator};

/// Tells whose token it is.
///
/// `GET /admin/v1/operator`
#[utoipa::path(
    get,
    path = "/admin/v1/operator",
    tag = "operator",
    responses((status = 200, description = "OK", body = OperatorShown)),
)]
pub(super) async fn read(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let operator = Operator::of(&call).await?;
    Ok(HttpResponse::Ok().json(json!({"name": operator.name})))
}
