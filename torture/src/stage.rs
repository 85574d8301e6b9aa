//! What every disturbance needs: gateways on a store, clients that write, and the verification after each cycle.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::dialects::{self, Dialect};
use crate::gateway::{Gateway, Launch, logged_errors};
use crate::http::{Connection, Request};
use crate::probe::{self, Samples};
use crate::record::{Figures, Record, Row};
use crate::store::Store;
use crate::wait::until;

/// Clients of each dialect.
const CLIENTS: usize = 2;

/// How long gateways may take to be ready again before a cycle counts as failed.
const READY: Duration = Duration::from_secs(30);

/// What the command line asks for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The gateway's program.
    pub(crate) program: PathBuf,
    pub(crate) seed: u64,
    /// How often, where it was said.
    pub(crate) cycles: Option<usize>,
    /// Whether bounds are generous and times short.
    pub(crate) short: bool,
}

impl Options {
    /// A bound on this machine: five times as long in the short form, which runs beside other work.
    pub(crate) fn bound(&self, time: Duration) -> Duration {
        if self.short { time * 5 } else { time }
    }

    /// How many cycles: as asked, or the long or the short form's number.
    pub(crate) fn cycles(&self, long: usize, short: usize) -> usize {
        self.cycles.unwrap_or(if self.short { short } else { long })
    }
}

/// What was seen during a cycle.
pub(crate) struct Watch {
    /// Each dialect's reads.
    pub(crate) reads: Vec<(&'static dyn Dialect, Samples)>,
    /// Each gateway's `/readyz`.
    pub(crate) ready: Vec<Samples>,
}

/// Gateways on a store, and their clients.
pub(crate) struct Stage {
    pub(crate) options: Options,
    pub(crate) record: Record,
    pub(crate) gateways: Vec<Gateway>,
    pub(crate) launches: Vec<Launch>,
    pub(crate) rng: fastrand::Rng,
    name: String,
    store: Store,
    clients: Vec<Client>,
    total: Figures,
    cycle: usize,
    cycles: usize,
    log_ends: Vec<u64>,
    folder: tempfile::TempDir,
}

impl Stage {
    /// A stage for `cycles` cycles of the disturbance `name`, without a gateway yet.
    ///
    /// # Errors
    /// If there is no room for a temporary folder.
    pub(crate) fn new(options: &Options, name: &str, store: Store, cycles: usize) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("roster-torture-").tempdir();
        let kinds = dialects::ALL.len();
        let count = CLIENTS * kinds;
        let clients =
            (0..count).map(|number| Client::new(dialects::ALL[number % kinds], number, count, options.seed));
        Ok(Self {
            options: options.clone(),
            record: Record::default(),
            gateways: Vec::new(),
            launches: Vec::new(),
            rng: fastrand::Rng::with_seed(options.seed),
            name: name.to_owned(),
            store,
            clients: clients.collect(),
            total: Figures::default(),
            cycle: 0,
            cycles,
            log_ends: Vec::new(),
            folder: folder.map_err(|e| e.to_string())?,
        })
    }

