//! A list is written while it is read: a hundred pictures of a megabyte never stand in memory
//! together, nor does a connection wait for a slow reader.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use roster_kernel::{PortError, ReplyContext};
use roster_web::report;

use crate::domain::UserId;
use crate::error::Error;
use crate::service::{Client, Page, TenantCiam};
use crate::wire;

/// A 200 with this page. Each picture is read when the client has taken what stands before it. What
/// fails then goes to the log and breaks the connection off, so that the client sees half an answer
/// for what it is.
pub(super) fn answer(
    context: ReplyContext,
    service: Arc<TenantCiam>,
    by: Client,
    page: Page,
) -> HttpResponse {
    let pieces = pieces(page, move |id| {
        let (service, by) = (service.clone(), by.clone());
        async move { service.picture(&by, &id).await }
    });
    let pieces = pieces.inspect_err(move |error| drop(report(error, &context)));
    HttpResponse::Ok().content_type("application/json").streaming(Box::pin(pieces))
}

fn pieces<F>(page: Page, picture: impl Fn(UserId) -> F) -> impl Stream<Item = Result<Bytes, Error>>
where
    F: Future<Output = Result<Option<String>, PortError>>,
{
    let head = format!("{{\"total\":{},\"users\":[", page.total);
    let users = stream::iter(page.users).enumerate().then(move |(at, (mut user, pictured))| {
        let picture = pictured.map(&picture);
        async move {
            if let Some(picture) = picture {
                // Gone meanwhile, he has none.
                user.head_img = picture.await?;
            }
            written(at, &user)
        }
    });
    let (head, tail) = (Ok(Bytes::from(head)), Ok(Bytes::from_static(b"]}")));
    stream::iter([head]).chain(users).chain(stream::iter([tail]))
}

/// The user, behind a comma if he is not the first.
fn written(at: usize, user: &wire::User) -> Result<Bytes, Error> {
    let mut text = if at == 0 { Vec::new() } else { vec![b','] };
    serde_json::to_writer(&mut text, user).map_err(PortError::failed)?;
    Ok(text.into())
}
