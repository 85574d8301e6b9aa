//! One listener: accepts connections, speaks TLS if there is a certificate, and hands what arrives to the
//! HTTP server. Connections are registered, so that none stays for ever and no address takes them all.

use std::fmt::Debug;
use std::io;
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_server::Server;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _};
use actix_service::{fn_factory, map_config};
use actix_web::Error;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use futures_util::future::{Either, LocalBoxFuture, select};
use roster_web::{Arrivals, Connections, GuardedStream, OpenConnection};
use rustix::net::{RecvFlags, recv};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::limits;

/// How long a client that is still sending may take to notice that its answer is there and the
/// connection ends.
const LINGER: Duration = Duration::from_secs(1);

/// What a listener is made of, besides its routes.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    pub(crate) connections: Arc<Connections>,
    /// How many connections it accepts at a time.
    pub(crate) most: usize,
    /// How it speaks TLS, if it does.
    pub(crate) tls: Option<ServerConfig>,
    /// How long a handshake and the first head may take.
    pub(crate) head: Duration,
    /// How long requests in flight may take to finish at shutdown, in seconds.
    pub(crate) shutdown_seconds: u64,
}

impl Listening {
    /// Serves what `app` makes for each worker.
    pub(crate) fn serve<F, A, S, B>(self, app: F) -> io::Result<Server>
    where
        F: Fn() -> A + Clone + Send + 'static,
        A: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error> + 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>> + 'static,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let Self { listener, connections, most, tls, head, shutdown_seconds } = self;
        let tls = tls.map(|mut tls| {
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            TlsAcceptor::from(Arc::new(tls))
        });
        let workers = limits::workers();
        let builder = Server::build()
            .workers(workers)
            .max_concurrent_connections(most.div_ceil(workers).max(1))
            .shutdown_timeout(shutdown_seconds)
            .disable_signals();
        let stopping = builder.graceful_shutdown_signal();
        let factory = move || {
            let (connections, tls, stopping) = (connections.clone(), tls.clone(), stopping.clone());
            let app = app().into_factory().map_err(|error| error.into().error_response());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                // How long connections are kept is for the table of connections to say.
                .keep_alive(KeepAlive::Os)
                .client_request_timeout(head)
                .client_disconnect_timeout(LINGER)
                .on_connect_ext(|stream: &GuardedStream<Stream>, data| {
                    data.insert(stream.connection().clone());
                })
                .finish(map_config(app, |()| AppConfig::default()));
            let http = Rc::new(http);
            fn_factory(move || {
                let (http, connections, tls) = (http.clone(), connections.clone(), tls.clone());
                async move {
                    let http = Rc::new(http.new_service(()).await?);
                    Ok::<_, ()>(Accepted { http, connections, tls, handshake: head })
                }
            })
        };
        Ok(builder.listen("roster", listener, factory)?.run())
    }
}

/// Takes accepted connections.
struct Accepted<H> {
    http: Rc<H>,
    connections: Arc<Connections>,
    tls: Option<TlsAcceptor>,
    handshake: Duration,
}

impl<H> Service<TcpStream> for Accepted<H>
where
    H: Service<(GuardedStream<Stream>, Protocol, Option<SocketAddr>), Response = (), Error = DispatchError>
        + 'static,
{
    type Response = ();
    type Error = ();
    type Future = LocalBoxFuture<'static, Result<(), ()>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        self.http.poll_ready(cx).map_err(drop)
    }

    fn call(&self, stream: TcpStream) -> Self::Future {
        let (http, tls, handshake) = (self.http.clone(), self.tls.clone(), self.handshake);
        // One that is gone already has no address.
        let peer = stream.peer_addr().ok();
        let open = peer.and_then(|peer| self.connections.open(peer));
        Box::pin(async move {
            let (Some(peer), Some(open)) = (peer, open) else { return Ok(()) };
            // A list is written in pieces, and a piece must not wait for the client to confirm the last.
            let _ = stream.set_nodelay(true);
            let stream = match tls {
                None => Stream::Plain(stream),
                Some(tls) => match shake_hands(tls, stream, &open, handshake).await {
                    Some(stream) => Stream::Tls(Box::new(stream)),
                    None => return Ok(()),
                },
            };
            let guarded = GuardedStream::new(stream, open);
            if let Err(error) = http.call((guarded, Protocol::Http1, Some(peer))).await {
                report(&error, peer);
            }
            Ok(())
        })
    }
}

async fn shake_hands(
    tls: TlsAcceptor,
    stream: TcpStream,
    open: &OpenConnection,
    limit: Duration,
) -> Option<TlsStream<TcpStream>> {
    let ended = std::pin::pin!(open.ended());
    let handshake = std::pin::pin!(tokio::time::timeout(limit, tls.accept(stream)));
    match select(handshake, ended).await {
        Either::Left((Ok(Ok(stream)), _)) => Some(stream),
        Either::Left((Ok(Err(error)), _)) => {
            tracing::debug!(peer = %open.peer(), %error, "TLS handshake failed");
            None
        }
        Either::Left((Err(_), _)) | Either::Right(_) => {
            tracing::debug!(peer = %open.peer(), "TLS handshake not completed in time");
            None
        }
    }
}

/// Reports why a connection ended. What a client did is no error of the server's.
fn report(error: &DispatchError, peer: SocketAddr) {
    match error {
        DispatchError::Parse(error) => {
            metrics::counter!("roster_malformed_requests_total").increment(1);
            tracing::debug!(%peer, %error, "malformed request");
        }
        DispatchError::InternalError => tracing::error!(%peer, "the HTTP server failed"),
        // A list that failed was reported where it failed.
        error => tracing::debug!(%peer, %error, "connection ended early"),
    }
}

/// A connection's bytes, with or without TLS.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls the same on either.
macro_rules! either {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Plain($inner) => $call,
            Stream::Tls($inner) => $call,
        }
    };
}

impl Arrivals for Stream {
    fn has_unread(&self) -> bool {
        let socket = match self {
            Self::Plain(socket) => socket,
            // What rustls had decrypted was read before this is asked.
            Self::Tls(tls) => tls.get_ref().0,
        };
        let mut byte = [MaybeUninit::uninit(); 1];
        match recv(socket, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((_, read)) => read > 0,
            Err(_) => false,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}
