//! The law of the credentials' stores, on both databases.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use roster_auth::{
    AccountStore, Argon2Hasher, Existing, HashingConfig, JwtSigner, OPERATORS, Revocation, TokenStore,
};
use roster_kernel::ports::{
    Accounts, Authentication, Flow, JwtAlgorithm, TokenRejection, TokenService, TokenSigner,
};
use roster_kernel::{Change, Clock as _, ManualClock, Origin, OsRandom, Realm, Secret};
use roster_migrations::{AUTH, PERSISTENCE};
use roster_persistence::Db;
use roster_persistence::testing::{TestDatabase, block_on, race};

const HERE: Realm = Realm::new("here");
const THERE: Realm = Realm::new("there");

struct House {
    db: Db,
    clock: Arc<ManualClock>,
}

fn in_each_house<F: Future<Output = ()>>(test: impl Fn(House) -> F) {
    for database in TestDatabase::each() {
        let clock = Arc::new(ManualClock::at(1_700_000_000_000));
        block_on(test(House { db: database.open_at(&[PERSISTENCE, AUTH], clock.clone()), clock }));
    }
}

impl House {
    fn tokens(&self) -> TokenStore {
        TokenStore::new(self.db.clone(), self.clock.clone(), Arc::new(OsRandom))
    }

    fn signer(&self) -> JwtSigner {
        JwtSigner::new(self.db.clone(), self.clock.clone(), Arc::new(OsRandom))
    }

    fn accounts(&self) -> AccountStore {
        let hasher = Argon2Hasher::new(&HashingConfig::cheapest(), Arc::new(OsRandom)).unwrap();
        AccountStore::new(self.db.clone(), Arc::new(hasher), vec![THERE])
    }

    fn change(&self) -> Change {
        Change { principal: "test".into(), origin: Origin::default(), at_ms: 1_700_000_000_000 }
    }
}

#[test]
fn a_token_is_good_in_its_realm_until_its_end() {
    in_each_house(async |house| {
        let tokens = house.tokens();
        let first = tokens.issue(HERE, "c", Some("t"), Duration::from_secs(60)).await.unwrap();
        let second = tokens.issue(HERE, "c", Some("t"), Duration::from_secs(120)).await.unwrap();
        let token = tokens.verify(HERE, first.expose()).await.unwrap().unwrap();
        assert_eq!((token.subject.as_str(), token.scope.as_deref()), ("c", Some("t")));
        assert_eq!(tokens.verify(THERE, first.expose()).await.unwrap(), Err(TokenRejection::Unknown));
        assert_eq!(tokens.verify(HERE, "nonsense").await.unwrap(), Err(TokenRejection::Unknown));
        house.clock.advance(60_000);
        assert_eq!(tokens.verify(HERE, first.expose()).await.unwrap(), Err(TokenRejection::Expired));
        assert!(tokens.verify(HERE, second.expose()).await.unwrap().is_ok());
        tokens.revoke_all(HERE, "c").await.unwrap();
        assert_eq!(tokens.verify(HERE, second.expose()).await.unwrap(), Err(TokenRejection::Expired));
    });
}

#[test]
fn an_expired_token_is_told_from_a_guess_when_its_row_is_gone() {
    in_each_house(async |house| {
        let tokens = house.tokens();
        let expired = tokens.issue(HERE, "c", None, Duration::from_secs(60)).await.unwrap();
        house.clock.advance(60_000);
        // Deletes what has expired.
        tokens.issue(HERE, "c", None, Duration::from_secs(60)).await.unwrap();
        let verify = async |realm, token: &str| house.tokens().verify(realm, token).await.unwrap();
        assert_eq!(verify(HERE, expired.expose()).await, Err(TokenRejection::Expired));
        assert_eq!(verify(THERE, expired.expose()).await, Err(TokenRejection::Unknown));
        // Whatever the newest key is by now; and no guess makes one.
        house.signer().rotate(&house.change(), HERE, false).await.unwrap();
        assert_eq!(verify(HERE, expired.expose()).await, Err(TokenRejection::Expired));
        assert!(!house.signer().has_key(THERE).await.unwrap());
        let mut forged = expired.expose().clone();
        forged.replace_range(0..1, if forged.starts_with('0') { "1" } else { "0" });
        for guess in [forged.as_str(), &forged[..48], "", "é", &"0".repeat(64)] {
            assert_eq!(verify(HERE, guess).await, Err(TokenRejection::Unknown), "{guess}");
        }
    });
}

