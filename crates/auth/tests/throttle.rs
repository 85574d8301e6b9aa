//! The contract of the throttle, on both databases.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use roster_auth::ThrottleStore;
use roster_kernel::ports::{AccountKey, Admission, Attempt, Lock, Reservation, Reserved, Throttle};
use roster_kernel::{Change, ManualClock, Origin, Realm};
use roster_migrations::{AUTH, PERSISTENCE};
use roster_persistence::Db;
use roster_persistence::testing::{TestDatabase, block_on, race};

const HERE: Realm = Realm::new("here");
const ELSEWHERE: Realm = Realm::new("elsewhere");
const NOW_MS: i64 = 1_700_000_000_000;

/// A store with a throttle, as one gateway has it.
struct Fixture {
    db: Db,
    clock: Arc<ManualClock>,
    throttle: ThrottleStore,
}

fn on_each_database<F: Future<Output = ()>>(test: impl Fn(Fixture) -> F) {
    for database in TestDatabase::each() {
        let clock = Arc::new(ManualClock::at(NOW_MS));
        let db = database.open_at(&[PERSISTENCE, AUTH], clock.clone());
        let throttle = ThrottleStore::new(db.clone(), clock.clone());
        block_on(test(Fixture { db, clock, throttle }));
    }
}

fn user(name: &str) -> Option<AccountKey<'_>> {
    Some(AccountKey { kind: "user", name })
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// An attempt at the account `name` from 192.0.2.`last`.
fn attempt(name: &str, last: u8) -> Attempt<'_> {
    Attempt { realm: HERE, account: user(name), address: Some(address(last)) }
}

fn change() -> Change {
    Change { principal: "test".into(), origin: Origin::default(), at_ms: NOW_MS }
}

impl Fixture {
    async fn granted(&self, attempt: Attempt<'_>) -> Box<dyn Reservation> {
        match self.throttle.reserve(attempt).await.unwrap() {
            Reserved::Granted(reservation) => reservation,
            Reserved::Refused { retry_after } => panic!("{attempt:?} refused for {retry_after:?}"),
        }
    }

    async fn refused(&self, attempt: Attempt<'_>) -> u64 {
        match self.throttle.reserve(attempt).await.unwrap() {
            Reserved::Refused { retry_after } => retry_after.as_secs(),
            Reserved::Granted(_) => panic!("{attempt:?} granted"),
        }
    }

    async fn fails(&self, attempt: Attempt<'_>) -> Option<u32> {
        self.granted(attempt).await.failed().await.unwrap()
    }

    async fn succeeds(&self, attempt: Attempt<'_>) {
        self.granted(attempt).await.succeeded().await.unwrap();
    }

    async fn rows(&self, table: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let counted = self.db.read(move |conn| {
            use diesel::RunQueryDsl as _;
            let sql = format!("SELECT count(*) AS count FROM {table}");
            Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.count)
        });
        counted.await.unwrap()
    }
}

#[test]
fn an_account_is_slowed_after_ten_failures_in_a_row() {
    on_each_database(async |fixture| {
        for left in (0..10).rev() {
            assert_eq!(fixture.fails(attempt("a", 1)).await, Some(left));
        }
        assert_eq!(fixture.refused(attempt("a", 1)).await, 1);
        assert_eq!(fixture.refused(attempt("a", 2)).await, 1, "at every address");
        // Other accounts, kinds and dialects have counters of their own.
        fixture.succeeds(attempt("b", 1)).await;
        let client = Some(AccountKey { kind: "client", name: "a" });
        fixture.succeeds(Attempt { account: client, ..attempt("a", 1) }).await;
        fixture.succeeds(Attempt { realm: ELSEWHERE, ..attempt("a", 1) }).await;
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(fixture.refused(attempt("a", 1)).await, seconds);
            fixture.clock.advance(i64::try_from(seconds).unwrap() * 1_000);
            assert_eq!(fixture.fails(attempt("a", 1)).await, Some(0));
        }
    });
}

