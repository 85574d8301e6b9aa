use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::scan::Scanner;
use super::state::Connection;
use super::table::OpenConnection;

/// A stream that knows what has arrived below it and was not read.
pub trait Arrivals {
    /// Whether bytes have arrived that no reader has seen. Asks the system, since a runtime may not have been
    /// told of them yet.
    fn has_unread(&self) -> bool;
}

/// A connection's stream, that tells the connection what it waits for, reads no more of a body than is
/// wanted, and ends when the connection does. To be put around TLS, not under it.
#[derive(Debug)]
pub struct GuardedStream<S> {
    stream: S,
    connection: OpenConnection,
    scanner: Scanner,
}

impl<S> GuardedStream<S> {
    /// The stream of `connection`.
    pub fn new(stream: S, connection: OpenConnection) -> Self {
        Self { stream, connection, scanner: Scanner::new() }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl<S: AsyncRead + Arrivals + Unpin> AsyncRead for GuardedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, connection, scanner } = self.get_mut();
        if let Some(end) = connection.read_end() {
            return Poll::Ready(end);
        }
        let in_body = scanner.is_in_body();
        if in_body && connection.must_wait(cx.waker()) {
            return connection.read_end().map_or(Poll::Pending, Poll::Ready);
        }
        let before = buffer.filled().len();
        match Pin::new(&mut *stream).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                let read = &mut buffer.filled_mut()[before..];
                if in_body {
                    connection.spend(read.len());
                }
                if scanner.follow(read) {
                    connection.body_begins();
                }
                // At the end of the stream nothing more is waited for.
                if !read.is_empty() {
                    connection.head_is(scanner.is_in_head());
                }
                Poll::Ready(Ok(()))
            }
            Poll::Pending => {
                connection.register(cx.waker());
                // Only where a request would begin, and nothing of it has arrived, nothing is lost.
                if connection.ends_when_idle() && !in_body && !scanner.is_in_head() && !stream.has_unread() {
                    return Poll::Ready(Ok(()));
                }
                connection.read_end().map_or(Poll::Pending, Poll::Ready)
            }
            failed => failed,
        }
    }
}

impl<S: AsyncWrite + Unpin> GuardedStream<S> {
    /// Writes by `write`, unless the connection is broken off; notes whether the client takes it.
    fn writing<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.connection.is_broken() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = write(Pin::new(&mut self.stream), cx);
        self.connection.blocked_is(written.is_pending());
        if written.is_pending() {
            self.connection.register(cx.waker());
            if self.connection.is_broken() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for GuardedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().writing(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().writing(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writing(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writing(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}