/// An operator with a new token, or none.
async fn put(house: &House, name: &str, token: &str, end: Option<i64>, existing: Existing) -> bool {
    house.tokens().put_operator(&house.change(), name, &token.into(), end, existing).await.unwrap()
}

#[test]
fn a_new_token_of_an_operator_replaces_the_one_before() {
    in_each_house(async |house| {
        let tokens = house.tokens();
        assert_eq!(tokens.operators().await.unwrap(), []);
        assert!(!put(&house, "op", "one", None, Existing::Demand).await);
        assert!(put(&house, "op", "one", None, Existing::Refuse).await);
        assert!(!put(&house, "op", "none", None, Existing::Refuse).await);
        assert!(tokens.verify(OPERATORS, "one").await.unwrap().is_ok(), "a refused one changes nothing");
        assert!(put(&house, "op", "two", None, Existing::Demand).await);
        assert!(put(&house, "op", "three", None, Existing::Replace).await);
        house.clock.advance(i64::from(u32::MAX) * 1000);
        for before in ["one", "none", "two"] {
            assert_eq!(tokens.verify(OPERATORS, before).await.unwrap(), Err(TokenRejection::Unknown));
        }
        assert_eq!(tokens.verify(OPERATORS, "three").await.unwrap().unwrap().subject, "op");
        assert_eq!(tokens.operators().await.unwrap().len(), 1);
    });
}

#[test]
fn an_expired_operator_stays_known_until_revoked() {
    in_each_house(async |house| {
        let tokens = house.tokens();
        let end = house.change().at_ms + 60_000;
        assert!(put(&house, "short", "one", Some(end), Existing::Refuse).await);
        assert!(put(&house, "long", "two", None, Existing::Refuse).await);
        house.clock.advance(60_000);
        // Another realm's new token takes away that realm's alone.
        tokens.issue(HERE, "c", Some("t"), Duration::from_secs(1)).await.unwrap();
        house.clock.advance(60_000);
        tokens.issue(HERE, "c", Some("t"), Duration::from_secs(1)).await.unwrap();
        assert_eq!(tokens.verify(OPERATORS, "one").await.unwrap(), Err(TokenRejection::Expired));
        let states = tokens.operators().await.unwrap();
        let names: Vec<_> = states.iter().map(|state| (state.name.as_str(), state.expires_ms)).collect();
        assert_eq!(names, [("long", None), ("short", Some(end))]);
        let revoke = async |name: &str, keep_last: bool| {
            let change = Change { at_ms: house.clock.now_ms(), ..house.change() };
            tokens.revoke_operator(&change, name, keep_last).await.unwrap()
        };
        assert_eq!(revoke("none", true).await, Revocation::Unknown);
        assert_eq!(revoke("long", true).await, Revocation::Last);
        assert_eq!(revoke("short", true).await, Revocation::Revoked);
        assert_eq!(tokens.verify(OPERATORS, "one").await.unwrap(), Err(TokenRejection::Unknown));
        assert_eq!(revoke("long", false).await, Revocation::Revoked);
        assert_eq!(tokens.operators().await.unwrap(), []);
    });
}

#[test]
fn of_operators_that_are_revoked_at_once_one_stays() {
    in_each_house(async |house| {
        for (name, token) in [("a", "one"), ("b", "two"), ("c", "three")] {
            assert!(put(&house, name, token, None, Existing::Refuse).await);
        }
        let (tokens, change) = (house.tokens(), house.change());
        let revoke = |name: &'static str| tokens.revoke_operator(&change, name, true);
        let (a, b, c) = futures_util::future::join3(revoke("a"), revoke("b"), revoke("c")).await;
        let all = [a.unwrap(), b.unwrap(), c.unwrap()];
        assert_eq!(all.iter().filter(|one| **one == Revocation::Revoked).count(), 2, "{all:?}");
        assert_eq!(all.iter().filter(|one| **one == Revocation::Last).count(), 1, "{all:?}");
        assert_eq!(tokens.operators().await.unwrap().len(), 1);
    });
}

