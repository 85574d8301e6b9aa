//! An import from its first line to its last.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use roster_kernel::{IfExists, Imported, IntoWire as _, ReplyContext};

use super::Target;
use super::judged::{Batch, Judged};
use super::progress::Progress;
use super::read::Records;
use super::report::{Refusal, Report};

/// A batch is to be written within this time, so that other writers of the store wait no longer;
/// what takes longer makes the next ones smaller.
const BATCH_TIME: Duration = Duration::from_millis(200);

/// Somebody else who waits for SQLite's lock looks for it every 100 ms, and gives up after 5 s: a gap that
/// is longer lets him in surely, whenever he came.
const GAP: Duration = Duration::from_millis(110);

/// After so much writing there is a gap.
const GAP_EVERY: Duration = Duration::from_secs(1);

/// How often a batch is tried while the store is busy. Each time it waits for seconds itself.
const TRIES: usize = 12;

/// What came of all lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Lines that are no empty ones.
    pub(crate) lines: u64,
    /// New users.
    pub(crate) created: u64,
    /// Users who are as the line says now.
    pub(crate) replaced: u64,
    /// Users who were already as the line says.
    pub(crate) unchanged: u64,
    /// Users who were there, however they are.
    pub(crate) skipped: u64,
    /// Lines that were refused.
    pub(crate) refused: u64,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { lines, created, replaced, unchanged, skipped, refused } = self;
        write!(f, "{lines} lines: {created} created, {replaced} replaced, {unchanged} unchanged, ")?;
        write!(f, "{skipped} skipped, {refused} refused")
    }
}

/// How it is to be done.
pub(crate) struct Settings {
    /// What to do about users who are there.
    pub(crate) if_exists: IfExists,
    /// The most lines of one transaction.
    pub(crate) batch: usize,
    /// Whether to leave other writers of the store a gap between two batches.
    pub(crate) yields: bool,
    /// Now, in milliseconds since the epoch.
    pub(crate) now_ms: i64,
}

/// What is read.
pub(crate) struct Source {
    /// Its records.
    pub(crate) records: Box<dyn Records>,
    /// How much of it has been read.
    pub(crate) bytes: Arc<AtomicU64>,
}

/// Imports all of `source`. Good lines go in, bad ones are told to `report`.
///
/// # Errors
/// If the source cannot be read or the store fails; what was written before stays.
pub(crate) async fn run<T: Target>(
    target: Arc<T>,
    source: Source,
    settings: &Settings,
    report: &mut Report,
    progress: &Progress,
) -> Result<Summary, Box<dyn std::error::Error>> {
    let path = target.path().to_owned();
    let context = ReplyContext { path, accept_language: None, x_l: None, now_ms: settings.now_ms };
    let judged =
        Judged::begin(target.clone(), source.records, source.bytes, context.clone(), settings.batch)?;
    let mut summary = Summary::default();
    let mut written = Duration::ZERO;
    loop {
        // Nobody else waits for this thread.
        let Batch { lines, position } = judged.batches.recv().map_err(io::Error::other)??;
        if lines.is_empty() {
            break;
        }
        summary.lines += lines.len() as u64;
        let (mut drafts, mut numbers, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
        for (line, judged) in lines {
            match judged {
                Ok(draft) => {
                    drafts.push(draft);
                    numbers.push(line);
                }
                Err(refusal) => refusals.push((line, refusal)),
            }
        }
        // SQLite's writers do not queue, they look again and again: gaps let them in.
        if settings.yields && written >= GAP_EVERY {
            written = Duration::ZERO;
            actix_web::rt::time::sleep(GAP).await;
        }
        let begun = Instant::now();
        let answers = if drafts.is_empty() { Vec::new() } else { write(&*target, drafts, settings).await? };
        let took = begun.elapsed();
        for (line, answer) in numbers.into_iter().zip(answers) {
            match answer {
                Ok(Imported::Created) => summary.created += 1,
                Ok(Imported::Replaced) => summary.replaced += 1,
                Ok(Imported::Unchanged) => summary.unchanged += 1,
                Ok(Imported::Skipped) => summary.skipped += 1,
                Err(error) => refusals.push((line, Refusal::of(&error, &context))),
            }
        }
        refusals.sort_by_key(|(line, _)| *line);
        summary.refused += refusals.len() as u64;
        for (line, refusal) in &refusals {
            report.tell(*line, refusal, |text| progress.say(text))?;
        }
        progress.at(position, summary.lines);
        let size = judged.size.load(Ordering::Relaxed);
        if took > BATCH_TIME {
            judged.size.store((size / 2).max(10), Ordering::Relaxed);
        } else if took < BATCH_TIME / 4 {
            judged.size.store((size * 2).min(settings.batch), Ordering::Relaxed);
        }
        written += took;
    }
    report.flush()?;
    Ok(summary)
}

/// Writes one batch. One that was lost to a busy store is written again: what of it is there by then
/// is found to be.
async fn write<T: Target>(
    target: &T,
    drafts: Vec<T::Draft>,
    settings: &Settings,
) -> Result<Vec<Result<Imported, T::Error>>, Box<dyn std::error::Error>> {
    let context =
        ReplyContext { path: String::new(), accept_language: None, x_l: None, now_ms: settings.now_ms };
    let mut tries = 0;
    loop {
        tries += 1;
        let imported = target.import(drafts.clone(), settings.if_exists).await;
        // The house's own failure is no line's fault, wherever it shows.
        let failed = match &imported {
            Err(error) => Some(error),
            Ok(answers) => {
                let mut errors = answers.iter().filter_map(|answer| answer.as_ref().err());
                errors.find(|error| error.to_wire(&context).status >= 500)
            }
        };
        let Some(error) = failed else { return imported.map_err(|error| error.to_string().into()) };
        if error.to_wire(&context).status != 503 || tries == TRIES {
            return Err(error.to_string().into());
        }
    }
}
