//! A list is written while it is read: a hundred pictures of a megabyte never stand in memory
//! together, nor does a connection wait for a slow reader.

use std::sync::Arc;

use actix_web::HttpResponse;
use futures_util::stream::{self, Stream, StreamExt as _};
use roster_kernel::{PortError, ReplyContext};
use roster_web::list;

use crate::domain::UserId;
use crate::error::Error;
use crate::service::{Client, Page, TenantCiam};

/// A 200 with this page. Each picture is read when the client has taken what stands before it.
pub(super) fn answer(
    context: ReplyContext,
    service: Arc<TenantCiam>,
    by: Client,
    page: Page,
) -> HttpResponse {
    let head = format!("{{\"total\":{},\"users\":[", page.total);
    let users = pictured(page, move |id| {
        let (service, by) = (service.clone(), by.clone());
        async move { service.picture(&by, &id).await }
    });
    list(context, head, users, "]}")
}

fn pictured<F>(page: Page, picture: impl Fn(UserId) -> F) -> impl Stream<Item = Result<Vec<u8>, Error>>
where
    F: Future<Output = Result<Option<String>, PortError>>,
{
    stream::iter(page.users).then(move |(mut user, pictured)| {
        let picture = pictured.map(&picture);
        async move {
            if let Some(picture) = picture {
                // Gone meanwhile, he has none.
                user.head_img = picture.await?;
            }
            Ok(serde_json::to_vec(&user).map_err(PortError::failed)?)
        }
    })
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
    use crate::wire;

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
        let mut users = pin!(pictured(page(3), |_| {
            *asked.borrow_mut() += 1;
            std::future::ready(Ok(Some("http://x".to_owned())))
        }));
        for (read, picture) in [(1, json!("http://x")), (1, Value::Null), (2, json!("http://x"))] {
            let user = next(users.as_mut()).unwrap().unwrap();
            let user: Value = serde_json::from_slice(&user).unwrap();
            assert_eq!((&user["head_img"], *asked.borrow()), (&picture, read));
        }
        assert!(next(users.as_mut()).is_none());
    }
}