#[test]
fn a_new_address_waits_for_half_a_minute_at_most() {
    on_each_database(async |fixture| {
        for _ in 0..10 {
            fixture.fails(attempt("a", 1)).await;
        }
        for _ in 0..10 {
            fixture.clock.advance(300_000);
            fixture.fails(attempt("a", 1)).await;
        }
        assert_eq!(fixture.refused(attempt("a", 1)).await, 300);
        assert_eq!(fixture.refused(attempt("a", 2)).await, 30);
        fixture.clock.advance(30_000);
        fixture.succeeds(attempt("a", 2)).await;
        // Failures in a row end with a success.
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(9));
    });
}

#[test]
fn a_known_address_has_a_hundred_failures_of_its_own_which_come_back_one_by_one() {
    on_each_database(async |fixture| {
        fixture.succeeds(attempt("a", 1)).await;
        for left in (0..100).rev() {
            assert_eq!(fixture.fails(attempt("a", 1)).await, Some(left));
        }
        // Strangers have not used it up, nor has it used up theirs.
        assert_eq!(fixture.fails(attempt("a", 2)).await, Some(9));
        // After that it has what they have.
        for left in (0..9).rev() {
            assert_eq!(fixture.fails(attempt("a", 1)).await, Some(left));
        }
        for seconds in [1, 2, 4] {
            assert_eq!(fixture.refused(attempt("a", 1)).await, seconds);
            fixture.clock.advance(i64::try_from(seconds).unwrap() * 1_000);
            assert_eq!(fixture.fails(attempt("a", 1)).await, Some(0));
        }
        // The right password gets in as soon as either leaves an attempt, and ends nothing.
        fixture.clock.advance(8_000);
        fixture.succeeds(attempt("a", 1)).await;
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(0));
        assert_eq!(fixture.refused(attempt("a", 1)).await, 16);
        fixture.clock.advance(16_000);
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(0));
        // One of its own is back 36 s after the first was used, which is 31 s ago.
        assert_eq!(fixture.refused(attempt("a", 1)).await, 5);
        fixture.clock.advance(5_000);
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(0));
    });
}

#[test]
fn strangers_cannot_use_up_the_allowance_of_a_known_address_nor_get_more_by_a_sign_in_there() {
    on_each_database(async |fixture| {
        fixture.succeeds(attempt("a", 1)).await;
        for _ in 0..10 {
            fixture.fails(attempt("a", 2)).await;
        }
        fixture.succeeds(attempt("a", 1)).await;
        assert_eq!(fixture.refused(attempt("a", 2)).await, 1);
        assert_eq!(fixture.refused(attempt("a", 3)).await, 1);
    });
}

#[test]
fn an_address_has_a_hundred_failures_in_five_minutes() {
    on_each_database(async |fixture| {
        let nameless = |last| Attempt { account: None, ..attempt("", last) };
        fixture.succeeds(attempt("known", 1)).await;
        for n in 0..50 {
            fixture.fails(attempt(&format!("user-{n}"), 1)).await;
            assert_eq!(fixture.fails(nameless(1)).await, None);
        }
        fixture.clock.advance(60_000);
        assert_eq!(fixture.refused(attempt("another", 1)).await, 240);
        assert_eq!(fixture.refused(nameless(1)).await, 240);
        let charged = fixture.throttle.charge(ELSEWHERE, Some(address(1))).await.unwrap();
        assert_eq!(charged, Admission::Refused { retry_after: Duration::from_secs(240) });
        fixture.succeeds(attempt("known", 1)).await;
        fixture.succeeds(attempt("another", 2)).await;
        fixture.clock.advance(240_000);
        assert_eq!(fixture.fails(attempt("another", 1)).await, Some(9), "a new window");
    });
}

