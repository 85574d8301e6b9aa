//! A store that goes away and comes back: what callers of every dialect see.

use std::time::{Duration, Instant};

use roster_testkit::{Cluster, TestDatabase, TestGateway};

use crate::limits::actors;

/// How long `/readyz` may take.
const BOUND: Duration = Duration::from_secs(1);

fn cluster() -> Option<Cluster> {
    match Cluster::start(&[]) {
        Ok(cluster) => Some(cluster),
        Err(reason) => {
            assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{reason}");
            None
        }
    }
}

fn ready(gateway: &TestGateway) -> u16 {
    let begun = Instant::now();
    let status = gateway.get("/readyz").send().status;
    // The HTTP round trip is not the store's.
    assert!(begun.elapsed() <= BOUND + BOUND / 2, "{:?}", begun.elapsed());
    status
}

/// Asks until the answer is `wanted`; each question has a bound of its own.
fn until(what: &str, wanted: u16, ask: impl Fn() -> u16) -> Duration {
    let begun = Instant::now();
    while ask() != wanted {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
    }
    begun.elapsed()
}

#[test]
fn while_the_server_is_away_every_dialect_says_come_again_and_serves_when_it_is_back() {
    let Some(mut cluster) = cluster() else { return };
    let database = TestDatabase::at(cluster.url().parse().unwrap());
    let gateway = TestGateway::start(database, |config| {
        config.database.patience_seconds = 1;
        config.database.silence_seconds = 1;
    });
    let actors = actors(&gateway);
    assert_eq!(ready(&gateway), 200);
    let all_are_sent_away = || {
        for actor in &actors {
            for reply in [actor.read(&gateway), actor.write(&gateway)] {
                assert_eq!(reply.status, 503, "{}: {reply:?}", actor.dialect);
                assert!(reply.header("retry-after").is_some(), "{}: {reply:?}", actor.dialect);
            }
        }
    };
    cluster.crash();
    all_are_sent_away();
    until("not ready", 503, || ready(&gateway));
    cluster.restart().unwrap();
    for actor in &actors {
        let took = until(actor.dialect, 200, || actor.read(&gateway).status);
        assert!(took < Duration::from_secs(1), "{}: {took:?}", actor.dialect);
    }
    until("ready", 200, || ready(&gateway));

    cluster.freeze();
    all_are_sent_away();
    until("not ready", 503, || ready(&gateway));
    cluster.thaw();
    for actor in &actors {
        until(actor.dialect, 200, || actor.read(&gateway).status);
        let written = actor.write(&gateway);
        // What was given up while the server was frozen may stand: then it is taken, which CIAM says with 400.
        assert!([200, 201, 400, 409].contains(&written.status), "{written:?}");
    }
    until("ready", 200, || ready(&gateway));
}
