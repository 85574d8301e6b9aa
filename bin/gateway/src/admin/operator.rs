//! `/admin/v1/operator`

use actix_web::HttpResponse;
use roster_web::Call;
use serde_json::json;

use super::{Desk, Error, Operator};

/// `GET`: who the token's operator is.
pub(super) async fn read(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let operator = Operator::of(&call).await?;
    Ok(HttpResponse::Ok().json(json!({"name": operator.name})))
}
