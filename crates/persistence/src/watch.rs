//! What is seen of a connection's statements.

use std::time::{Duration, Instant};

use diesel::connection::{Connection as _, Instrumentation, InstrumentationEvent};

use crate::connection::AnyConn;
use crate::each_backend;
use crate::fault;
use crate::manager::Seen;
use crate::url::Backend;

/// Logs the statements of a connection that take long; with the feature `testing`, hands all of them
/// to who records.
pub(crate) struct Watch {
    pub(crate) slow: Duration,
    pub(crate) begun: Option<Instant>,
    pub(crate) backend: Backend,
    /// What failures mean for the connection.
    pub(crate) seen: Seen,
    #[cfg(feature = "testing")]
    pub(crate) recorder: crate::testing::Recorder,
}

impl Watch {
    /// Watches `conn` from now on.
    pub(crate) fn over(self, conn: &mut AnyConn) {
        each_backend!(conn, |c| c.set_instrumentation(self));
    }
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                self.begun = Some(Instant::now());
                #[cfg(feature = "testing")]
                self.recorder.hear(|| query.to_string());
                #[cfg(not(feature = "testing"))]
                let _ = query;
            }
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                if let Some(error) = error {
                    self.seen.note(fault::of(error, self.backend).close);
                }
                let took = self.begun.take().map(|begun| begun.elapsed());
                if let Some(took) = took.filter(|took| *took >= self.slow) {
                    let shown = query.to_string();
                    let ms = took.as_millis();
                    tracing::warn!(ms, sql = without_values(&shown), "slow query");
                }
            }
            _ => {}
        }
    }
}

/// A statement as diesel shows it, without what stands in for its placeholders: that may be
/// anybody's name, or a hash.
pub(crate) fn without_values(shown: &str) -> &str {
    shown.split(" -- binds:").next().unwrap_or(shown).trim()
}
