//! Which principal's request it is that is worked on, for whatever is shared out by principal.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, LazyLock};

use roster_kernel::ports::{Admission, RequestLimit, Requester};

tokio::task_local! {
    /// A hash of the principal, once its credential has turned out good.
    static CURRENT: Cell<Option<u64>>;
}

/// Seeded, so that no principal can be made to collide with another.
static HASHES: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Works on a request, of which no principal is known yet.
pub(crate) async fn scope<T>(work: impl Future<Output = T>) -> T {
    CURRENT.scope(Cell::new(None), work).await
}

/// The principal of the request that is worked on, if its credential has turned out good.
pub(crate) fn current() -> Option<u64> {
    CURRENT.try_with(Cell::get).ok().flatten()
}

/// `limit`, and each principal that it counts is noted as that of the request: services count a principal
/// when its credential has turned out good, and before a body is read.
pub fn noting_principals(limit: Arc<dyn RequestLimit>) -> Arc<dyn RequestLimit> {
    Arc::new(Noting(limit))
}

struct Noting(Arc<dyn RequestLimit>);

impl RequestLimit for Noting {
    fn count(&self, requester: Requester<'_>) -> Admission {
        if let Requester::Principal(realm, name) = requester {
            // Outside a request there is nothing to share out.
            let _ = CURRENT.try_with(|current| current.set(Some(HASHES.hash_one((realm.name(), name)))));
        }
        self.0.count(requester)
    }
}
