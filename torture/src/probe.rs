//! What a client of each dialect and a balancer see: a read every 100 ms, and `/readyz` every 50 ms.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::dialects::Dialect;
use crate::http::{Connection, Request};
use crate::wait::pause;

/// How often a dialect is asked: often enough to keep an idle connection from being given up.
const READS: Duration = Duration::from_millis(100);

/// How often `/readyz` is asked.
const READY: Duration = Duration::from_millis(50);

/// One answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    /// The status, or 0.
    pub(crate) status: u16,
}

/// Everything that was seen of one thing.
#[derive(Debug, Default)]
pub(crate) struct Samples(Mutex<Vec<Sample>>);

impl Samples {
    fn push(&self, sample: Sample) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(sample);
    }

    /// All so far.
    pub(crate) fn all(&self) -> Vec<Sample> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// How long after `instant` the first good answer to a question after it came.
    pub(crate) fn good_after(&self, instant: Instant) -> Option<Duration> {
        let all = self.all();
        let good = all.iter().find(|sample| sample.asked >= instant && sample.status == 200)?;
        Some(good.answered - instant)
    }

    /// Whether a question after `instant` was answered with `status`.
    pub(crate) fn has(&self, status: u16, instant: Instant) -> bool {
        self.all().iter().any(|sample| sample.asked >= instant && sample.status == status)
    }

    /// The longest time between two good answers.
    pub(crate) fn longest_outage(&self) -> Duration {
        let good: Vec<Instant> =
            self.all().iter().filter(|sample| sample.status == 200).map(|sample| sample.answered).collect();
        good.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    /// The longest time that an answer took; what was not answered counts too.
    pub(crate) fn slowest(&self) -> Duration {
        self.all().iter().map(|sample| sample.answered - sample.asked).max().unwrap_or_default()
    }
}

/// Reads as a client of `dialect` does, until it is stopped.
pub(crate) fn read(dialect: &dyn Dialect, bases: &[String], stop: &AtomicBool, samples: &Samples) {
    let mut connection = Connection::bounded(bases, 0, Duration::from_secs(30));
    let mut token = None;
    while !stop.load(Ordering::SeqCst) {
        let asked = Instant::now();
        let answer = match token.clone().map_or_else(|| dialect.sign_in(&mut connection), Ok) {
            Err(answer) => answer,
            Ok(valid) => {
                token = Some(valid.clone());
                connection.send(&dialect.probe().header("Authorization", valid))
            }
        };
        let status = answer.status();
        if answer.is_unauthorized() {
            token = None;
        } else if status != 200 {
            connection.next_gateway();
        }
        samples.push(Sample { asked, answered: Instant::now(), status });
        pause(READS.saturating_sub(asked.elapsed()));
    }
}

/// Asks the first gateway whether it is ready, until it is stopped.
pub(crate) fn ready(base: &str, stop: &AtomicBool, samples: &Samples) {
    let mut connection = Connection::bounded(&[base.to_owned()], 0, Duration::from_secs(20));
    let request = Request::new("GET", "/readyz", None);
    while !stop.load(Ordering::SeqCst) {
        let asked = Instant::now();
        let status = connection.send(&request).status();
        samples.push(Sample { asked, answered: Instant::now(), status });
        pause(READY.saturating_sub(asked.elapsed()));
    }
}
