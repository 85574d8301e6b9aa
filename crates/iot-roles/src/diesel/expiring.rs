//! What ends by itself.

use roster_persistence::Expiring;

use super::DieselStore;

impl DieselStore {
    /// The rows that end by themselves, for a [`roster_persistence::Sweeper`]. A sign-in clears some of
    /// them away too, so that they stay few where no sweeper runs.
    pub fn expiring() -> Vec<Expiring> {
        vec![Expiring::by_time("iot_sessions"), Expiring::by_time("iot_logins")]
    }
}
