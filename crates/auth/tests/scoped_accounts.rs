//! The law of accounts that reach one scope, on both databases.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use roster_auth::{AccountStore, Argon2Hasher, HashingConfig};
use roster_kernel::ports::{Accounts as _, Authentication, Flow, ScopedAccounts};
use roster_kernel::{Change, Origin, OsRandom, Realm, Secret};
use roster_migrations::{AUTH, PERSISTENCE};
use roster_persistence::testing::{block_on, on_each_database, race};

const HERE: Realm = Realm::new("here");
const THERE: Realm = Realm::new("there");

fn change(at_ms: i64) -> Change {
    Change { principal: "test".into(), origin: Origin::default(), at_ms }
}

fn store(db: roster_persistence::Db) -> AccountStore {
    let hasher = Argon2Hasher::new(&HashingConfig::cheapest(), Arc::new(OsRandom)).unwrap();
    AccountStore::new(db, Arc::new(hasher), vec![HERE, THERE])
}

#[test]
fn an_account_is_its_scopes_alone() {
    on_each_database(&[PERSISTENCE, AUTH], async |db| {
        let store = store(db);
        let accounts: &dyn ScopedAccounts = &store;
        let (first, second) = (Secret::from("first"), Secret::from("second"));
        for (realm, scope, name, made) in [
            (HERE, "a", "one", true),
            (HERE, "a", "one", false),
            (HERE, "b", "one", false),
            (HERE, "b", "two", true),
            (THERE, "a", "one", true),
        ] {
            assert_eq!(
                accounts.create(&change(1), realm, scope, name, &first).await.unwrap(),
                made,
                "{scope} {name}"
            );
        }
        let names = async |scope: &str| {
            let listed = accounts.list(HERE, scope).await.unwrap();
            listed.into_iter().map(|account| (account.name, account.secret_set_ms)).collect::<Vec<_>>()
        };
        assert_eq!(names("a").await, [("one".to_owned(), 1)]);
        assert!(!accounts.rotate(&change(2), HERE, "b", "one", &second).await.unwrap());
        assert!(!accounts.remove(&change(2), HERE, "b", "one").await.unwrap());
        let granted = async |name: &str, secret: &Secret| {
            matches!(
                store.authenticate(HERE, name, secret, &Flow::default()).await.unwrap(),
                Authentication::Granted(_)
            )
        };
        assert!(granted("one", &first).await);
        assert!(accounts.rotate(&change(2), HERE, "a", "one", &second).await.unwrap());
        assert!(granted("one", &second).await && !granted("one", &first).await);
        assert_eq!(names("a").await, [("one".to_owned(), 2)]);
        assert!(accounts.create(&change(3), HERE, "a", "three", &first).await.unwrap());
        assert_eq!(accounts.remove_all(&change(4), HERE, "a").await.unwrap(), ["one", "three"]);
        assert_eq!(accounts.remove_all(&change(4), HERE, "a").await.unwrap(), Vec::<String>::new());
        assert_eq!(names("a").await, []);
        assert!(!granted("one", &second).await && granted("two", &first).await);
        assert!(accounts.remove(&change(5), HERE, "b", "two").await.unwrap());
        assert!(!accounts.remove(&change(5), HERE, "b", "two").await.unwrap());
        assert_eq!(accounts.list(THERE, "a").await.unwrap().len(), 1);
    });
}

#[test]
fn of_32_accounts_of_one_name_one_is_made() {
    on_each_database(&[PERSISTENCE, AUTH], async |db| {
        let store = store(db);
        let made = race(32, |n| {
            let scope = if n % 2 == 0 { "a" } else { "b" };
            block_on(ScopedAccounts::create(&store, &change(1), HERE, scope, "one", &Secret::from("x")))
                .unwrap()
        });
        assert_eq!(made.into_iter().filter(|made| *made).count(), 1);
    });
}