    /// Starts one more gateway on `database_url`.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) fn launch(
        &mut self,
        database_url: &str,
        environment: &[(&str, String)],
    ) -> Result<(), String> {
        let launch = Launch {
            program: self.options.program.clone(),
            database_url: database_url.to_owned(),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            log: self.folder.path().join(format!("gateway{}.log", self.launches.len())),
        };
        self.gateways.push(Gateway::start(&launch)?);
        self.launches.push(launch);
        self.log_ends.push(0);
        Ok(())
    }

    /// Starts gateway `number` again, after it has ended, and returns how long it takes to listen.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) fn relaunch(&mut self, number: usize) -> Result<Duration, String> {
        let begun = Instant::now();
        self.gateways[number] = Gateway::start(&self.launches[number])?;
        Ok(begun.elapsed())
    }

    /// Begins a cycle: runs `work` while all clients write and are watched.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) fn under_load<T>(
        &mut self,
        work: impl FnOnce(&mut [Gateway], &Watch, &Record) -> Result<T, String>,
    ) -> Result<(T, Watch), String> {
        self.cycle += 1;
        let bases: Vec<String> = self.gateways.iter().map(|gateway| gateway.base.clone()).collect();
        let watch = Watch {
            reads: dialects::ALL.iter().map(|&dialect| (dialect, Samples::default())).collect(),
            ready: bases.iter().map(|_| Samples::default()).collect(),
        };
        let stop = AtomicBool::new(false);
        let (record, cycle) = (&self.record, self.cycle);
        let done = std::thread::scope(|scope| {
            let (stop, bases) = (&stop, bases.as_slice());
            for client in &mut self.clients {
                scope.spawn(move || client.write(bases, cycle, stop, record));
            }
            for (dialect, samples) in &watch.reads {
                scope.spawn(move || probe::read(*dialect, bases, stop, samples));
            }
            for (base, samples) in bases.iter().zip(&watch.ready) {
                scope.spawn(move || probe::ready(base, stop, samples));
            }
            let done = work(&mut self.gateways, &watch, record);
            stop.store(true, Ordering::SeqCst);
            done
        })?;
        self.record.count(|figures| {
            for (_, samples) in &watch.reads {
                figures.outage = figures.outage.max(samples.longest_outage());
                figures.internal_errors += samples.all().iter().filter(|sample| sample.status == 500).count();
            }
            let slowest = watch.ready.iter().map(Samples::slowest).max();
            figures.readyz = figures.readyz.max(slowest.unwrap_or_default());
        });
        Ok((done, watch))
    }

    /// Ends a cycle: waits until the gateways are ready, verifies everything, and prints the cycle's line with
    /// `note` at its end.
    ///
    /// # Errors
    /// If the gateways do not become ready, or the database cannot be asked.
    pub(crate) fn settle(&mut self, note: &str) -> Result<(), String> {
        let broken = self.record.broken_count();
        for gateway in &self.gateways {
            is_ready(&gateway.base, READY)?;
        }
        self.store.wait_until_quiet()?;
        let bases: Vec<String> = self.gateways.iter().map(|gateway| gateway.base.clone()).collect();
        let (record, is_last) = (&self.record, self.cycle == self.cycles);
        std::thread::scope(|scope| {
            let bases = bases.as_slice();
            for client in &mut self.clients {
                scope.spawn(move || {
                    client.verify(bases, record);
                    if is_last {
                        client.verify_gone(bases, record);
                    }
                });
            }
        });
        self.store.check(self.cycle, &self.clients, &self.record)?;
        for client in &mut self.clients {
            client.ledger.attempts.clear();
        }
        let mut logged = Vec::new();
        for (launch, end) in self.launches.iter().zip(&mut self.log_ends) {
            logged.extend(logged_errors(&launch.log, end));
        }
        if let Some(panic) = logged.iter().find(|line| line.contains("panicked")) {
            self.record.broken(format!("the gateway panicked: {panic}"));
        }
        let mut figures = self.record.take();
        figures.cycles = 1;
        if figures.internal_errors > 0 {
            self.record.broken(format!("{} answers were 500", figures.internal_errors));
        }
        if figures.internal_errors > 0 || self.record.broken_count() > broken {
            for line in logged.iter().take(20) {
                eprintln!("gateway: {line}");
            }
        }
        self.total.add(&figures);
        println!(
            "{} {}/{}: attempts {} acknowledged {} unknown {} verified {} lost {} 500s {} outage {:.2} s \
             readyz {:.2} s{note}",
            self.name,
            self.cycle,
            self.cycles,
            figures.attempts,
            figures.acknowledged,
            figures.unknown,
            figures.verified,
            figures.lost,
            figures.internal_errors,
            figures.outage.as_secs_f64(),
            figures.readyz.as_secs_f64(),
        );
        Ok(())
    }

    /// The row of the summary.
    pub(crate) fn finish(mut self) -> Row {
        self.total.add(&self.record.take());
        Row { name: self.name, figures: self.total, broken: self.record.broken_count(), skipped: None }
    }
}

/// Waits until the gateway at `base` is ready.
///
/// # Errors
/// If it is not within `bound`.
pub(crate) fn is_ready(base: &str, bound: Duration) -> Result<Duration, String> {
    let mut connection = Connection::bounded(&[base.to_owned()], 0, Duration::from_secs(5));
    let request = Request::new("GET", "/readyz", None);
    let ready = until("a ready gateway", bound, || (connection.send(&request).status() == 200).then_some(()));
    ready.map(|((), took)| took)
}
