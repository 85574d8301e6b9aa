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

use crate::body::GivenUp;
use crate::connection::{self, Connection};

/// So much of it is let in at a time.
const PIECE: u64 = 16 * 1024;
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
    let request = response.as_ref().ok().map(|response| response.request().clone());
    let _receiving = request.as_ref().map(connection::receiving);
    let connection = request.as_ref().and_then(connection::of_request);
    let thrown_away = async {
        let mut bytes = 0;
        while let Some(chunk) = next_piece(&mut rest, connection.map(AsRef::as_ref)).await {
            bytes += chunk;
            if bytes > max_bytes {
                break;
            }
        }
    };
    // A client that is slower than this still gets its answer if it listens.
    let _ = timeout(max_time, thrown_away).await;
    response
}

/// The size of the next piece of what is left. The connection is let read as much as is thrown away.
async fn next_piece(rest: &mut Shared, connection: Option<&Connection>) -> Option<usize> {
    std::future::poll_fn(|cx| {
        loop {
            match Pin::new(&mut *rest).poll_next(cx) {
                Poll::Ready(chunk) => {
                    return Poll::Ready(chunk.and_then(Result::ok).map(|chunk| chunk.len()));
                }
                Poll::Pending => match connection.filter(|connection| connection.is_starved()) {
                    // It wakes this task, which looks again.
                    Some(connection) => connection.grant(PIECE),
                    None => return Poll::Pending,
                },
            }
        }
    })
    .await
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
