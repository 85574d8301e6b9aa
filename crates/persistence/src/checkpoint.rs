//! Who brings SQLite's log into its file while others write.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;

use crate::connection::AnyConn;
use crate::each_backend;
use crate::manager::Manager;

/// After so much time of writing there is something to bring. The log itself must not be asked: that
/// takes as long as bringing it.
const OFTEN: Duration = Duration::from_millis(100);

/// A thread that does what the writer would have to do itself when the log has grown to
/// `wal_autocheckpoint`. The writer still does, and begins the log anew; but most of it is in the file
/// by then, and nobody waited for that.
pub(crate) struct Checkpointer {
    /// Taken when the checkpointer goes, which ends its thread.
    wishes: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    written: Duration,
}

impl Checkpointer {
    /// Starts the thread, which opens its connection when there is something to do.
    pub(crate) fn start(manager: Manager) -> std::io::Result<Self> {
        let (wishes, wished) = sync_channel(1);
        let thread = std::thread::Builder::new().name("roster-wal".into()).spawn(move || {
            let mut conn = None;
            while wished.recv().is_ok() {
                if let Err(error) = checkpoint(&mut conn, &manager) {
                    tracing::debug!(error, "the log stays for the writer");
                    conn = None;
                }
            }
        })?;
        Ok(Self { wishes: Some(wishes), thread: Some(thread), written: Duration::ZERO })
    }

    /// Tells that a transaction took so long.
    pub(crate) fn wrote(&mut self, took: Duration) {
        self.written += took;
        if self.written >= OFTEN
            && let Some(wishes) = &self.wishes
        {
            self.written = Duration::ZERO;
            // One that is still at work has heard enough.
            let _ = wishes.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.wishes.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Brings what it can without making anybody wait.
fn checkpoint(conn: &mut Option<AnyConn>, manager: &Manager) -> Result<(), String> {
    let conn = match conn {
        Some(conn) => conn,
        none => none.insert(manager.connect_with(&manager.postgres).map_err(|error| error.to_string())?),
    };
    each_backend!(conn, |conn| conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)"))
        .map_err(|error| error.to_string())
}
