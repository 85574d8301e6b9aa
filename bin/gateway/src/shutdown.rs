//! How a gateway stops: readiness first, then the connections, then the listeners.

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use futures_util::future::{Either, join_all, select};
use roster_web::Connections;
use rustix::net::{Shutdown as Direction, shutdown};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::signals::Stops;

/// How long an idle connection is kept for a request that is on its way, after its server began to stop.
const LAST_REQUEST: Duration = Duration::from_secs(1);

/// How long the accepting thread is given to notice that it is paused: it would report a closed socket.
const PAUSE: Duration = Duration::from_millis(250);

/// Whether the gateway has begun to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopping(Arc<AtomicBool>);

impl Stopping {
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A listener that is served.
pub(crate) struct Listener {
    /// The socket that it accepts from.
    pub(crate) socket: TcpListener,
    pub(crate) connections: Arc<Connections>,
    pub(crate) handle: ServerHandle,
}

/// What a stop does, and how long its parts take.
pub(crate) struct Shutdown {
    pub(crate) stopping: Stopping,
    pub(crate) listeners: Vec<Listener>,
    /// How long the listeners stay open after readiness has turned.
    pub(crate) drain: Duration,
    /// How long all of it takes at the most.
    pub(crate) limit: Duration,
}

impl Shutdown {
    /// Waits for a signal and stops the servers; at a second signal at once.
    pub(crate) async fn at(self, mut stops: Stops) {
        stops.next().await;
        tracing::info!(
            drain_seconds = self.drain.as_secs(),
            shutdown_seconds = self.limit.as_secs(),
            "stopping: not ready; what arrives is still answered"
        );
        let second = {
            let (finish, second) = (pin!(self.finish()), pin!(stops.next()));
            matches!(select(finish, second).await, Either::Right(_))
        };
        if second {
            tracing::warn!("stopping at once");
        }
        // No connection is left, or there is no time left for those that are.
        join_all(self.listeners.iter().map(|listener| listener.handle.stop(false))).await;
    }

    async fn finish(&self) {
        let begun = Instant::now();
        let end = begun + self.limit;
        self.stopping.begin();
        self.listeners.iter().for_each(|listener| listener.connections.announce_end());
        sleep_until(end.min(begun + self.drain)).await;
        for listener in &self.listeners {
            listener.handle.pause().await;
        }
        if timeout_at(end.min(Instant::now() + PAUSE), self.empty()).await.is_ok() {
            return;
        }
        for listener in &self.listeners {
            // A paused server would leave those who connect now in the socket's queue.
            if let Err(error) = shutdown(&listener.socket, Direction::Both) {
                tracing::debug!(%error, "the listener could not be closed");
            }
        }
        let last = end.min(begun + self.drain.max(LAST_REQUEST));
        if timeout_at(last, self.empty()).await.is_err() {
            self.listeners.iter().for_each(|listener| listener.connections.end_idle());
            if timeout_at(end, self.empty()).await.is_err() {
                tracing::warn!("requests in flight were not finished in time");
            }
        }
    }

    async fn empty(&self) {
        join_all(self.listeners.iter().map(|listener| listener.connections.empty())).await;
    }
}
