//! What ends by itself is taken away while the gateway runs.

use std::sync::Arc;
use std::time::Duration;

use roster_kernel::Random;
use roster_persistence::{Db, Expiring, Sweeper, Swept};

use crate::compose::House;

/// Longer than any signed token lives: a day, of device users and IoT roles alike.
const LONGEST_TOKEN: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// The rows of all sets that end by themselves.
pub fn expiring() -> Vec<Expiring> {
    let mut rows = roster_auth::expiring(LONGEST_TOKEN);
    rows.extend(roster_iot_roles::DieselStore::expiring());
    rows
}

/// One that sweeps all of them.
pub fn sweeper(db: Db, random: &dyn Random) -> Sweeper {
    Sweeper::new(db, random, expiring())
}

/// Sweeps every so many minutes, the first time at once; never for 0. Of several gateways one does it.
pub(crate) async fn run(house: Arc<House>, minutes: u64) {
    if minutes == 0 {
        return;
    }
    let every = Duration::from_secs(minutes.saturating_mul(60));
    let sweeper = sweeper(house.db.clone(), house.random.as_ref());
    let mut turns = actix_web::rt::time::interval(every);
    loop {
        turns.tick().await;
        // A little less: the turns of one gateway are not to the millisecond.
        match sweeper.sweep(every.mul_f32(0.9)).await {
            Ok(Swept::Rows(_)) => {}
            Ok(Swept::NotNow) => tracing::debug!("another gateway sweeps"),
            Err(error) => tracing::warn!(%error, "sweeping failed; the next turn tries again"),
        }
    }
}