#[test]
fn a_charge_counts_for_the_address_until_it_has_none_left() {
    on_each_database(async |fixture| {
        let charge = async || fixture.throttle.charge(HERE, Some(address(1))).await.unwrap();
        for _ in 0..100 {
            assert_eq!(charge().await, Admission::Free);
        }
        assert_eq!(charge().await, Admission::Refused { retry_after: Duration::from_secs(300) });
        assert_eq!(fixture.throttle.charge(HERE, None).await.unwrap(), Admission::Free);
        assert_eq!(fixture.refused(attempt("a", 1)).await, 300);
    });
}

#[test]
fn of_two_hundred_at_once_ten_are_granted_when_all_are_wrong() {
    on_each_database(async |fixture| {
        let granted = AtomicUsize::new(0);
        // Two gateways on one store.
        let other = ThrottleStore::new(fixture.db.clone(), fixture.clock.clone());
        race(200, |n| {
            block_on(async {
                let throttle = if n % 2 == 0 { &fixture.throttle } else { &other };
                let attempt = attempt("a", u8::try_from(n).unwrap());
                if let Reserved::Granted(reservation) = throttle.reserve(attempt).await.unwrap() {
                    granted.fetch_add(1, Ordering::SeqCst);
                    reservation.failed().await.unwrap();
                }
            });
        });
        assert_eq!(granted.load(Ordering::SeqCst), 10);
        assert_eq!(fixture.rows("auth_reservations").await, 0);
    });
}

#[test]
fn of_two_hundred_at_once_all_are_granted_when_all_are_right() {
    on_each_database(async |fixture| {
        let other = ThrottleStore::new(fixture.db.clone(), fixture.clock.clone());
        race(200, |n| {
            block_on(async {
                let throttle = if n % 2 == 0 { &fixture.throttle } else { &other };
                // Sixty-four addresses, none of which is known at first.
                let attempt = attempt("a", u8::try_from(n % 64).unwrap());
                let Reserved::Granted(reservation) = throttle.reserve(attempt).await.unwrap() else {
                    panic!("{n} refused");
                };
                reservation.succeeded().await.unwrap();
            });
        });
        assert_eq!(fixture.rows("auth_reservations").await, 0);
        assert_eq!(fixture.rows("auth_throttle").await, 0);
    });
}

#[test]
fn attempts_beyond_what_is_left_wait_for_outcomes_and_not_for_ever() {
    on_each_database(async |fixture| {
        let mut open = Vec::new();
        for _ in 0..10 {
            open.push(fixture.granted(attempt("a", 1)).await);
        }
        let impatient = ThrottleStore::new(fixture.db.clone(), fixture.clock.clone())
            .with_patience(Duration::from_millis(1));
        let Reserved::Refused { retry_after } = impatient.reserve(attempt("a", 2)).await.unwrap() else {
            panic!("granted");
        };
        assert_eq!(retry_after, Duration::from_secs(1));
        // One that is given back counts for nothing.
        open.pop().unwrap().released().await.unwrap();
        open.push(fixture.granted(attempt("a", 2)).await);
        for reservation in open {
            reservation.failed().await.unwrap();
        }
        assert_eq!(fixture.refused(attempt("a", 3)).await, 1);
    });
}

#[test]
fn an_attempt_whose_client_has_gone_counts_as_failed() {
    on_each_database(async |fixture| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for _ in 0..10 {
            let reservation = fixture.granted(attempt("a", 1)).await;
            // Dropped in a runtime, as a server drops the future of a request.
            runtime.block_on(async { drop(reservation) });
        }
        // Counting needs a moment of that runtime.
        let refused = runtime.block_on(async {
            loop {
                tokio::task::yield_now().await;
                if let Reserved::Refused { retry_after } =
                    fixture.throttle.reserve(attempt("a", 1)).await.unwrap()
                    && fixture.rows("auth_reservations").await == 0
                {
                    break retry_after;
                }
            }
        });
        assert_eq!(refused, Duration::from_secs(1));
    });
}

