use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use async_lock::{Semaphore, SemaphoreGuardArc};
use futures_timer::Delay;

use crate::ports::PortError;

/// How many may be inside a [`Gate`], and how long one waits outside.
#[derive(Debug, Clone, Copy)]
pub struct GateSettings {
    /// What stands behind it, for its figures: `roster_gate_wait_seconds` (how long callers waited
    /// outside) and `roster_gate_refused_total`, each with the label `gate`.
    pub name: &'static str,
    /// How many pieces of work run at a time; at least 1.
    pub permits: usize,
    /// How long a caller waits for a permit before he is told to come again.
    pub patience: Duration,
}

/// The right to be inside a [`Gate`].
#[derive(Debug)]
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] SemaphoreGuardArc);

/// A bounded door in front of blocking work. The permit is taken **before** a thread is, so a
/// crowd waits as cheap futures, not as threads; and it is held until the work is done, also when
/// the caller has gone.
#[derive(Debug, Clone)]
pub struct Gate {
    name: &'static str,
    semaphore: Arc<Semaphore>,
    patience: Duration,
}

impl Gate {
    /// A gate with these settings.
    pub fn new(settings: GateSettings) -> Self {
        let GateSettings { name, permits, patience } = settings;
        Self { name, semaphore: Arc::new(Semaphore::new(permits.max(1))), patience }
    }

    /// Runs `work` on a thread of its own when a permit is free.
    ///
    /// # Errors
    /// [`PortError::Busy`] if none became free in time; then `work` was not begun.
    pub async fn run<T, F>(&self, work: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let permit = self.enter().await?;
        Ok(blocking::unblock(move || {
            let result = work();
            drop(permit);
            result
        })
        .await)
    }

    /// Waits for a permit, which is given back when it is dropped.
    ///
    /// # Errors
    /// [`PortError::Busy`] if none became free in time.
    pub async fn enter(&self) -> Result<Permit, PortError> {
        let begun = Instant::now();
        let entered = self.wait().await;
        match &entered {
            Ok(_) => {
                let waited = metrics::histogram!("roster_gate_wait_seconds", "gate" => self.name);
                waited.record(begun.elapsed());
            }
            Err(_) => metrics::counter!("roster_gate_refused_total", "gate" => self.name).increment(1),
        }
        entered
    }

    /// A permit, if one is free at once.
    pub fn try_enter(&self) -> Option<Permit> {
        let permit = self.semaphore.try_acquire_arc()?;
        metrics::histogram!("roster_gate_wait_seconds", "gate" => self.name).record(0.0);
        Some(Permit(permit))
    }

    async fn wait(&self) -> Result<Permit, PortError> {
        if let Some(permit) = self.semaphore.try_acquire_arc() {
            return Ok(Permit(permit));
        }
        let mut acquire = pin!(self.semaphore.acquire_arc());
        let mut delay = pin!(Delay::new(self.patience));
        std::future::poll_fn(|cx| {
            if let Poll::Ready(permit) = acquire.as_mut().poll(cx) {
                return Poll::Ready(Ok(Permit(permit)));
            }
            delay.as_mut().poll(cx).map(|()| Err(PortError::busy()))
        })
        .await
    }
}
