use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage as _, rt::time::timeout};
use futures_core::Stream;
use futures_util::StreamExt as _;

use crate::body::GivenUp;

/// At most this much of an unwanted body is read and thrown away.
const MAX_BYTES: usize = 128 * 1024 * 1024;
/// At most this long.
const MAX_TIME: Duration = Duration::from_secs(30);
/// Of a client that calls too often, at most this much. What it still sends then breaks its connection.
const MAX_BYTES_REFUSED: usize = 1024 * 1024;
/// Of such a client, at most this long.
const MAX_TIME_REFUSED: Duration = Duration::from_secs(2);

/// Middleware: reads what a handler left of the body, without keeping it, before the answer goes
/// out. Otherwise a client that is still sending sees its connection break instead of the answer
/// (a 413, a 401) that tells it why.
pub async fn drain<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let headers = request.headers();
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    if !has_body {
        return next.call(request).await;
    }
    let shared = Shared(Rc::new(RefCell::new(request.take_payload())));
    let mut rest = shared.clone();
    request.set_payload(Payload::Stream { payload: Box::pin(shared) });
    let response = next.call(request).await;
    let given_up = |response: &ServiceResponse<B>| response.request().extensions().contains::<GivenUp>();
    if response.as_ref().is_ok_and(given_up) {
        return response;
    }
    let (max_bytes, max_time) = match &response {
        Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
            (MAX_BYTES_REFUSED, MAX_TIME_REFUSED)
        }
        _ => (MAX_BYTES, MAX_TIME),
    };
    let thrown_away = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = rest.next().await {
            bytes += chunk.len();
            if bytes > max_bytes {
                break;
            }
        }
    };
    // Whoever is slower than this gets his answer anyway, if he still listens.
    let _ = timeout(max_time, thrown_away).await;
    response
}

/// A body that the handler and the middleware read one after the other.
#[derive(Clone)]
struct Shared(Rc<RefCell<Payload>>);

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(cx)
    }
}
