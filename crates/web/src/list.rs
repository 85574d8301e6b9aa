use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use roster_kernel::{IntoWire, ReplyContext};

use crate::report;

/// A 200 with a JSON list that is written while it is read: `head`, `items` with commas between them,
/// `tail`. The next item is made when the client has taken the one before, so a list never stands in
/// memory whole.
///
/// What fails among the items goes to the log and breaks the connection off: the client sees half an
/// answer for what it is.
pub fn list<E: IntoWire + 'static>(
    context: ReplyContext,
    head: impl Into<Bytes>,
    items: impl Stream<Item = Result<Vec<u8>, E>> + 'static,
    tail: impl Into<Bytes>,
) -> HttpResponse {
    let pieces = pieces(head.into(), items, tail.into());
    let pieces = pieces.map(move |piece| {
        piece.inspect_err(|error| drop(report(error, &context))).map_err(|error| error.to_string())
    });
    HttpResponse::Ok().content_type("application/json").streaming(Box::pin(pieces))
}

fn pieces<E>(
    head: Bytes,
    items: impl Stream<Item = Result<Vec<u8>, E>>,
    tail: Bytes,
) -> impl Stream<Item = Result<Bytes, E>> {
    let items = items.enumerate().map(|(at, item)| {
        item.map(|mut item| {
            if at > 0 {
                item.insert(0, b',');
            }
            Bytes::from(item)
        })
    });
    stream::iter([Ok(head)]).chain(items).chain(stream::iter([Ok(tail)]))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn next<S: Stream>(stream: Pin<&mut S>) -> Option<S::Item> {
        match stream.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(item) => item,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn items_are_made_one_at_a_time() {
        let made = Cell::new(0);
        let items = stream::iter(1..=3).map(|n| {
            made.set(n);
            Ok::<_, ()>(n.to_string().into_bytes())
        });
        let mut pieces = pin!(pieces("[".into(), items, "]".into()));
        let (mut text, mut seen) = (Vec::new(), Vec::new());
        while let Some(piece) = next(pieces.as_mut()) {
            text.extend_from_slice(&piece.unwrap());
            seen.push(made.get());
        }
        assert_eq!((text.as_slice(), seen.as_slice()), (b"[1,2,3]".as_slice(), [0, 1, 2, 3, 3].as_slice()));
    }

    #[test]
    fn a_failure_stands_where_it_happened() {
        let items = stream::iter([Ok(b"1".to_vec()), Err("gone")]);
        let mut pieces = pin!(pieces("[".into(), items, "]".into()));
        let heads: Vec<_> = std::iter::from_fn(|| next(pieces.as_mut())).take(3).collect();
        assert_eq!(heads, [Ok("[".into()), Ok("1".into()), Err("gone")]);
    }
}
