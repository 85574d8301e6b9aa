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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use chrono_tz::Tz;
    use roster_kernel::CountingRandom;
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::TenantRules;
    use crate::user::User;

    /// Users, every one but the second with a picture.
    fn page(users: i64) -> Page {
        let (random, rules) = (CountingRandom::default(), TenantRules::defaults());
        let users = (1..=users).map(|n| {
            let user = User {
                id: UserId::generate(&random, n, Tz::UTC),
                texts: Default::default(),
                extension: Vec::new(),
                picture: None,
                must_modify_password: false,
                password_set_ms: None,
                disabled: false,
                sign_ins: 0,
                last_sign_in_ms: None,
                created_ms: n,
                updated_ms: n,
                revision: 1,
            };
            (wire::User::of(&user, &rules, Tz::UTC), (n != 2).then_some(user.id))
        });
        Page { total: 7, users: users.collect() }
    }

    fn next<S: Stream>(stream: std::pin::Pin<&mut S>) -> Option<S::Item> {
        match stream.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(item) => item,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn pictures_are_read_one_at_a_time() {
        let asked = RefCell::new(0);
        let mut stream = pin!(pieces(page(3), |_| {
            *asked.borrow_mut() += 1;
            std::future::ready(Ok(Some("http://x".to_owned())))
        }));
        let (mut text, mut seen) = (Vec::new(), Vec::new());
        while let Some(piece) = next(stream.as_mut()) {
            text.extend_from_slice(&piece.unwrap());
            seen.push(*asked.borrow());
        }
        // The head, three users, the tail.
        assert_eq!(seen, [0, 1, 1, 2, 2]);
        let answer: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(answer["total"], 7);
        let pictures: Vec<_> =
            answer["users"].as_array().unwrap().iter().map(|user| &user["head_img"]).collect();
        assert_eq!(pictures, [&json!("http://x"), &Value::Null, &json!("http://x")]);
    }

    #[test]
    fn a_failure_ends_the_answer() {
        let mut stream = pin!(pieces(page(1), |_| std::future::ready(Err(PortError::failed("gone")))));
        assert!(next(stream.as_mut()).unwrap().is_ok());
        assert!(next(stream.as_mut()).unwrap().is_err());
    }
}
