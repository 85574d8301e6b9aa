//! The store: its version, how it was begun, and what its database says of itself.

use roster_persistence::{Db, Facts, PostgresFacts, SqliteFacts, lock_of};

use super::{Report, settings};
use crate::config::Config;
use crate::{front, missing, start};

/// How far the clocks of two machines may lie apart, in milliseconds, before tokens live noticeably
/// shorter or longer; and before they cannot be relied on.
const CLOCKS_APART: [i64; 2] = [2_000, 60_000];

/// The oldest PostgreSQL that its makers still mend.
const OLDEST_POSTGRES: i64 = 14;

/// Answers whether the tables are as this version knows them.
pub(super) async fn check(report: &mut Report, config: &Config, db: &Db) -> bool {
    // A damaged file may well refuse the rest.
    match db.facts().await {
        Ok(Facts::Sqlite(facts)) => sqlite(report, &facts),
        Ok(Facts::Postgres(facts)) => postgres(report, config, &facts, db.now_ms()),
        Err(error) => {
            let what = format!("{} cannot be read: {error}", db.url());
            // SQLite's words for a file or folder of somebody else.
            let is_closed = ["readonly", "unable to open"].iter().any(|words| what.contains(words));
            let mend = if is_closed {
                "run this as the user whom the store's file and folder belong to"
            } else {
                "restore the last backup into a new store: `roster restore FILE --database-url …`"
            };
            report.error("database", what, mend);
        }
    }
    migrations(report, config, db).await
}

async fn migrations(report: &mut Report, config: &Config, db: &Db) -> bool {
    let versions = match db.versions(roster_migrations::ALL).await {
        Ok(versions) => versions,
        Err(error) => {
            report.error(
                "migrations",
                format!("cannot be read: {error}"),
                "see what the database says above",
            );
            return false;
        }
    };
    if !versions.unknown.is_empty() {
        let what =
            format!("the store is of a newer version: {} are not known here", versions.unknown.join(", "));
        report.error("migrations", what, "run the version of Roster that migrated it, or a newer one");
        return false;
    }
    if versions.applied.is_empty() {
        let traces = missing::traces_without_tables(db).await.unwrap_or_default();
        if traces.is_empty() {
            report.warning("migrations", "the store has no tables yet", "`roster serve` makes them");
        } else {
            let what = format!("the store at {} is missing: {}", db.url(), traces.join(" and "));
            report.error(
                "store-missing",
                what,
                "bring the store back, or restore its backup: `roster restore`",
            );
        }
        return false;
    }
    if !versions.pending.is_empty() {
        let what = format!("{} are pending: {}", versions.pending.len(), versions.pending.join(", "));
        report.warning("migrations", what, "the next start runs them; take a backup first: `roster backup`");
        return false;
    }
    report.ok("migrations", format!("all {} have run", versions.applied.len()));
    begun(report, db).await;
    times(report, db).await;
    replaced(report, db).await;
    let mark = db.mark(front::UNTRUSTED_PROXY).await.ok().flatten();
    settings::untrusted_proxy(report, config, mark.as_deref(), db.now_ms());
    true
}

/// Whether a clock was ahead when something was written.
async fn times(report: &mut Report, db: &Db) {
    let ahead = match db.latest_entry_ms().await {
        Ok(latest) => latest.unwrap_or(0).saturating_sub(db.now_ms()),
        Err(error) => {
            let what = format!("the journal cannot be read: {error}");
            return report.error("times", what, "see what the database says above");
        }
    };
    if ahead < CLOCKS_APART[1] {
        return report.ok("times", "nothing was written in the future");
    }
    report.warning(
        "times",
        format!("the journal's latest entry lies {} s in the future: a clock was ahead", ahead / 1000),
        "keys and operators' tokens of that time end at the date that `roster key list` and `roster operator \
         list` show: make new ones and revoke them; change times stay until real time has passed them",
    );
}

async fn begun(report: &mut Report, db: &Db) {
    match db.mark(start::BEGUN).await.ok().flatten().as_deref() {
        Some("demo") => report.error(
            "demonstration",
            "the store holds the demonstration's well-known credentials",
            "serve from another one: set database_url; this one is for `roster serve --demo` alone",
        ),
        Some(start::BEGINNING) => report.warning(
            "demonstration",
            "the store's first start is going on, or was cut short",
            "start the gateway: it begins again from nothing",
        ),
        None => report.warning(
            "demonstration",
            "no gateway has begun the store",
            "`roster serve` makes the first credentials and shows them once",
        ),
        Some(_) => report.ok("demonstration", "none of its data is here"),
    }
}

/// Whether the gateways that hold the lock serve the store that is there.
async fn replaced(report: &mut Report, db: &Db) {
    let Some(lock) = lock_of(db.url()).filter(|lock| !lock.holders.is_empty()) else { return };
    let is_other = lock.store_id.is_some() && db.store_id().await.ok() != Some(lock.store_id.clone());
    if is_other {
        report.error(
            "store-replaced",
            format!("{}, but another store is in its place", lock.text()),
            "put the right file back, or restart the gateway to serve from the one that is there",
        );
    }
}

