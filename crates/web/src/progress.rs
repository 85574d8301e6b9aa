use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use actix_web::web::Bytes;

/// A body that is written while it is read, whose next piece must be there in time: one that makes
/// progress is never cut, one that waits for something that does not come is broken off.
struct Steady {
    body: BoxBody,
    patience: Duration,
    wait: Option<Pin<Box<Sleep>>>,
}

/// `body`, each of whose pieces must be there in `patience`. One that is there whole stays as it is.
pub(crate) fn steady(body: BoxBody, patience: Duration) -> BoxBody {
    match body.size() {
        BodySize::Stream => BoxBody::new(Steady { body, patience, wait: None }),
        BodySize::None | BodySize::Sized(_) => body,
    }
}

impl MessageBody for Steady {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(piece) = Pin::new(&mut this.body).poll_next(cx) {
            this.wait = None;
            return Poll::Ready(piece);
        }
        // As good as never, and no instant that there is.
        let Some(ends) = Instant::now().checked_add(this.patience) else { return Poll::Pending };
        let wait = this.wait.get_or_insert_with(|| Box::pin(sleep_until(ends)));
        ready!(wait.as_mut().poll(cx));
        tracing::warn!(seconds = this.patience.as_secs(), "a list stood still too long and is broken off");
        Poll::Ready(Some(Err("the list stood still".into())))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::body::to_bytes;
    use futures_util::stream::{self, StreamExt as _};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn streamed(pieces: impl stream::Stream<Item = Result<Bytes, std::io::Error>> + 'static) -> BoxBody {
        steady(HttpResponse::Ok().streaming(Box::pin(pieces)).into_body(), PATIENCE)
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_makes_progress_is_never_cut() {
        let pieces = stream::iter(0..5).then(|n| async move {
            actix_web::rt::time::sleep(PATIENCE - Duration::from_secs(1)).await;
            Ok(Bytes::from(n.to_string()))
        });
        // All of it takes longer than one piece may.
        assert_eq!(to_bytes(streamed(pieces)).await.unwrap(), "01234");
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_stands_still_is_broken_off() {
        let pieces = stream::iter([Ok(Bytes::from("0"))]).chain(stream::pending());
        assert!(to_bytes(streamed(pieces)).await.is_err());
    }

    #[test]
    fn what_is_there_whole_stays_whole() {
        let body = steady(BoxBody::new("whole"), PATIENCE);
        assert_eq!(body.size(), BodySize::Sized(5));
    }
}
