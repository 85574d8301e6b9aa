//! What stops a gateway from outside.

use actix_web::dev::ServerHandle;
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use futures_util::future::{Either, join_all, select};
use std::pin::pin;

/// SIGTERM and SIGINT, heard from the moment this is made.
///
/// The servers do not listen themselves: each would end the whole process when its own requests are
/// answered, whatever the other still works on.
pub(crate) struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        select(pin!(self.terminate.recv()), pin!(self.interrupt.recv())).await;
    }

    /// Stops the servers of `handles` at the first signal, when their requests in flight are answered;
    /// at the second one at once.
    pub(crate) async fn stop(mut self, handles: Vec<ServerHandle>) {
        self.next().await;
        tracing::info!("stopping: what is in flight is answered first");
        let answered = join_all(handles.iter().map(|handle| handle.stop(true)));
        if let Either::Right(_) = select(pin!(answered), pin!(self.next())).await {
            tracing::warn!("stopping at once");
            join_all(handles.iter().map(|handle| handle.stop(false))).await;
        }
    }
}
