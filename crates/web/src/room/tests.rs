use std::future::poll_fn;
use std::task::Poll;

use futures_util::FutureExt as _;

use super::*;

const MIB: u64 = 1 << 20;

impl Share {
    /// Resolves when it loses its room.
    async fn cut(&self) {
        poll_fn(|cx| if self.is_cut(cx.waker()) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

fn gets(share: &Share, bytes: u64) -> bool {
    share.grow(bytes).now_or_never().is_some()
}

#[tokio::test(start_paused = true)]
async fn room_is_taken_by_what_arrived_and_not_by_what_was_announced() {
    let room = BodyRoom::of(64);
    let stallers = [room.enter(Owner::Principal(1), 60 << 20), room.enter(Owner::Principal(1), 60 << 20)];
    assert!(stallers.iter().all(|share| gets(share, PROGRESS)));
    let other = room.enter(Owner::Principal(2), 60 << 20);
    assert!((0..60).all(|_| gets(&other, MIB)), "another is not delayed");
}

#[tokio::test(start_paused = true)]
async fn bodies_that_do_not_fit_together_come_one_after_the_other() {
    let room = BodyRoom::of(64);
    let (first, second) =
        (room.enter(Owner::Principal(1), 60 << 20), room.enter(Owner::Principal(2), 60 << 20));
    assert!((0..30).all(|_| gets(&first, MIB)));
    // The first one's way to its end stays free.
    assert!((0..4).all(|_| gets(&second, MIB)));
    let mut waits = Box::pin(second.grow(MIB));
    assert!(waits.as_mut().now_or_never().is_none());
    assert!((0..30).all(|_| gets(&first, MIB)));
    first.complete();
    assert!(waits.as_mut().now_or_never().is_none(), "it is held until its request is over");
    drop(first);
    waits.await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stands_still_makes_way_for_another_owner() {
    let room = BodyRoom::of(64);
    let staller = room.enter(Owner::Principal(1), 64 << 20);
    assert!((0..63).all(|_| gets(&staller, MIB)));
    let own = room.enter(Owner::Principal(1), 10 << 20);
    let other = room.enter(Owner::Principal(2), 10 << 20);
    assert!(timeout(Duration::from_secs(60), own.grow(MIB)).await.is_err(), "not for its own owner");
    let begun = Instant::now();
    let cut = async {
        staller.cut().await;
        drop(staller);
    };
    futures_util::future::join(other.grow(2 * MIB), cut).await;
    assert!(begun.elapsed() <= STALLED + LOOK);
}

#[tokio::test(start_paused = true)]
async fn what_makes_progress_or_is_complete_keeps_its_room() {
    let room = BodyRoom::of(64);
    let (steady, complete) =
        (room.enter(Owner::Principal(1), 32 << 20), room.enter(Owner::Principal(1), 32 << 20));
    assert!((0..32).all(|_| gets(&steady, MIB) && gets(&complete, MIB)));
    complete.complete();
    let other = room.enter(Owner::Principal(2), 10 << 20);
    let mut waits = Box::pin(other.grow(MIB));
    for _ in 0..20 {
        assert!(timeout(LOOK, &mut waits).await.is_err());
        steady.progress();
    }
    assert!(steady.cut().now_or_never().is_none() && complete.cut().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_all_room_is_let_in_alone() {
    let room = BodyRoom::of(1);
    let giant = room.enter(Owner::Principal(1), usize::MAX);
    assert!((0..100).all(|_| gets(&giant, MIB)));
    let small = room.enter(Owner::Principal(1), 1);
    assert!(!gets(&small, 1));
    drop(giant);
    assert!(gets(&small, 1));
}

#[tokio::test(start_paused = true)]
async fn strangers_have_a_room_of_their_own() {
    let room = BodyRoom::of(8);
    let address = |last: u8| Owner::Address([192, 0, 2, last].into());
    let shares: Vec<_> = (0..600).map(|_| room.enter(address(1), 256 << 10)).collect();
    let held = shares.iter().filter(|share| gets(share, 256 << 10)).count();
    assert_eq!(held, 4, "an eighth of it");
    let known = room.enter(Owner::Principal(1), 8 << 20);
    assert!(gets(&known, 8 * MIB));
}
