//! A time without the database, and what has to be seen of it.

use std::time::{Duration, Instant};

use crate::probe::Samples;
use crate::record::Record;
use crate::stage::{Stage, Watch};
use crate::wait::until;

/// How long `/readyz` may take.
const READYZ: Duration = Duration::from_secs(1);

/// What the way to `/readyz` and back may take on a machine that is busy with the load.
const MARGIN: Duration = Duration::from_millis(500);

/// How long the return of the dialects is waited for, whatever was promised.
const PATIENCE: Duration = Duration::from_secs(60);

/// From when to when the database was away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) began: Instant,
    pub(crate) over: Instant,
}

impl Outage {
    /// Waits until every dialect has served after it, a write was acknowledged, and every gateway was ready.
    pub(crate) fn wait(&self, watch: &Watch, record: &Record) {
        // What does not return is judged by what was seen.
        let _ = until("all dialects", PATIENCE, || {
            let reads = watch.reads.iter().map(|(_, samples)| samples);
            let mut all = reads.chain(&watch.ready);
            let served = all.all(|samples| samples.has(200, self.over));
            (served && record.acknowledged_after(self.over).is_some()).then_some(())
        });
    }

    /// Judges what was seen: each dialect serves and writes are taken within `bound` of its end, `/readyz` turned to 503 and back, and
    /// answered in time throughout. Returns each dialect's time, as text.
    pub(crate) fn judge(&self, stage: &mut Stage, watch: &Watch, bound: Duration) -> String {
        let bound = stage.options.bound(bound);
        let mut times = Vec::new();
        for (dialect, samples) in &watch.reads {
            let after = samples.good_after(self.over);
            match after {
                Some(after) if after <= bound => {}
                other => stage.record.broken(format!(
                    "{} serves {other:?} after the return, not within {bound:?}",
                    dialect.name()
                )),
            }
            if let Some(after) = after {
                stage.record.count(|figures| figures.recovery = figures.recovery.max(after));
                times.push(format!("{:.2}", after.as_secs_f64()));
            }
        }
        let written = stage.record.acknowledged_after(self.over);
        if written.is_none_or(|after| after > bound) {
            stage.record.broken(format!("writes {written:?} after the return, not within {bound:?}"));
        }
        for samples in &watch.ready {
            self.judge_ready(stage, samples);
        }
        let written = written.unwrap_or_default().as_secs_f64();
        format!("{} s, writes after {written:.2} s", times.join(" "))
    }

    fn judge_ready(&self, stage: &Stage, samples: &Samples) {
        let bound = stage.options.bound(READYZ) + MARGIN;
        let slowest = samples.slowest();
        if slowest > bound {
            stage.record.broken(format!("/readyz took {slowest:?}"));
        }
        if !samples.has(503, self.began) {
            stage.record.broken("/readyz did not turn to 503".to_owned());
        }
        if !samples.has(200, self.over) {
            stage.record.broken("/readyz did not turn back to 200".to_owned());
        }
    }
}
