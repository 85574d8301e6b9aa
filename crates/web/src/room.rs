use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies of this many bytes and less need no room: a thousand of them are a few hundred megabytes.
pub(crate) const SMALL: usize = 256 * 1024;

/// Room for large bodies: how many bytes of them a process holds at a time. Who finds none waits in
/// line, and nothing of his body is read meanwhile.
#[derive(Debug, Clone)]
pub struct BodyRoom {
    /// In KiB.
    free: Arc<Semaphore>,
    whole: u32,
}

/// Room that one body has, until it is dropped.
#[derive(Debug)]
pub(crate) struct Taken(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl BodyRoom {
    /// Room for `mebibytes`.
    pub fn of(mebibytes: u32) -> Self {
        let whole = mebibytes.saturating_mul(1024);
        Self { free: Arc::new(Semaphore::new(whole as usize)), whole }
    }

    /// Room for a body of `bytes`. One that is larger than all of it is let in when it is alone.
    pub(crate) async fn take(&self, bytes: usize) -> Option<Taken> {
        let wanted = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).min(self.whole);
        // It is never closed.
        self.free.clone().acquire_many_owned(wanted).await.ok().map(Taken)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn who_finds_no_room_waits_in_line() {
        let room = BodyRoom::of(2);
        let first = room.take(1_500_000).await;
        assert!(first.is_some());
        let mut second = Box::pin(room.take(1_000_000));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(room.take(SMALL).now_or_never().is_none(), "nobody overtakes");
        drop(first);
        assert!(second.await.is_some());
    }

    #[tokio::test]
    async fn what_is_larger_than_all_room_is_let_in_alone() {
        let room = BodyRoom::of(1);
        let giant = room.take(usize::MAX).await;
        assert!(room.take(1).now_or_never().is_none());
        drop(giant);
        assert!(room.take(1).now_or_never().is_some());
    }
}