#[test]
fn a_reservation_whose_gateway_died_ends_after_a_minute() {
    on_each_database(async |fixture| {
        for _ in 0..10 {
            drop(fixture.granted(attempt("a", 1)).await);
        }
        let impatient = ThrottleStore::new(fixture.db.clone(), fixture.clock.clone())
            .with_patience(Duration::from_millis(1));
        assert!(matches!(impatient.reserve(attempt("a", 1)).await.unwrap(), Reserved::Refused { .. }));
        fixture.clock.advance(60_000);
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(9), "and counts for nothing then");
    });
}

#[test]
fn a_clock_that_was_ahead_locks_out_for_no_longer_than_the_rule_says() {
    const YEAR_MS: i64 = 365 * 24 * 3_600_000;
    on_each_database(async |fixture| {
        fixture.clock.advance(YEAR_MS);
        for _ in 0..20 {
            let reservation = loop {
                match fixture.throttle.reserve(attempt("a", 1)).await.unwrap() {
                    Reserved::Granted(reservation) => break reservation,
                    Reserved::Refused { retry_after } => {
                        fixture.clock.advance(i64::try_from(retry_after.as_millis()).unwrap());
                    }
                }
            };
            reservation.failed().await.unwrap();
        }
        for _ in 0..100 {
            fixture.throttle.charge(HERE, Some(address(9))).await.unwrap();
        }
        fixture.succeeds(attempt("b", 1)).await;
        for _ in 0..100 {
            fixture.fails(attempt("b", 1)).await;
        }
        fixture.clock.advance(-YEAR_MS);
        assert_eq!(fixture.refused(attempt("a", 1)).await, 300);
        assert_eq!(fixture.refused(attempt("c", 9)).await, 300, "the address");
        for left in (0..10).rev() {
            assert_eq!(fixture.fails(attempt("b", 1)).await, Some(left));
        }
        assert_eq!(fixture.refused(attempt("b", 1)).await, 1);
        fixture.clock.advance(300_000);
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(0));
        assert_eq!(fixture.throttle.charge(HERE, Some(address(9))).await.unwrap(), Admission::Free);
    });
}

#[test]
fn reservations_of_a_clock_that_was_ahead_are_not_waited_for() {
    on_each_database(async |fixture| {
        fixture.clock.advance(365 * 24 * 3_600_000);
        for _ in 0..10 {
            // Its gateway died.
            drop(fixture.granted(attempt("a", 1)).await);
        }
        fixture.clock.set(NOW_MS);
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(9), "they count for nothing");
        assert_eq!(fixture.rows("auth_reservations").await, 0, "and are gone");
    });
}

#[test]
fn unlocking_forgets_the_failures_of_an_account_or_an_address() {
    on_each_database(async |fixture| {
        for _ in 0..10 {
            fixture.fails(attempt("a", 1)).await;
        }
        let account = Lock::Account(HERE, user("a").unwrap());
        assert!(
            !fixture.throttle.unlock(&change(), Lock::Account(ELSEWHERE, user("a").unwrap())).await.unwrap()
        );
        assert_eq!(fixture.refused(attempt("a", 1)).await, 1);
        assert!(fixture.throttle.unlock(&change(), account).await.unwrap());
        assert!(!fixture.throttle.unlock(&change(), account).await.unwrap(), "nothing is left");
        assert_eq!(fixture.fails(attempt("a", 1)).await, Some(9));
        for _ in 0..89 {
            fixture.throttle.charge(HERE, Some(address(1))).await.unwrap();
        }
        fixture.refused(attempt("c", 1)).await;
        assert!(fixture.throttle.unlock(&change(), Lock::Address(address(1))).await.unwrap());
        fixture.succeeds(attempt("c", 1)).await;
        assert_eq!(fixture.rows("store_journal").await, 2);
    });
}
