use roster_kernel::ports::PasswordHash;

use super::fixtures::{email, made, new_user};
use crate::base::UserId;
use crate::passwords::Login;
use crate::service::Store;
use crate::users::NewUser;

/// A credential is found by id, by name in an enterprise and by address; its hash is renewed only
/// as long as it is the one that was seen.
pub async fn credentials(store: &dyn Store) {
    let user = NewUser { email: Some(email("Ada@example.com")), ..new_user("e1", "ada") };
    let ada = made(store, user).await;
    let name = |enterprise: &str| Login::NickName {
        enterprise_id: enterprise.to_owned(),
        nick_name: "ada".to_owned(),
    };
    for login in [Login::Id(ada.user_id), name("e1"), Login::Email("ADA@example.com".into())] {
        let found = store.credential(login.clone()).await.expect("read").expect("found");
        assert_eq!((found.user_id, found.password.as_str()), (ada.user_id, "$argon2id$x"));
    }
    for login in [Login::Id(UserId(ada.user_id.0 + 1)), name("e2"), Login::Email("x@example.com".into())] {
        assert_eq!(store.credential(login.clone()).await.expect("read"), None, "{login:?}");
    }
    for (old, after) in [("$other", "$argon2id$x"), ("$argon2id$x", "$renewed")] {
        let new = PasswordHash::new("$renewed");
        store.renew_hash(ada.user_id, PasswordHash::new(old), new).await.expect("written");
        let found = store.credential(Login::Id(ada.user_id)).await.expect("read").expect("found");
        assert_eq!(found.password.as_str(), after);
    }
}
