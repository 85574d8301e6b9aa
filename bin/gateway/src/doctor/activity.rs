//! What sessions of a PostgreSQL server wait for now, and whether its disk has room.

use roster_persistence::Backend;
use roster_persistence::{Activity, Db, Session};

use super::Report;

/// What waits for less is everyday business, in seconds.
const LONG: i64 = 5;

/// A transaction that does nothing for so long keeps rows from being cleaned up, in seconds.
const IDLE: i64 = 60;

pub(super) async fn check(report: &mut Report, db: &Db) {
    if db.backend() != Backend::Postgres {
        return;
    }
    match db.activity().await {
        Ok(activity) => judge(report, &activity),
        Err(error) => report.warning(
            "waits",
            format!("pg_stat_activity cannot be read: {error}"),
            "see what the database says above",
        ),
    }
}

fn judge(report: &mut Report, activity: &Activity) {
    match &activity.temporary {
        Some(error) => report.error(
            "disk",
            format!("the server cannot write a temporary file: {error}"),
            "make room on the server's disk (see its log); gateways then serve by themselves",
        ),
        None => report.ok("disk", "the server can write temporary files"),
    }
    let before = report.findings.len();
    for session in late(&activity.commits, LONG) {
        report.error(
            "waits",
            format!("the commit of {} waits for a synchronous standby", describe(session)),
            "bring a standby back, or take it out of synchronous_standby_names; reads go on until then",
        );
    }
    for session in late(&activity.blocked, LONG) {
        report.warning(
            "waits",
            format!("{} waits for a lock of {}", describe(session), session.holders),
            "look at the holder in pg_stat_activity; `SELECT pg_terminate_backend(pid)` ends it",
        );
    }
    for session in late(&activity.idle, IDLE) {
        report.warning(
            "waits",
            format!("{} holds a transaction open and does nothing", describe(session)),
            "end it with `SELECT pg_terminate_backend(pid)`, unless a backup or an import runs there",
        );
    }
    if report.findings.len() == before {
        report.ok("waits", "no session waits for long");
    }
}

fn late(sessions: &[Session], limit: i64) -> impl Iterator<Item = &Session> {
    sessions.iter().filter(move |session| session.seconds >= limit)
}

fn describe(session: &Session) -> String {
    format!("session {} ({:?}, for {} s)", session.pid, session.application, session.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    fn levels(activity: &Activity) -> Vec<(&'static str, Level)> {
        let mut report = Report::default();
        judge(&mut report, activity);
        report.findings.iter().map(|finding| (finding.check, finding.level)).collect()
    }

    #[test]
    fn long_waits_and_a_full_disk_are_reported() {
        let session =
            |seconds| vec![Session { pid: 7, application: "roster".into(), seconds, holders: "8, 9".into() }];
        let none = Activity::default;
        let fine = vec![("disk", Level::Ok), ("waits", Level::Ok)];
        assert_eq!(levels(&none()), fine);
        assert_eq!(levels(&Activity { blocked: session(4), idle: session(59), ..none() }), fine);
        let all = Activity {
            blocked: session(5),
            commits: session(5),
            idle: session(60),
            temporary: Some("no space left".into()),
        };
        let found = levels(&all);
        assert_eq!(
            found,
            [
                ("disk", Level::Error),
                ("waits", Level::Error),
                ("waits", Level::Warning),
                ("waits", Level::Warning)
            ]
        );
    }
}
