//! Commands that neither make a store nor change its tables.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use roster_persistence::DatabaseUrl;
use roster_testkit::{TestDatabase, TestGateway};

use super::{names, printed, refused, roster, url_of};

/// Every command that wants a store that was begun.
const COMMANDS: [&str; 26] = [
    "operator create ada",
    "operator list",
    "operator revoke ada",
    "key create 1 note",
    "key list 1",
    "key revoke 1 note",
    "device-account create gate",
    "device-account list",
    "device-account disable gate",
    "device-account enable gate",
    "device-account delete gate",
    "tenant create acme",
    "tenant list",
    "tenant delete acme",
    "client create acme",
    "client list acme",
    "client rotate acme shop",
    "client revoke acme shop",
    "signing-keys rotate",
    "backup",
    "backup -o -",
    "export device-users -o users.csv",
    "export tenant-ciam --tenant acme --format jsonl",
    "import device-users empty.jsonl",
    "import device-users empty.jsonl --dry-run",
    "sweep",
];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn execute(database: &TestDatabase, sql: &str) {
    match database.url() {
        DatabaseUrl::Sqlite(path) => {
            SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
        }
        DatabaseUrl::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(sql).unwrap(),
    }
}

/// The tables and the rows of the journal, as far as there is one.
fn shape(database: &TestDatabase) -> Vec<i64> {
    let counts = ["SELECT count(*) AS n FROM store_marks", "SELECT count(*) AS n FROM auth_tokens"];
    match database.url() {
        DatabaseUrl::Sqlite(path) if !path.is_file() => Vec::new(),
        DatabaseUrl::Sqlite(path) => {
            let conn = &mut SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            let tables = "SELECT count(*) AS n FROM sqlite_master";
            let all = [tables].into_iter().chain(counts);
            all.filter_map(|sql| sql_query(sql).get_result::<Count>(conn).ok()).map(|row| row.n).collect()
        }
        DatabaseUrl::Postgres(url) => {
            let conn = &mut PgConnection::establish(url).unwrap();
            let tables = "SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = 'public'";
            let all = [tables].into_iter().chain(counts);
            all.filter_map(|sql| sql_query(sql).get_result::<Count>(conn).ok()).map(|row| row.n).collect()
        }
    }
}

/// Every command refuses the store, says `why`, and changes nothing.
#[track_caller]
fn all_refuse(database: &TestDatabase, why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("empty.jsonl"), "").unwrap();
    let before = (shape(database), beside(database));
    for command in COMMANDS {
        let output =
            roster(folder).args(command.split(' ')).args(["--database-url", &url_of(database)]).output();
        let told = refused(&output.unwrap());
        assert!(told.contains(why) && told.contains("`roster "), "{command}: {told}");
        assert_eq!((shape(database), beside(database)), before, "{command}");
    }
    assert_eq!(names(folder), ["empty.jsonl"], "and writes nothing");
}

/// The files beside a SQLite store, but for its log, which comes and goes with connections.
fn beside(database: &TestDatabase) -> Vec<String> {
    let DatabaseUrl::Sqlite(path) = database.url() else { return Vec::new() };
    let all = names(path.parent().unwrap_or(Path::new(".")));
    all.into_iter().filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm")).collect()
}

#[test]
fn there_is_no_store() {
    let database = TestDatabase::sqlite();
    all_refuse(&database, "there is no store at sqlite:");
    let checked =
        roster(Path::new("/")).args(["migrate", "--check", "--database-url", &url_of(&database)]).output();
    assert!(refused(&checked.unwrap()).contains("migrations are pending"));
    assert_eq!(beside(&database), [""; 0], "a check makes no file");
}

#[test]
fn the_database_is_empty_or_of_another_program() {
    for database in TestDatabase::each() {
        execute(&database, "CREATE TABLE guests (name TEXT)");
        all_refuse(&database, "the database has none of Roster's tables");
        // Another program may have migrations of its own.
        execute(
            &database,
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); \
             INSERT INTO __diesel_schema_migrations (version) VALUES ('20200101000000')",
        );
        all_refuse(&database, "the database has none of Roster's tables");
        let url = url_of(&database);
        let checked =
            roster(Path::new("/")).args(["migrate", "--check", "--database-url", &url]).output().unwrap();
        assert!(refused(&checked).contains("20200101000000"));
        assert!(shape(&database)[0] < 5, "{:?}", shape(&database));
    }
}

#[test]
fn the_store_was_not_begun_or_its_migrations_are_pending() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        printed(&roster(Path::new("/")).args(["migrate", "--database-url", &url]).output().unwrap());
        all_refuse(&database, "no gateway has begun the store");
        execute(&database, "INSERT INTO store_marks (name, value, at_ms) VALUES ('begun', 'beginning', 0)");
        all_refuse(&database, "no gateway has begun the store");
        execute(&database, "UPDATE store_marks SET value = 'serve' WHERE name = 'begun'");
        execute(&database, "DELETE FROM __diesel_schema_migrations WHERE version = '20261122163000'");
        all_refuse(&database, "1 migrations are pending");
        let checked =
            roster(Path::new("/")).args(["migrate", "--check", "--database-url", &url]).output().unwrap();
        assert_eq!(String::from_utf8(checked.stdout).unwrap(), "iot-roles 20261122163000\n");
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        printed(&roster(Path::new("/")).args(["migrate", "--database-url", &url]).output().unwrap());
        execute(&database, "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231235959')");
        let listed =
            roster(Path::new("/")).args(["key", "list", "1", "--database-url", &url]).output().unwrap();
        let told = refused(&listed);
        assert!(told.contains("newer version") && told.contains("20991231235959"), "{told}");
    }
}

#[test]
fn reading_commands_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |_| {});
        let url = url_of(gateway.database());
        if let DatabaseUrl::Postgres(url) = gateway.database().url() {
            // The database itself refuses whatever these would write.
            let sql = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
                       current_database()); END $$";
            PgConnection::establish(url).unwrap().batch_execute(sql).unwrap();
        }
        for command in [
            "operator list",
            "key list demo/admin",
            "device-account list",
            "tenant list",
            "client list demo",
            "backup -o kept.backup",
            "export device-users -o users.csv",
            "migrate --check",
        ] {
            let before = shape(gateway.database());
            let arguments = command.split(' ').chain(["--database-url", &url]);
            printed(&roster(folder.path()).args(arguments).output().unwrap());
            assert_eq!(shape(gateway.database()), before, "{command}");
        }
    }
}
