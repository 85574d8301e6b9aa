use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

use super::state::{Connection, of_request};

/// Middleware: tells the connection when a request's work begins and when its answer is complete, and
/// announces the connection's end where the server is stopping. To be the outermost one.
pub async fn track<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Tracked<B>>, Error> {
    let connection = of_request(request.request()).cloned();
    if let Some(connection) = &connection {
        connection.begin();
    }
    let in_progress = InProgress(connection.clone());
    let mut response = next.call(request).await?;
    if connection.is_some_and(|connection| connection.is_stopping()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| Tracked { body, in_progress }))
}

struct InProgress(Option<Arc<Connection>>);

impl Drop for InProgress {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.finish();
        }
    }
}

pin_project! {
    /// An answer's body. With its end the request ends.
    pub struct Tracked<B> {
        #[pin]
        body: B,
        in_progress: InProgress,
    }
}

impl<B: MessageBody> MessageBody for Tracked<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(cx)
    }
}
