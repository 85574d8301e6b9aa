use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::{Instant, sleep_until};
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};
use futures_util::future::{Either, select};
use roster_kernel::ports::{Admission, RequestLimit, Requester};
use roster_kernel::{Fault, PortError};

use crate::client_address;
use crate::figures::dialect_of;
use crate::room::{BodyRoom, Owner};
use crate::{connection, principal};

/// How long a body may take where nothing else is said.
const BODY: Duration = Duration::from_secs(120);

/// What one request may cost: app data of a server. Without it nothing is limited but the time that a
/// body takes, two minutes.
#[derive(Clone)]
pub struct Limits {
    /// How often one address may call, if that is limited. `GET`s of resources that are no
    /// [`crate::Endpoint`] do not count.
    pub requests: Option<Arc<dyn RequestLimit>>,
    /// Room for bodies, if it is bounded.
    pub bodies: Option<BodyRoom>,
    /// How long a body may take to arrive, and how long it may wait for room before.
    pub body: Duration,
    /// How long the work for a request may take, without the time that its body takes. Of an answer
    /// that is written while it is read, this is the time for each piece of it.
    pub work: Duration,
    /// The same for endpoints that are [`crate::Endpoint::patient`].
    pub long_work: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests: None, bodies: None, body: BODY, work: Duration::MAX, long_work: Duration::MAX }
    }
}

/// The limits of the server that got this request, if it has any.
fn of(request: &HttpRequest) -> Option<&Limits> {
    request.app_data::<Data<Limits>>().map(|limits| limits.as_ref())
}

/// How long the work for a request may take; `patient` is that of [`crate::Endpoint::patient`].
pub(crate) fn of_work(request: &HttpRequest, patient: bool) -> Duration {
    of(request).map_or(Duration::MAX, |limits| if patient { limits.long_work } else { limits.work })
}

/// How long its body may take to arrive.
pub(crate) fn of_body(request: &HttpRequest) -> Duration {
    of(request).map_or(BODY, |limits| limits.body)
}

/// Where bodies find room, if that is bounded.
pub(crate) fn room(request: &HttpRequest) -> Option<&BodyRoom> {
    of(request)?.bodies.as_ref()
}

/// Whose body it is that `request` brings: its principal's, if one is known, or else its address'.
pub(crate) fn owner(request: &HttpRequest) -> Owner {
    if let Some(principal) = principal::current() {
        return Owner::Principal(principal);
    }
    let address = client_address(request).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Owner::Address(connection::network(address))
}

/// Counts the request for its address: before its body is read, and before anybody asks who it is.
pub(crate) fn admit(request: &HttpRequest) -> Result<(), Fault> {
    let Some(limit) = of(request).and_then(|limits| limits.requests.as_ref()) else { return Ok(()) };
    let Some(address) = client_address(request) else { return Ok(()) };
    match limit.count(Requester::Address(address)) {
        Admission::Free => Ok(()),
        Admission::Refused { retry_after } => {
            let labels = [("dialect", dialect_of(request)), ("by", "address")];
            metrics::counter!("roster_rate_limited_total", &labels).increment(1);
            Err(Fault::TooMany(retry_after))
        }
    }
}

/// What a caller is told whose request took too long: constant, and to come again.
pub(crate) fn too_slow() -> Fault {
    Fault::Port(PortError::busy())
}

/// When the work for a request must be done. It stands still while the body arrives.
#[derive(Clone)]
struct Deadline(Rc<Cell<Option<Instant>>>);

/// Waits for `work`, but not longer than `limit` and the time that it spends in [`pausing`].
pub(crate) async fn in_time<T, E: From<Fault>>(
    request: &HttpRequest,
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    // As good as never, and no instant that there is.
    let Some(ends) = Instant::now().checked_add(limit) else { return work.await };
    let deadline = Deadline(Rc::new(Cell::new(Some(ends))));
    request.extensions_mut().insert(deadline.clone());
    let mut work = pin!(work);
    let mut ends = ends;
    loop {
        match select(work.as_mut(), pin!(sleep_until(ends))).await {
            Either::Left((done, _)) => return done,
            // The body takes its time, which is bounded elsewhere: look again later.
            Either::Right(_) => match deadline.0.get() {
                None => ends = Instant::now() + limit,
                Some(later) if later > ends => ends = later,
                Some(_) => {
                    let seconds = limit.as_secs();
                    let path = request.path();
                    tracing::warn!(path, seconds, "given up; what it had begun to write may stand");
                    return Err(too_slow().into());
                }
            },
        }
    }
}

/// Waits for `body` while the deadline of [`in_time`] stands still.
pub(crate) async fn pausing<T>(request: &HttpRequest, body: impl Future<Output = T>) -> T {
    let deadline = request.extensions().get::<Deadline>().cloned();
    let left = deadline.as_ref().and_then(|deadline| deadline.0.take());
    let left = left.map(|ends| ends.saturating_duration_since(Instant::now()));
    let done = body.await;
    if let Some((deadline, left)) = deadline.zip(left) {
        deadline.0.set(Some(Instant::now() + left));
    }
    done
}

#[cfg(test)]
mod tests {
    use actix_web::rt::time::sleep;
    use actix_web::test::TestRequest;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);
    const LATER: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn work_that_never_ends_is_given_up() {
        let request = TestRequest::default().to_http_request();
        let begun = Instant::now();
        let given_up = in_time::<(), Fault>(&request, SOON, std::future::pending()).await;
        assert!(matches!(given_up, Err(Fault::Port(PortError::Busy { .. }))));
        assert_eq!(begun.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_is_answered_even_when_it_took_all_its_time() {
        let request = TestRequest::default().to_http_request();
        let work = async { Ok::<_, Fault>(1) };
        assert_eq!(in_time(&request, Duration::ZERO, work).await.ok(), Some(1));
        let work = async { Ok::<_, Fault>(2) };
        assert_eq!(in_time(&request, Duration::MAX, work).await.ok(), Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_the_body_does_not_count() {
        let request = TestRequest::default().to_http_request();
        let work = async {
            pausing(&request, sleep(LATER)).await;
            sleep(SOON / 2).await;
            Ok::<_, Fault>(())
        };
        assert!(in_time(&request, SOON, work).await.is_ok());
        let begun = Instant::now();
        let work = async {
            sleep(SOON / 2).await;
            pausing(&request, sleep(LATER)).await;
            std::future::pending::<Result<(), Fault>>().await
        };
        assert!(in_time(&request, SOON, work).await.is_err());
        // Before it and after it, the work had its twenty seconds.
        assert!((80..100).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    }
}
