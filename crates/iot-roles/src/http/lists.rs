//! Lists are written element by element: every element holds all that it lies in, so a thousand of them
//! would not fit into memory, though they share it there.

use actix_web::HttpResponse;
use futures_util::stream;
use roster_kernel::PortError;
use roster_web::Call;

use crate::domain::{Listed, PageRequest};
use crate::error::Error;
use crate::service::IotRoles;
use crate::wire;

/// What writes an element.
type Write<E> = fn(&E) -> serde_json::Result<Vec<u8>>;

/// The page `asked` of a list.
pub(super) fn page<E: 'static>(
    call: &Call<IotRoles>,
    listed: Listed<E>,
    asked: PageRequest,
    write: Write<E>,
) -> Result<HttpResponse, Error> {
    let page = serde_json::to_string(&wire::Page::of(&listed, asked)).map_err(PortError::failed)?;
    // The elements are the first list of the page, which is written without them.
    let (head, tail) = page.split_once("[]").unwrap_or((&page, ""));
    Ok(written(call, format!("{head}["), listed.content, format!("]{tail}"), write))
}

/// All of a list, without anything around it.
pub(super) fn whole<E: 'static>(call: &Call<IotRoles>, elements: Vec<E>, write: Write<E>) -> HttpResponse {
    written(call, "[".into(), elements, "]".into(), write)
}

fn written<E: 'static>(
    call: &Call<IotRoles>,
    head: String,
    elements: Vec<E>,
    tail: String,
    write: Write<E>,
) -> HttpResponse {
    let elements = elements.into_iter();
    let items = elements.map(move |element| write(&element).map_err(|error| PortError::failed(error).into()));
    roster_web::list::<Error>(call.reply_context(), head, stream::iter(items), tail)
}
