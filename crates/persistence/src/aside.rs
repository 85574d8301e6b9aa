//! A store beside the pool: one connection, on which everything happens in one transaction, or
//! nothing is ever kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roster_kernel::{Gate, GateSettings, PortError};

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::identity::Identity;
use crate::writer::Verdict;

/// The connection of a [`Db`] of its own kind: see [`Db::whole`] and [`Db::rehearsal`].
#[derive(Clone)]
pub(crate) struct Aside {
    kind: Kind,
    conn: Arc<Mutex<Option<AnyConn>>>,
    identity: Arc<Identity>,
    /// Of several who want the connection the others wait here, not as threads.
    gate: Gate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Rehearsal,
}

/// The end of what [`Db::whole`] began. Dropping it gives up: nothing has happened.
pub struct Whole(Aside);

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Whole")
    }
}

impl Whole {
    /// Keeps all that was written. The store of [`Db::whole`] is of no use any more.
    ///
    /// # Errors
    /// If the database fails; then nothing was written.
    pub async fn commit(self) -> Result<(), PortError> {
        let aside = self.0.clone();
        let committed = self.0.gate.run(move || {
            let Some(mut conn) = aside.slot().take() else { return Ok(()) };
            conn.commit().map_err(StoreError::from)?;
            Ok(aside.identity.check()?)
        });
        let committed: Result<(), StoreError> = committed.await?;
        Ok(committed?)
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // A connection that goes takes its transaction with it.
        drop(self.0.slot().take());
    }
}

impl Db {
    /// The same store, but all that is read and written through it happens in **one** transaction,
    /// on a connection of its own: nothing is there for others before [`Whole::commit`], and after
    /// a crash nothing is. Each write is a savepoint, so that one that is refused leaves the others.
    /// On SQLite nobody else writes meanwhile, this store's own pool included.
    ///
    /// # Errors
    /// If there is no connection, or somebody else writes for too long. Blocks the thread meanwhile.
    pub fn whole(&self) -> Result<(Self, Whole), PortError> {
        let mut conn = self.dedicated()?;
        conn.begin_long_write().map_err(StoreError::from)?;
        let aside = Aside::new(Kind::Whole, conn, self.identity());
        Ok((self.beside(aside.clone()), Whole(aside)))
    }

    /// The same store, but no write is kept: each is done and taken back. What a write would be
    /// refused for it is refused for here, except for what an earlier one would have left.
    ///
    /// # Errors
    /// If there is no connection. Blocks the thread meanwhile.
    pub fn rehearsal(&self) -> Result<Self, PortError> {
        Ok(self.beside(Aside::new(Kind::Rehearsal, self.dedicated()?, self.identity())))
    }
}

impl Aside {
    fn new(kind: Kind, conn: AnyConn, identity: &Arc<Identity>) -> Self {
        let settings = GateSettings { name: "aside", permits: 1, patience: Duration::from_secs(60) };
        let conn = Arc::new(Mutex::new(Some(conn)));
        Self { kind, conn, identity: identity.clone(), gate: Gate::new(settings) }
    }

    fn slot(&self) -> MutexGuard<'_, Option<AnyConn>> {
        // What a panic left half done is in a transaction that is never committed.
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Db::read`].
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, StoreError> + Send + 'static,
    {
        let aside = self.clone();
        self.gate.run(move || work(aside.slot().as_mut().ok_or_else(ended)?)).await?
    }

    /// As the private `Db::transact`.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        let (aside, kind) = (self.clone(), self.kind);
        let written = self.gate.run(move || {
            let mut slot = aside.slot();
            let conn = slot.as_mut().ok_or_else(ended)?;
            match kind {
                Kind::Whole => conn.begin_savepoint()?,
                Kind::Rehearsal => conn.begin_long_write()?,
            }
            let result = work(conn);
            let kept = kind == Kind::Whole && matches!(result, Ok((_, Verdict::Keep)));
            if kept {
                conn.commit()?;
            } else {
                conn.rollback()?;
            }
            result.map(|(value, _)| value)
        });
        written.await?
    }
}

fn ended() -> StoreError {
    StoreError::Port(PortError::failed("the transaction has ended"))
}
