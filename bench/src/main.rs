//! `just bench`: what Roster's work costs, beside a bound measured in the same run.
//!
//! A figure alone says what the machine is; a ratio says what the program is. So every row is a
//! ratio, and it has the target that the project gave itself.

mod bare;
mod creates;
mod gateway;
mod growth;
mod house;
mod import;
mod iot_roles;
mod measure;
mod reads;
mod subjects;
mod table;
mod tenant_ciam;
mod uploads;
mod wrk;

use std::process::ExitCode;

use clap::Parser;

use crate::measure::Effort;
use crate::table::Table;

/// Measures Roster and prints a table.
#[derive(Parser)]
struct Arguments {
    /// Measure less: enough to see that everything runs, too little to believe the ratios.
    #[arg(long)]
    short: bool,
    /// Only the sections whose names contain this: reads, postgres, creates, growth, import, uploads,
    /// tenant-ciam, iot-roles.
    section: Option<String>,
}

/// Fails on errors alone: a missed target is for a reader to judge, since machines differ.
fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == bare::ARGUMENT) {
        let body = arguments.next().expect("a file with the body");
        return match actix_web::rt::System::new().block_on(bare::serve(body.as_ref())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let arguments = Arguments::parse();
    let effort = if arguments.short { Effort::Short } else { Effort::Full };
    let wanted = |name: &str| arguments.section.as_ref().is_none_or(|section| name.contains(section));
    let mut table = Table::default();
    if wanted("reads") {
        reads::on_sqlite(effort, &mut table);
    }
    if wanted("postgres") {
        reads::on_postgres(effort, &mut table);
    }
    if wanted("creates") {
        creates::run(effort, &mut table);
    }
    if wanted("growth") {
        growth::run(effort, &mut table);
    }
    if wanted("import") {
        import::run(effort, &mut table);
    }
    if wanted("uploads") {
        uploads::run(&mut table);
    }
    if wanted("tenant-ciam") {
        futures_lite::future::block_on(tenant_ciam::creates(effort, &mut table));
    }
    if wanted("iot-roles") {
        futures_lite::future::block_on(iot_roles::trees(effort, &mut table));
    }
    table.print();
    ExitCode::SUCCESS
}