#[test]
fn a_signed_token_opens_on_every_gateway_of_its_realm_and_nowhere_else() {
    in_each_house(async |house| {
        let (one, other) = (house.signer(), house.signer());
        let claims = serde_json::json!({"exp": 1_700_000_100, "sub": "x"}).as_object().unwrap().clone();
        let token = one.sign(HERE, JwtAlgorithm::Hs512, &claims).await.unwrap();
        let opened = other.open(HERE, JwtAlgorithm::Hs512, token.expose()).await.unwrap();
        assert_eq!(opened, Ok(claims.clone()));
        for (realm, algorithm) in [(THERE, JwtAlgorithm::Hs512), (HERE, JwtAlgorithm::Hs256)] {
            let opened = other.open(realm, algorithm, token.expose()).await.unwrap();
            assert_eq!(opened, Err(TokenRejection::Signature));
        }
        house.clock.advance(100_000);
        let opened = other.open(HERE, JwtAlgorithm::Hs512, token.expose()).await.unwrap();
        assert_eq!(opened, Err(TokenRejection::Expired));
        let forged = format!("{}AAAA", &token.expose()[..token.expose().len() - 4]);
        let opened = other.open(HERE, JwtAlgorithm::Hs512, &forged).await.unwrap();
        assert_eq!(opened, Err(TokenRejection::Signature), "expired only if genuine");
    });
}

/// A generation is never used again, whatever is done to an account, in whatever order.
#[test]
fn an_account_has_another_generation_after_each_change_that_ends_tokens() {
    in_each_house(async |house| {
        let (accounts, change) = (house.accounts(), house.change());
        let secret = Secret::from("the-same-secret");
        let mut seen = Vec::new();
        let mut is_new = async || {
            let account = accounts.find(HERE, "a").await.unwrap().unwrap();
            let new = !seen.contains(&account.generation);
            seen.push(account.generation);
            new
        };
        assert!(accounts.create(&change, HERE, "a", &secret).await.unwrap());
        assert!(is_new().await && !is_new().await);
        accounts.set_secret(&change, HERE, "a", &secret).await.unwrap();
        assert!(is_new().await, "a password set, though to the same");
        accounts.put(&change, HERE, "a", None, &secret).await.unwrap();
        assert!(is_new().await, "made anew");
        for disabled in [true, false] {
            accounts.set_disabled(&change, HERE, "a", disabled).await.unwrap();
        }
        assert!(is_new().await, "disabled and enabled");
        accounts.set_disabled(&change, HERE, "a", false).await.unwrap();
        assert!(!is_new().await, "it was enabled already");
        accounts.delete(&change, HERE, "a").await.unwrap();
        accounts.create(&change, HERE, "a", &secret).await.unwrap();
        assert!(is_new().await, "deleted and made again");
    });
}

/// Of passwords that are set at once by two gateways the last one's generation is the account's.
#[test]
fn of_passwords_set_at_once_one_generation_is_left() {
    in_each_house(async |house| {
        let change = house.change();
        let (one, other) = (house.accounts(), house.accounts());
        one.create(&change, HERE, "a", &"first".into()).await.unwrap();
        let seen = race(16, |n| {
            let accounts = if n % 2 == 0 { &one } else { &other };
            assert!(block_on(accounts.set_secret(&change, HERE, "a", &"same".into())).unwrap());
            block_on(accounts.find(HERE, "a")).unwrap().unwrap().generation
        });
        let last = one.find(HERE, "a").await.unwrap().unwrap().generation;
        assert!(seen.contains(&last));
        let others = other.authenticate(HERE, "a", &"same".into(), &Flow::default()).await.unwrap();
        assert!(matches!(others, Authentication::Granted(account) if account.generation == last));
    });
}

#[test]
fn a_rotated_key_opens_what_it_signed_and_a_revoked_one_nothing() {
    in_each_house(async |house| {
        let (one, other) = (house.signer(), house.signer());
        let claims = serde_json::json!({"exp": 1_800_000_000, "sub": "x"}).as_object().unwrap().clone();
        let sign = async |signer: &JwtSigner| signer.sign(HERE, JwtAlgorithm::Hs512, &claims).await.unwrap();
        let opens = async |signer: &JwtSigner, token: &Secret| {
            signer.open(HERE, JwtAlgorithm::Hs512, token.expose()).await.unwrap().is_ok()
        };
        let kid = |token: &Secret| token.expose().split('.').next().unwrap().to_owned();
        let old = sign(&one).await;
        one.rotate(&house.change(), HERE, false).await.unwrap();
        let new = sign(&one).await;
        assert_ne!(kid(&old), kid(&new));
        assert_eq!(kid(&sign(&one).await), kid(&new));
        for signer in [&one, &other] {
            assert!(opens(signer, &old).await && opens(signer, &new).await);
        }
        house.clock.advance(1_000);
        assert_eq!(kid(&sign(&other).await), kid(&new), "everybody signs with it");

        one.rotate(&house.change(), HERE, true).await.unwrap();
        for token in [&old, &new] {
            assert!(!opens(&one, token).await, "at once");
        }
        assert!(opens(&one, &sign(&one).await).await);
        house.clock.advance(1_000);
        for token in [&old, &new] {
            assert!(!opens(&other, token).await, "within a second");
        }
        assert!(opens(&one, &sign(&other).await).await, "nobody signs with a revoked key");
    });
}

