//! An import, beside `sqlite3` that inserts the same rows from a script.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::gateway::{self, Gateway, sqlite};
use crate::measure::Effort;
use crate::table::{Figure, Table, Target};

/// Ids of device users end before a million (D2).
const MANY: usize = 999_000;

/// What an import of device users writes to, its journal included.
const TABLES: [&str; 5] =
    ["device_users", "device_user_pictures", "device_group_members", "store_journal", "store_journal_values"];

/// Device users with a group and a small picture each.
pub(crate) fn run(effort: Effort, table: &mut Table) {
    let users = if effort == Effort::Full { MANY } else { MANY / 50 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let (imported, inserted) = (at("imported.sqlite"), at("inserted.sqlite"));
    drop(Gateway::start(&sqlite(&imported)));
    begun_alike(&imported, &inserted);
    write_users(&at("users.jsonl"), users).expect("a file of users");

    let mut import = Command::new(gateway::binary());
    import.args(["import", "device-users"]).arg(at("users.jsonl"));
    import.args(["--database-url", &sqlite(&imported)]);
    let took = timed(import.stderr(Stdio::null()));

    write_script(&imported, &at("script.sql"));
    let script = File::open(at("script.sql")).expect("a script");
    let bound = timed(Command::new("sqlite3").arg(&inserted).stdin(script));

    let rate = |took: Duration| Figure::Rate(users as f64 / took.as_secs_f64());
    let work = format!("import of {users} device users, beside sqlite3");
    table.row(&work, rate(took), rate(bound), Target::AtLeast(0.4));
}

/// The same store as it was before the import, so that both fill the same indexes.
fn begun_alike(store: &Path, copy: &Path) {
    let copied = Command::new("sqlite3").arg(store).arg(format!("VACUUM INTO '{}'", copy.display())).status();
    assert!(copied.expect("sqlite3 is installed").success(), "sqlite3 copies the store");
}

fn write_users(path: &Path, users: usize) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for id in 1..=users {
        writeln!(
            file,
            r#"{{"user_id":{id},"name":"user {id}","ic_number":"ic{id}","groups":[1],"avatar":"/9j/2wBDAAgGBgcGBQgHBwcJ"}}"#
        )?;
    }
    file.flush()
}

/// One transaction with every row that the import wrote, as durable as the import was.
fn write_script(imported: &Path, script: &Path) {
    let mut file = File::create(script).expect("a script");
    file.write_all(b"PRAGMA synchronous = FULL;\nPRAGMA foreign_keys = ON;\nBEGIN;\n").expect("written");
    for name in TABLES {
        let mut dump =
            Command::new("sqlite3").arg(imported).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let dump = dump.as_mut().expect("sqlite3 is installed");
        let mut input = dump.stdin.take().expect("its input");
        // What was there before the import is in the copy already.
        let select = format!(
            ".mode insert {name}\nSELECT * FROM {name}{};\n",
            if name.starts_with("store_journal") {
                OF_THE_IMPORT.replace("KEY", key(name))
            } else {
                String::new()
            }
        );
        input.write_all(select.as_bytes()).expect("asked");
        drop(input);
        std::io::copy(&mut dump.stdout.take().expect("its output"), &mut file).expect("written");
        assert!(dump.wait().expect("it ends").success(), "sqlite3 dumps {name}");
    }
    file.write_all(b"COMMIT;\n").expect("written");
}

const OF_THE_IMPORT: &str = " WHERE KEY IN (SELECT id FROM store_journal WHERE principal = 'cli:import')";

fn key(table: &str) -> &'static str {
    if table == "store_journal" { "id" } else { "entry_id" }
}

fn timed(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("it starts");
    assert!(status.success(), "{command:?}: {status}");
    begun.elapsed()
}
