use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use roster_kernel::{IntoWire, ReplyContext, WireBody, WireError};

/// Answers `error` in its dialect's shape. What the caller must not read goes to the log.
pub fn respond(error: &dyn IntoWire, context: &ReplyContext) -> HttpResponse {
    let wire = report(error, context);
    let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in wire.headers {
        response.append_header((name, value));
    }
    let (content_type, body) = match wire.body {
        WireBody::Json(body) => ("application/json", body),
        WireBody::Problem(body) => ("application/problem+json", body),
        WireBody::Text(body) => ("text/plain; charset=utf-8", body),
    };
    response.insert_header((header::CONTENT_TYPE, content_type)).body(body)
}

/// What the caller may read of `error`; what he must not goes to the log. For errors that are a part
/// of an answer; [`respond`] does it for those that are all of it.
pub fn report(error: &dyn IntoWire, context: &ReplyContext) -> WireError {
    let wire = error.to_wire(context);
    if wire.status == 503 {
        // To be expected under load, and by clients that stand still.
        tracing::warn!(status = wire.status, path = context.path, error = chain(error), "request failed");
    } else if wire.status >= 500 {
        tracing::error!(status = wire.status, path = context.path, error = chain(error), "request failed");
    }
    wire
}

/// An error and its causes in one line.
fn chain(error: &dyn IntoWire) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