#[test]
fn accounts_know_their_secret_and_realm() {
    in_each_house(async |house| {
        let accounts = house.accounts();
        for realm in [HERE, THERE] {
            let secret = Secret::from("first-secret");
            accounts.put(&house.change(), realm, "a", Some("s"), &secret).await.unwrap();
            let granted = accounts.authenticate(realm, "a", &secret, &Flow::default()).await.unwrap();
            let Authentication::Granted(account) = granted else { panic!("{granted:?}") };
            assert_eq!(account.scope.as_deref(), Some("s"));
            let wrong = accounts.authenticate(realm, "a", &"other".into(), &Flow::default()).await.unwrap();
            assert_eq!(wrong, Authentication::WrongSecret);
            let unknown = accounts.authenticate(realm, "b", &secret, &Flow::default()).await.unwrap();
            assert_eq!(unknown, Authentication::UnknownAccount);
            accounts.put(&house.change(), realm, "a", Some("s"), &"second".into()).await.unwrap();
            let old = accounts.authenticate(realm, "a", &secret, &Flow::default()).await.unwrap();
            assert_eq!(old, Authentication::WrongSecret);
        }
        assert!(accounts.find(HERE, "a").await.unwrap().is_some());
        let nobody = accounts.authenticate(HERE, "a\0", &"second".into(), &Flow::default()).await.unwrap();
        assert_eq!(nobody, Authentication::UnknownAccount);
        assert!(accounts.find(Realm::new("elsewhere"), "a").await.unwrap().is_none());
    });
}

#[test]
fn accounts_are_made_once_listed_switched_and_removed() {
    in_each_house(async |house| {
        let (accounts, change) = (house.accounts(), house.change());
        let (first, second) = (Secret::from("first-secret"), Secret::from("second"));
        let made = race(8, |_| block_on(accounts.create(&change, HERE, "b", &first)).unwrap());
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        assert!(accounts.create(&change, HERE, "a", &first).await.unwrap());
        assert!(accounts.create(&change, THERE, "c", &first).await.unwrap());
        assert!(!accounts.create(&change, HERE, "a", &second).await.unwrap(), "nothing is overwritten");
        assert!(matches!(
            accounts.authenticate(HERE, "a", &first, &Flow::default()).await,
            Ok(Authentication::Granted(_))
        ));
        for disabled in [true, true, false] {
            assert!(accounts.set_disabled(&change, HERE, "a", disabled).await.unwrap());
            assert_eq!(accounts.find(HERE, "a").await.unwrap().is_none(), disabled);
            let listed = accounts.list(HERE).await.unwrap();
            let states: Vec<_> = listed.iter().map(|a| (a.name.as_str(), a.disabled)).collect();
            assert_eq!(states, [("a", disabled), ("b", false)]);
        }
        assert!(accounts.set_secret(&change, HERE, "a", &second).await.unwrap());
        assert!(matches!(
            accounts.authenticate(HERE, "a", &second, &Flow::default()).await,
            Ok(Authentication::Granted(_))
        ));
        assert!(accounts.delete(&change, HERE, "a").await.unwrap());
        assert!(accounts.find(HERE, "a").await.unwrap().is_none());
        assert!(!accounts.delete(&change, HERE, "a").await.unwrap());
        assert!(!accounts.set_disabled(&change, HERE, "a", true).await.unwrap());
        assert!(!accounts.set_secret(&change, HERE, "a", &first).await.unwrap());
        assert!(accounts.find(THERE, "c").await.unwrap().is_some(), "each realm has its own");
    });
}
