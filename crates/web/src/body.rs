use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpMessage as _, HttpRequest};
use futures_core::Stream as _;
use roster_kernel::Fault;
use tokio::time::{Instant, timeout, timeout_at};

use crate::connection::{self, Connection};
use crate::limits;
use crate::room::{Owner, PROGRESS, Share};

/// So much of a body needs no room: a sign-in is far smaller.
const FREE: u64 = 4 * 1024;

/// How long the body of a caller who is not known waits for room. A client that is gone is not noticed
/// while nothing is read.
const STRANGERS_WAIT: Duration = Duration::from_secs(5);

/// So much more of a body is read at a time.
const PIECE: u64 = PROGRESS;

/// The mark of a request whose body took too long: the rest of it is not waited for.
#[derive(Clone, Copy)]
pub(crate) struct GivenUp;

/// Reads a body of at most `limit` bytes. One that takes longer to arrive than the server's limits allow,
/// waits longer for room, or stands still while others need its room is given up.
pub(crate) async fn read(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, Fault> {
    let announced = announced(request);
    if announced.is_some_and(|announced| announced > limit) {
        return Err(Fault::TooLarge { limit });
    }
    let _receiving = connection::receiving(request);
    let mut reader = Reader {
        request,
        connection: connection::of_request(request).map(AsRef::as_ref),
        need: announced.unwrap_or(limit),
        share: None,
        permitted: FREE,
        patience: limits::of_body(request),
        ends: Instant::now().checked_add(limits::of_body(request)),
    };
    let body = limits::pausing(request, reader.read(payload, limit)).await;
    if matches!(body, Err(Fault::Port(_))) {
        request.extensions_mut().insert(GivenUp);
    }
    // A body that is refused holds nothing any more.
    if let (Ok(_), Some(share)) = (&body, reader.share) {
        share.complete();
        // What was parsed from the body lives as long as the request.
        request.extensions_mut().insert(share);
    }
    body
}

/// How long the body will be, if the request says so.
fn announced(request: &HttpRequest) -> Option<usize> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    // One that is too large for a number is too large.
    length.to_str().ok().map(|length| length.trim().parse().unwrap_or(usize::MAX))
}

/// What comes next while a body is read.
enum Next {
    Chunk(Result<Bytes, PayloadError>),
    /// The connection reads no more before it is permitted.
    Starved,
    End,
    /// Its room was taken for another.
    Cut,
}

struct Reader<'r> {
    request: &'r HttpRequest,
    connection: Option<&'r Connection>,
    /// The most that the body may come to.
    need: usize,
    share: Option<Share>,
    /// How many bytes may be read before there has to be room for more.
    permitted: u64,
    patience: Duration,
    /// When the body has to be there; the wait for room does not count.
    ends: Option<Instant>,
}

impl Reader<'_> {
    async fn read(&mut self, payload: &mut Payload, limit: usize) -> Result<Bytes, Fault> {
        if let Some(connection) = self.connection {
            connection.grant(FREE);
        }
        let mut body = BytesMut::new();
        let mut progress = 0;
        loop {
            let next = self.next(payload);
            let next = match self.ends {
                Some(ends) => timeout_at(ends, next).await.map_err(|_| limits::too_slow())?,
                None => next.await,
            };
            let chunk = match next {
                Next::Chunk(chunk) => chunk.map_err(|_| Fault::Incomplete)?,
                Next::End => return Ok(body.freeze()),
                Next::Cut => return Err(limits::too_slow()),
                Next::Starved => {
                    self.permit_more().await?;
                    continue;
                }
            };
            let length = body.len() + chunk.len();
            if length > limit {
                return Err(Fault::TooLarge { limit });
            }
            while length as u64 > self.permitted {
                self.permit_more().await?;
            }
            // Grown as it arrives: what was only announced takes no memory.
            body.extend_from_slice(&chunk);
            if length as u64 >= progress + PROGRESS {
                progress = length as u64;
                self.share.iter().for_each(Share::progress);
            }
        }
    }

    async fn next(&self, payload: &mut Payload) -> Next {
        std::future::poll_fn(|cx| {
            if self.share.as_ref().is_some_and(|share| share.is_cut(cx.waker())) {
                return Poll::Ready(Next::Cut);
            }
            match Pin::new(&mut *payload).poll_next(cx) {
                Poll::Ready(Some(chunk)) => Poll::Ready(Next::Chunk(chunk)),
                Poll::Ready(None) => Poll::Ready(Next::End),
                Poll::Pending if self.connection.is_some_and(Connection::is_starved) => {
                    Poll::Ready(Next::Starved)
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// Takes room for another piece, if that is bounded, and lets it be read.
    async fn permit_more(&mut self) -> Result<(), Fault> {
        if let Some(room) = limits::room(self.request) {
            let owner = limits::owner(self.request);
            let share = self.share.get_or_insert_with(|| room.enter(owner, self.need));
            let patience = match owner {
                Owner::Principal(_) => self.patience,
                Owner::Address(_) => self.patience.min(STRANGERS_WAIT),
            };
            let begun = Instant::now();
            timeout(patience, share.grow(PIECE)).await.map_err(|_| limits::too_slow())?;
            self.ends = self.ends.and_then(|ends| ends.checked_add(begun.elapsed()));
        }
        self.permitted += PIECE;
        if let Some(connection) = self.connection {
            connection.grant(PIECE);
        }
        Ok(())
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
