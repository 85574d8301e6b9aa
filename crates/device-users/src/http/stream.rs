//! Answers that are written while they are read: a hundred pictures of ten megabytes never stand in
//! memory together, nor does a connection wait for a slow reader.

use std::sync::Arc;

use actix_web::HttpResponse;
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use roster_kernel::{PortError, ReplyContext};
use roster_web::list;
use serde::Serialize;

use crate::domain::{Avatar, Listed, User, UserId, Window};
use crate::error::Error;
use crate::service::{Caller, DeviceUsers};
use crate::wire::{self, Envelope, Items, Page};

/// How many versions are read at a time.
const VERSIONS: u32 = 1000;

/// A page of users: each is read with his picture when the client has taken the one before.
pub(super) fn users(
    context: ReplyContext,
    service: Arc<DeviceUsers>,
    by: Caller,
    window: Window,
    listed: Listed<User>,
) -> Result<HttpResponse, Error> {
    let empty = Page::<()> {
        offset: window.offset(),
        limit: window.limit(),
        count: listed.items.len(),
        total: listed.total,
        items: Vec::new(),
    };
    let items = pictured(listed.items, move |id| {
        let (service, by) = (service.clone(), by.clone());
        async move { service.picture(&by, id).await }
    });
    around(context, empty, items)
}

fn pictured<F>(users: Vec<User>, picture: impl Fn(UserId) -> F) -> impl Stream<Item = Result<Vec<u8>, Error>>
where
    F: Future<Output = Result<Option<Avatar>, Error>>,
{
    stream::iter(users).then(move |mut user| {
        let picture = picture(user.profile.user_id);
        async move {
            // Gone meanwhile, he has none.
            user.profile.avatar = picture.await?;
            written(&wire::User::from(&user))
        }
    })
}

/// Who was last changed when, of everybody.
pub(super) fn versions(
    context: ReplyContext,
    service: Arc<DeviceUsers>,
    by: Caller,
) -> Result<HttpResponse, Error> {
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
    around(context, Items::<()> { items: Vec::new() }, items)
}

/// The envelope of `empty`, whose last member is an empty list, around `items`.
fn around(
    context: ReplyContext,
    empty: impl Serialize,
    items: impl Stream<Item = Result<Vec<u8>, Error>> + 'static,
) -> Result<HttpResponse, Error> {
    let mut head = written(&Envelope::ok(empty))?;
    let at = head.windows(2).rposition(|pair| pair == b"[]").map_or(head.len(), |at| at + 1);
    let tail = head.split_off(at);
    Ok(list(context, head, items, tail))
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| PortError::failed(error).into())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

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
        let items = pictured(users(1..=3), |id| {
            asked.borrow_mut().push(id.0);
            std::future::ready(Ok((id.0 != 2).then(|| Avatar::parse("AAAA".into(), &[]).unwrap())))
        });
        let mut items = std::pin::pin!(items);
        for (number, avatar) in [(1, "AAAA"), (2, ""), (3, "AAAA")] {
            let item = items.next().now_or_never().unwrap().unwrap().unwrap();
            let item: Value = serde_json::from_slice(&item).unwrap();
            assert_eq!(item["avatar"], json!(avatar), "the second is gone meanwhile");
            assert_eq!(*asked.borrow(), (1..=number).collect::<Vec<_>>());
        }
        assert!(items.next().now_or_never().unwrap().is_none());
    }

    #[test]
    fn a_list_stands_where_its_envelope_has_room() {
        let context = ReplyContext { path: "/".into(), accept_language: None, x_l: None, now_ms: 0 };
        let empty = Items::<()> { items: Vec::new() };
        let items = stream::iter([Ok(b"1".to_vec()), Ok(b"2".to_vec())]);
        let answer = around(context, empty, items).unwrap();
        let body = actix_web::body::to_bytes(answer.into_body()).now_or_never().unwrap();
        let answer: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        assert_eq!(answer, json!({"data": {"items": [1, 2]}, "code": 200, "msg": "OK"}));
    }
}
