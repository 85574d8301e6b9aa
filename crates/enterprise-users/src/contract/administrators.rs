use futures_util::future::join_all;

use super::fixtures::{all_users, boss, context, made, new_user};
use crate::access::AdminScope;
use crate::base::{User, UserId};
use crate::service::Store;
use crate::users::{Removal, Selection, UpdateError, UserUpdate};

/// A rank is given once and removed once, but never the last of an active administrator: of the
/// platform, or of the enterprise.
pub async fn ranks(store: &dyn Store) {
    let first = boss(store, "e1", "first").await;
    let member = made(store, new_user("e2", "member")).await;
    let dismiss =
        async |user: &User, scope| store.dismiss(&context(), user.user_id, scope).await.expect("written");
    let disable = UserUpdate { is_active: Some(false), ..UserUpdate::default() };
    assert_eq!(dismiss(&member, AdminScope::Platform).await, Removal::Absent);
    assert_eq!(dismiss(&first, AdminScope::Platform).await, Removal::LastAdministrator);
    let delete = store.delete(&context(), first.user_id, AdminScope::Platform).await.expect("written");
    assert_eq!(delete, Removal::LastAdministrator);
    let refused = store.update(&context(), first.user_id, disable.clone(), AdminScope::Platform).await;
    assert!(matches!(refused, Err(UpdateError::LastAdministrator)), "{refused:?}");

    assert!(store.appoint(&context(), member.user_id).await.expect("written"));
    assert!(store.appoint(&context(), member.user_id).await.expect("once more"));
    assert!(!store.appoint(&context(), UserId(member.user_id.0 + 1000)).await.expect("unknown"));
    let own = AdminScope::Enterprise("e2".to_owned());
    assert_eq!(dismiss(&member, own).await, Removal::LastAdministrator);
    store.update(&context(), member.user_id, disable, AdminScope::Platform).await.expect("another remains");
    assert_eq!(
        dismiss(&first, AdminScope::Platform).await,
        Removal::LastAdministrator,
        "the other is not active"
    );
    assert_eq!(dismiss(&member, AdminScope::Platform).await, Removal::Done, "another remains");
}

/// However many administrators remove, delete and disable each other at once, one remains.
pub async fn one_administrator_remains(store: &dyn Store) {
    let mut all = Vec::new();
    for n in 0..12 {
        all.push(boss(store, "e1", &format!("boss{n}")).await);
    }
    join_all(all.iter().enumerate().map(async |(n, user)| match n % 3 {
        0 => drop(store.dismiss(&context(), user.user_id, AdminScope::Platform).await.expect("written")),
        1 => drop(store.delete(&context(), user.user_id, AdminScope::Platform).await.expect("written")),
        _ => {
            let changes = UserUpdate { is_active: Some(false), ..UserUpdate::default() };
            match store.update(&context(), user.user_id, changes, AdminScope::Platform).await {
                Ok(_) | Err(UpdateError::LastAdministrator) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }))
    .await;
    let listed = store.list(Selection { administrators: true, ..all_users() }).await.expect("read");
    assert_eq!(listed.users.iter().filter(|user| user.is_active).count(), 1, "{listed:?}");
}