fn sqlite(report: &mut Report, facts: &SqliteFacts) {
    report.ok("database", format!("SQLite {}", facts.version));
    if facts.damage.is_empty() {
        report.ok("integrity", "the file is whole");
    } else {
        report.error(
            "integrity",
            format!("the file is damaged: {}", facts.damage.join("; ")),
            "stop the gateway, keep the file, and restore the last backup into a new one",
        );
    }
    if facts.orphaned.is_empty() {
        report.ok("foreign-keys", "every row belongs to one that is there");
    } else {
        report.error(
            "foreign-keys",
            format!("rows of {} belong to none that is there", facts.orphaned.join(", ")),
            "somebody else wrote into the file; restore the last backup, or take those rows out",
        );
    }
    if facts.journal_mode == "wal" {
        report.ok("journal-mode", "wal");
    } else {
        report.warning(
            "journal-mode",
            format!("{}: readers and the writer wait for each other", facts.journal_mode),
            "start the gateway, which sets wal; a network file system cannot have it: move the file",
        );
    }
}

fn postgres(report: &mut Report, config: &Config, facts: &PostgresFacts, now_ms: i64) {
    if facts.version_number / 10_000 < OLDEST_POSTGRES {
        let what = format!("PostgreSQL {} is no longer mended", facts.version);
        report.warning("database", what, format!("go to PostgreSQL {OLDEST_POSTGRES} or newer"));
    } else {
        report.ok("database", format!("PostgreSQL {}", facts.version));
    }
    if facts.encoding == "UTF8" {
        report.ok("encoding", "UTF8");
    } else {
        report.error(
            "encoding",
            format!("the database's encoding is {}: not every name fits into it", facts.encoding),
            "make a database with ENCODING 'UTF8' and bring the store there: `roster backup`, `roster restore`",
        );
    }
    if facts.off.is_empty() {
        report.ok("durability", "what is acknowledged survives a power cut");
    } else {
        report.warning(
            "durability",
            format!("{} off: a crash loses acknowledged writes, or the whole store", facts.off.join(" and ")),
            "set them on in postgresql.conf, for the database and for the role",
        );
    }
    connections(report, i64::from(config.database.pool_size), facts.connections);
    if facts.read_only {
        report.error(
            "writable",
            "the server refuses to write: a standby, or default_transaction_read_only is on",
            "point database_url at the primary",
        );
    } else {
        report.ok("writable", "the server takes writes");
    }
    let apart = (facts.now_ms - now_ms).abs();
    let what = format!("the server's clock and this machine's are {apart} ms apart");
    let mend = "let both be set by NTP";
    match apart {
        apart if apart >= CLOCKS_APART[1] => report.error("clock", what, mend),
        apart if apart >= CLOCKS_APART[0] => report.warning("clock", what, mend),
        _ => report.ok("clock", what),
    }
}

/// A gateway takes its pool and one more at its start; a second one has to fit for an upgrade.
fn connections(report: &mut Report, pool: i64, there: i64) {
    let what =
        format!("database.pool_size is {pool}, and the server takes {there} from this role and database");
    let mend = "raise max_connections or the role's and database's limit, or lower database.pool_size";
    if pool + 1 > there {
        report.error("connections", what, mend);
    } else if 2 * (pool + 1) > there {
        report.warning("connections", format!("{what}: a second gateway does not fit beside"), mend);
    } else {
        report.ok("connections", what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    /// A good server.
    fn server() -> PostgresFacts {
        PostgresFacts {
            version: "17.2".into(),
            version_number: 170_002,
            encoding: "UTF8".into(),
            off: Vec::new(),
            connections: 97,
            read_only: false,
            now_ms: 1_000_000,
        }
    }

    fn level(check: &str, change: impl FnOnce(&mut PostgresFacts)) -> Level {
        let (mut facts, mut report) = (server(), Report::default());
        change(&mut facts);
        postgres(&mut report, &Config::default(), &facts, 1_000_000);
        report.findings.iter().find(|finding| finding.check == check).expect("a check").level
    }

    #[test]
    fn what_a_server_may_have_wrong_is_told() {
        for check in ["database", "encoding", "durability", "connections", "writable", "clock"] {
            assert_eq!(level(check, |_| {}), Level::Ok, "{check}");
        }
        assert_eq!(level("database", |facts| facts.version_number = 130_020), Level::Warning);
        assert_eq!(level("encoding", |facts| facts.encoding = "LATIN1".into()), Level::Error);
        assert_eq!(level("clock", |facts| facts.now_ms += 2_000), Level::Warning);
        assert_eq!(level("clock", |facts| facts.now_ms -= 60_000), Level::Error);
        assert_eq!(level("connections", |facts| facts.connections = 10), Level::Error);
        assert_eq!(level("connections", |facts| facts.connections = 21), Level::Warning);
        assert_eq!(level("connections", |facts| facts.connections = 22), Level::Ok);
    }
}
