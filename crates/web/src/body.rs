use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpMessage as _, HttpRequest};
use futures_util::StreamExt as _;
use roster_kernel::Fault;

use crate::limits;
use crate::room::SMALL;

/// The mark of a request whose body took too long: nobody waits for the rest of it.
#[derive(Clone, Copy)]
pub(crate) struct GivenUp;

/// Reads a body of at most `limit` bytes. One that takes longer to arrive than the server's limits
/// allow is given up.
pub(crate) async fn read(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, Fault> {
    let patience = limits::of_body(request);
    let late = || {
        request.extensions_mut().insert(GivenUp);
        limits::too_slow()
    };
    let arrived = async {
        let announced = announced(request);
        if announced > limit {
            return Err(Fault::TooLarge { limit });
        }
        if announced > SMALL {
            timeout(patience, make_room(request, announced)).await.map_err(|_| late())?;
        }
        // Its time begins when it may come.
        timeout(patience, gather(request, payload, limit, announced)).await.unwrap_or_else(|_| Err(late()))
    };
    limits::pausing(request, arrived).await
}

/// How long the body will be, if the request says so.
fn announced(request: &HttpRequest) -> usize {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

async fn gather(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
    announced: usize,
) -> Result<Bytes, Fault> {
    let mut body = BytesMut::with_capacity(announced);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Fault::Incomplete)?;
        let length = body.len() + chunk.len();
        if length > limit {
            return Err(Fault::TooLarge { limit });
        }
        if announced == 0 && body.len() <= SMALL && length > SMALL {
            // It did not say how long it will be.
            make_room(request, limit).await;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Waits until there is room for a body of `bytes`. It has it until the request is over: what was
/// parsed from it lives as long.
async fn make_room(request: &HttpRequest, bytes: usize) {
    if let Some(room) = limits::room(request)
        && let Some(taken) = room.take(bytes).await
    {
        request.extensions_mut().insert(taken);
    }
}

/// Whether the request says that its body is of the media type `wanted`, in UTF-8.
pub(crate) fn demand_type(request: &HttpRequest, wanted: &str) -> Result<(), Fault> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return Err(Fault::MediaType(None));
    };
    let value = String::from_utf8_lossy(value.as_bytes());
    let mut parts = value.split(';').map(str::trim);
    let essence_fits = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(wanted));
    let charset_fits = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if essence_fits && charset_fits { Ok(()) } else { Err(Fault::MediaType(Some(value.into_owned()))) }
}
