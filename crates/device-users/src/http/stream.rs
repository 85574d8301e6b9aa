//! Answers that are written while they are read: a hundred pictures of ten megabytes never stand in
//! memory together, nor does a connection wait for a slow reader.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use roster_kernel::{PortError, ReplyContext};
use roster_web::report;
use serde::Serialize;

use crate::domain::{Avatar, Listed, User, UserId, Window};
use crate::error::Error;
use crate::service::{Caller, DeviceUsers};
use crate::wire::{self, Envelope, Items, Page};

/// How many versions are read at a time.
const VERSIONS: u32 = 1000;

/// A 200 of these pieces. What fails among them goes to the log and breaks the connection off, so
/// that the client sees half an answer for what it is.
pub(super) fn answer(
    context: ReplyContext,
    pieces: impl Stream<Item = Result<Bytes, Error>> + 'static,
) -> HttpResponse {
    let pieces = pieces.inspect_err(move |error| drop(report(error, &context)));
    HttpResponse::Ok().content_type("application/json").streaming(Box::pin(pieces))
}

/// A page of users: each is read with his picture when the client has taken the one before.
pub(super) fn users(
    service: Arc<DeviceUsers>,
    by: Caller,
    window: Window,
    listed: Listed<User>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    page(window, listed, move |id| {
        let (service, by) = (service.clone(), by.clone());
        async move { service.picture(&by, id).await }
    })
}

fn page<F>(
    window: Window,
    listed: Listed<User>,
    picture: impl Fn(UserId) -> F,
) -> impl Stream<Item = Result<Bytes, Error>>
where
    F: Future<Output = Result<Option<Avatar>, Error>>,
{
    let empty = Page::<()> {
        offset: window.offset(),
        limit: window.limit(),
        count: listed.items.len(),
        total: listed.total,
        items: Vec::new(),
    };
    let items = stream::iter(listed.items).then(move |mut user| {
        let picture = picture(user.profile.user_id);
        async move {
            // Gone meanwhile, he has none.
            user.profile.avatar = picture.await?;
            written(&wire::User::from(&user))
        }
    });
    around(empty, items)
}

/// Who was last changed when, of everybody.
pub(super) fn versions(service: Arc<DeviceUsers>, by: Caller) -> impl Stream<Item = Result<Bytes, Error>> {
    let chunks = stream::try_unfold(Some(None), move |after: Option<Option<UserId>>| {
        let (service, by) = (service.clone(), by.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let versions = service.versions(&by, after, VERSIONS).await?;
            let next = versions.last().filter(|_| versions.len() == VERSIONS as usize);
            let next = next.map(|version| Some(version.user_id));
            Ok::<_, Error>(if versions.is_empty() { None } else { Some((versions, next)) })
        }
    });
    let items = chunks.and_then(async |versions| {
        let items: Vec<_> = versions.into_iter().map(wire::Version::from).collect();
        let mut text = written(&items)?;
        // The elements alone.
        text.pop();
        text.remove(0);
        Ok(text)
    });
    around(Items::<()> { items: Vec::new() }, items)
}

/// The envelope of `empty`, whose last member is an empty list, around `items`.
fn around(
    empty: impl Serialize + 'static,
    items: impl Stream<Item = Result<Vec<u8>, Error>>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    let (head, tail) = match written(&Envelope::ok(empty)) {
        Ok(text) => {
            let list = b"[]";
            let at = text.windows(list.len()).rposition(|pair| pair == list).map_or(text.len(), |at| at + 1);
            let (head, tail) = text.split_at(at);
            (Ok(Bytes::copy_from_slice(head)), Ok(Bytes::copy_from_slice(tail)))
        }
        Err(error) => (Err(error), Ok(Bytes::new())),
    };
    let items = items.enumerate().flat_map(|(at, item)| {
        let comma = (at > 0).then(|| Ok(Bytes::from_static(b",")));
        stream::iter(comma.into_iter().chain([item.map(Bytes::from)]))
    });
    stream::iter([head]).chain(items).chain(stream::iter([tail]))
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| PortError::failed(error).into())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{Name, Profile};

    fn users(ids: impl Iterator<Item = i32>) -> Vec<User> {
        let name = || Name::parse("Jack".into()).unwrap();
        let user = |id| User { profile: Profile::new(UserId(id), name()), created_ms: 1, updated_ms: 1 };
        ids.map(user).collect()
    }

    /// Whether no more than one picture is ever asked for, and only when the client wants it.
    #[test]
    fn pictures_are_read_one_at_a_time() {
        let asked = RefCell::new(Vec::new());
        let listed = Listed { total: 7, items: users(1..=3) };
        let stream = page(Window::parse("2", "3").unwrap(), listed, |id| {
            asked.borrow_mut().push(id.0);
            std::future::ready(Ok((id.0 != 2).then(|| Avatar::parse("AAAA".into(), &[]).unwrap())))
        });
        let mut stream = pin!(stream);
        let mut text = Vec::new();
        let mut seen = Vec::new();
        while let Some(piece) = stream.next().now_or_never().unwrap() {
            text.extend_from_slice(&piece.unwrap());
            seen.push(asked.borrow().len());
        }
        // The head, three users, a comma before each but the first, the tail.
        assert_eq!(seen, [0, 1, 2, 2, 3, 3, 3]);
        assert_eq!(*asked.borrow(), [1, 2, 3]);
        let answer: Value = serde_json::from_slice(&text).unwrap();
        let data = &answer["data"];
        assert_eq!((&data["offset"], &data["limit"]), (&json!(2), &json!(3)));
        assert_eq!((&data["count"], &data["total"]), (&json!(3), &json!(7)));
        let avatars: Vec<_> = data["items"].as_array().unwrap().iter().map(|u| &u["avatar"]).collect();
        assert_eq!(avatars, [&json!("AAAA"), &json!(""), &json!("AAAA")], "one is gone meanwhile");
        assert_eq!((&answer["code"], &answer["msg"]), (&json!(200), &json!("OK")));
    }

    #[test]
    fn a_failure_ends_the_answer() {
        let listed = Listed { total: 1, items: users(1..=1) };
        let stream = page(Window::parse("0", "1").unwrap(), listed, |_| {
            std::future::ready(Err(PortError::failed("gone").into()))
        });
        let pieces: Vec<_> = stream.collect().now_or_never().unwrap();
        assert!(pieces[0].is_ok() && pieces[1].is_err());
    }
}
