//! `just bench`: what Roster's work costs, beside a bound measured in the same run.
//!
//! A figure alone says what the machine is; a ratio says what the program is. So every row is a
//! ratio, and it has the target that the project gave itself.

mod house;
mod iot_roles;
mod measure;
mod table;
mod tenant_ciam;

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
    /// Only the sections whose names contain this.
    section: Option<String>,
}

/// Fails on errors alone: a missed target is for a reader to judge, since machines differ.
#[actix_web::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let effort = if arguments.short { Effort::Short } else { Effort::Full };
    let wanted = |name: &str| arguments.section.as_ref().is_none_or(|section| name.contains(section));
    let mut table = Table::default();
    if wanted("tenant-ciam") {
        tenant_ciam::creates(effort, &mut table).await;
    }
    if wanted("iot-roles") {
        iot_roles::trees(effort, &mut table).await;
    }
    table.print();
    ExitCode::SUCCESS
}
