//! What is believed of credentials, and for how long, on both databases.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use roster_kernel::ManualClock;
use roster_migrations::PERSISTENCE;
use roster_persistence::testing::{TestDatabase, block_on};
use roster_persistence::{Beliefs, Db};

/// Looks for the mark `name`, and counts that it did.
async fn find(
    beliefs: &Beliefs<String>,
    db: &Db,
    looks: &Arc<AtomicUsize>,
    name: &'static str,
) -> Option<String> {
    let (looks, db) = (looks.clone(), db.clone());
    let found = beliefs.find(name, move |_| {
        looks.fetch_add(1, Ordering::SeqCst);
        block_on(db.mark(name))
    });
    found.await.unwrap()
}

#[test]
fn what_was_found_is_believed_for_a_second_and_until_this_process_commits() {
    for database in TestDatabase::each() {
        let clock = Arc::new(ManualClock::at(1_000_000));
        let db = database.open_at(&[PERSISTENCE], clock.clone());
        let other = database.open_at(&[], clock.clone());
        let (beliefs, looks) = (Beliefs::about(db.clone()), Arc::new(AtomicUsize::new(0)));
        let find = |name| block_on(find(&beliefs, &other, &looks, name));
        let looked = || looks.load(Ordering::SeqCst);

        assert_eq!((find("key"), find("key"), looked()), (None, None, 2), "absence is not believed");
        block_on(db.set_mark("key", "one")).unwrap();
        assert_eq!((find("key"), looked()), (Some("one".into()), 3));
        assert_eq!((find("key"), looked()), (Some("one".into()), 3));

        // Another process changes it: noticed within a second.
        block_on(other.set_mark("key", "two")).unwrap();
        clock.advance(999);
        assert_eq!((find("key"), looked()), (Some("one".into()), 3));
        clock.advance(1);
        assert_eq!((find("key"), looked()), (Some("two".into()), 4));

        // This one changes anything: noticed at once.
        block_on(db.set_mark("something", "else")).unwrap();
        assert_eq!((find("key"), looked()), (Some("two".into()), 5));
        block_on(db.set_mark("key", "three")).unwrap();
        assert_eq!((find("key"), looked()), (Some("three".into()), 6));

        // Setting the clock, in either direction, makes nothing live longer or shorter.
        for set in [0, 1_000_000_000] {
            clock.set(set);
            assert_eq!((find("key"), looked()), (Some("three".into()), 6));
        }
        clock.advance(1_000);
        assert_eq!((find("key"), looked()), (Some("three".into()), 7));
    }
}
