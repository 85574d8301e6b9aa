//! Reading and judging, ahead of the writer and on a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use roster_kernel::{Fault, ReplyContext};

use super::Target;
use super::read::{Record, Records, Unreadable};
use super::report::Refusal;

/// A batch ends when its lines have this many bytes: pictures have megabytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Lines that are written together.
pub(super) struct Batch<D> {
    /// Each with its number.
    pub(super) lines: Vec<(u64, Result<D, Refusal>)>,
    /// How much of the input has been read with them.
    pub(super) position: u64,
}

/// Batches as they come; and how many lines the next ones are to have.
pub(super) struct Judged<D> {
    pub(super) batches: Receiver<io::Result<Batch<D>>>,
    pub(super) size: Arc<AtomicUsize>,
}

impl<D: Send + 'static> Judged<D> {
    /// Begins to read `records` and to judge them by `target`, at most one batch ahead.
    pub(super) fn begin<T: Target<Draft = D>>(
        target: Arc<T>,
        records: Box<dyn Records>,
        bytes: Arc<AtomicU64>,
        context: ReplyContext,
        size: usize,
    ) -> io::Result<Self> {
        let (sender, batches) = sync_channel(1);
        let size = Arc::new(AtomicUsize::new(size));
        let reader = Reader { target, records, bytes, context, size: size.clone() };
        std::thread::Builder::new().name("import".into()).spawn(move || reader.run(&sender))?;
        Ok(Self { batches, size })
    }
}

struct Reader<T> {
    target: Arc<T>,
    records: Box<dyn Records>,
    bytes: Arc<AtomicU64>,
    context: ReplyContext,
    size: Arc<AtomicUsize>,
}

impl<T: Target> Reader<T> {
    fn run(mut self, sender: &SyncSender<io::Result<Batch<T::Draft>>>) {
        loop {
            let batch = self.batch();
            let last = batch.as_ref().map_or(true, |batch| batch.lines.is_empty());
            // Nobody listens any more: there is nothing left to do.
            if sender.send(batch).is_err() || last {
                return;
            }
        }
    }

    /// The next batch; an empty one is the end.
    fn batch(&mut self) -> io::Result<Batch<T::Draft>> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while lines.len() < self.size.load(Ordering::Relaxed).max(1) && bytes < BATCH_BYTES {
            let Some(Record { line, body }) = self.records.next()? else { break };
            bytes += body.as_ref().map_or(0, Vec::len);
            lines.push((line, self.judge(body)));
        }
        Ok(Batch { lines, position: self.bytes.load(Ordering::Relaxed) })
    }

    fn judge(&self, body: Result<Vec<u8>, Unreadable>) -> Result<T::Draft, Refusal> {
        let judged = match body {
            Ok(body) => self.target.judge(&body),
            Err(Unreadable::TooLong) => Err(Fault::TooLarge { limit: self.target.limit() }.into()),
            Err(Unreadable::Misfit(text)) => return Err(Refusal::plain(text)),
        };
        judged.map_err(|error| Refusal::of(&error, &self.context))
    }
}
