//! A backup holds the whole store, either kind of database is restored from it, and what is not whole
//! is refused before anything is changed.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _, Write as _};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use roster_migrations::{ALL, PERSISTENCE};
use roster_persistence::archive::{ArchiveError, Summary, verify};
use roster_persistence::testing::{TestDatabase, block_on};
use roster_persistence::{AnyConn, Db, StoreError};
use sha2::{Digest as _, Sha256};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct UserId {
    #[diesel(sql_type = Integer)]
    user_id: i32,
}

fn count(db: &Db, from: &'static str) -> i64 {
    let sql = format!("SELECT count(*) AS n FROM {from}");
    block_on(db.read(move |conn| Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n))).unwrap()
}

fn add_user(db: &Db, name: &'static str) -> i32 {
    let insert = "INSERT INTO enterprise_users (enterprise_id, nick_name, is_active, password_hash, \
                  created_ms, updated_ms) VALUES ('e', $1, true, '', 1, 2) RETURNING user_id";
    let insert = move |conn: &mut AnyConn| {
        Ok(diesel::sql_query(insert).bind::<Text, _>(name).get_result::<UserId>(conn)?.user_id)
    };
    block_on(db.bookkeep(insert)).unwrap()
}

/// Rows of every kind: nothing, octets, the largest and smallest numbers, texts that JSON has to
/// escape, a child whose row comes before its parent's, and a number that was given and is gone.
fn fill(db: &Db) {
    let octets: Vec<u8> = (0..=255).collect();
    block_on(db.bookkeep(move |conn| {
        diesel::sql_query(
            "INSERT INTO auth_signing_keys (kid, realm, secret, created_ms) VALUES ('k', 'r', $1, $2)",
        )
        .bind::<Binary, _>(octets)
        .bind::<BigInt, _>(i64::MAX)
        .execute(conn)?;
        for (kid, secret) in [("empty", vec![]), ("one", vec![0_u8])] {
            diesel::sql_query(
                "INSERT INTO auth_signing_keys (kid, realm, secret, created_ms) VALUES ($1, 'r', $2, $3)",
            )
            .bind::<Text, _>(kid)
            .bind::<Binary, _>(secret)
            .bind::<BigInt, _>(i64::MIN + 1)
            .execute(conn)?;
        }
        for statement in [
            "INSERT INTO iot_domains (id, name) VALUES ('d', '共享 \"x\" \\ '' \u{1}')",
            "INSERT INTO iot_types (id, domain_id, name, definition, kind) VALUES ('t', 'd', '', '{}', 'site')",
            "INSERT INTO iot_objects (id, domain_id, location_id, type_id, name, attributes, kind) \
             VALUES ('z', 'd', 'd', 't', 'parent', '{}', 'site')",
            "INSERT INTO iot_objects (id, domain_id, parent_id, location_id, type_id, name, attributes, kind) \
             VALUES ('a', 'd', 'z', 'z', 't', 'child', '{\"n\":\"\\u0001\"}', 'site')",
            // Its row moves behind that of its child, where the database has a heap.
            "UPDATE iot_objects SET name = 'parent again' WHERE id = 'z'",
            "INSERT INTO device_users (user_id, name, user_type, is_admin, ic_number, id_number, job_number, \
             remark, guest_time_start_ms, guest_time_end_ms, created_ms, updated_ms) \
             VALUES (2147483647, '\u{1f600}', 1, true, '', '', '', '', 0, -1, 0, 0)",
            "INSERT INTO store_marks (name, value, at_ms) VALUES ('begun', 'serve', 7)",
        ] {
            diesel::sql_query(statement).execute(conn)?;
        }
        // More than one statement's worth, and a picture of the largest size.
        for n in 0..1_500 {
            diesel::sql_query("INSERT INTO iot_location_ancestors VALUES ('z', $1, $2)")
                .bind::<Text, _>(format!("descendant-{n}"))
                .bind::<Integer, _>(n)
                .execute(conn)?;
        }
        diesel::sql_query("INSERT INTO device_user_pictures (user_id, avatar) VALUES (2147483647, $1)")
            .bind::<Text, _>("/9j/2wCE".repeat(1_310_720))
            .execute(conn)?;
        Ok(())
    }))
    .unwrap();
    assert_eq!((add_user(db, "kept"), add_user(db, "gone")), (1, 2));
    let delete = "DELETE FROM enterprise_users WHERE nick_name = 'gone'";
    block_on(db.bookkeep(move |conn| Ok(diesel::sql_query(delete).execute(conn)?))).unwrap();
}

fn backup(db: &Db) -> (Vec<u8>, Summary) {
    let mut file = Vec::new();
    let summary = db.backup(ALL, &mut file).unwrap();
    (file, summary)
}

fn restore(db: &Db, file: &[u8]) -> Result<Summary, ArchiveError> {
    let lock = db.lock_start().unwrap();
    db.restore(&lock, ALL, Cursor::new(file))
}

/// The lines of a backup but for its first, which tells of the database, and its last, whose digest
/// goes with the order of the rows.
fn content(file: &[u8]) -> BTreeSet<String> {
    let text = lines(file);
    let (first, last) = (&text[0], text.last().unwrap());
    assert!(first.starts_with("{\"roster_backup\":1,") && last.starts_with("{\"end\":{\"rows\":{"));
    text[1..text.len() - 1].iter().cloned().collect()
}

fn lines(file: &[u8]) -> Vec<String> {
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A backup of these lines, whose last is right for them.
fn forged(lines: &[String]) -> Vec<u8> {
    let mut body: Vec<u8> = Vec::new();
    for line in &lines[..lines.len() - 1] {
        body.extend(line.as_bytes());
        body.push(b'\n');
    }
    let mut end: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    end["end"]["sha256"] = hex::encode(Sha256::digest(&body)).into();
    body.extend(format!("{end}\n").as_bytes());
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    file.write_all(&body).unwrap();
    file.finish().unwrap()
}

/// A database without tables.
fn bare(database: &TestDatabase) -> Db {
    database.open(&[])
}

#[test]
fn a_store_is_restored_into_either_kind_as_it_was() {
    for origin in TestDatabase::each() {
        let db = origin.open(ALL);
        fill(&db);
        let (file, summary) = backup(&db);
        assert_eq!(summary.rows["iot_location_ancestors"], 1_500);
        assert_eq!(verify(file.as_slice()).unwrap(), summary);
        for target in TestDatabase::each() {
            // Without tables, and with empty ones.
            let restored = if target.url().backend() == origin.url().backend() {
                bare(&target)
            } else {
                target.open(ALL)
            };
            assert_eq!(restore(&restored, &file).unwrap(), summary);
            let (again, _) = backup(&restored);
            assert!(content(&again) == content(&file), "{restored:?} from {db:?}");
            assert!(block_on(restored.pending(ALL)).unwrap().is_empty());
            assert_eq!(add_user(&restored, "next"), 3, "a number is never given twice");
            // Foreign keys hold again.
            let orphan = "INSERT INTO device_user_pictures (user_id, avatar) VALUES (5, '')";
            let refused =
                block_on(restored.bookkeep(move |conn| Ok(diesel::sql_query(orphan).execute(conn)?)));
            assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
        }
    }
}

#[test]
fn every_table_and_column_of_the_migrations_is_in_a_backup() {
    for database in TestDatabase::each() {
        let db = database.open(ALL);
        let columns = block_on(db.read(|conn| {
            let query = match conn {
                AnyConn::Sqlite(_) => {
                    "SELECT t.name || '.' || c.name AS name FROM pragma_table_list AS t \
                     JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main'"
                }
                AnyConn::Postgres(_) => {
                    "SELECT table_name || '.' || column_name AS name FROM information_schema.columns \
                     WHERE table_schema = 'public'"
                }
            };
            Ok(diesel::sql_query(query).load::<Name>(conn)?)
        }));
        // The versions of the migrations stand in the first line; the rest is the database's own.
        let own = |name: &String| {
            !name.starts_with("__diesel_schema_migrations")
                && !name.starts_with("sqlite_")
                // Counted anew by a restore.
                && !name.contains("_totals.")
        };
        let there: BTreeSet<String> = columns.unwrap().into_iter().map(|row| row.name).filter(own).collect();
        let (file, summary) = backup(&db);
        let mut kept = BTreeSet::new();
        for line in content(&file) {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            for column in line["columns"].as_array().unwrap() {
                kept.insert(format!("{}.{}", line["table"].as_str().unwrap(), column[0].as_str().unwrap()));
            }
        }
        assert_eq!(kept, there);
        assert!(summary.rows.len() > 30 && summary.total() == 0, "{summary:?}");
    }
}

#[test]
fn what_is_not_whole_is_refused_before_anything_is_changed() {
    for database in TestDatabase::each() {
        let origin = TestDatabase::sqlite();
        let db = origin.open(ALL);
        add_user(&db, "kept");
        let (file, _) = backup(&db);
        let target = bare(&database);
        let refused = |file: &[u8], why: &str| {
            let error = restore(&target, file).unwrap_err();
            assert!(matches!(error, ArchiveError::Damaged(_)), "{why}: {error}");
        };
        for length in (0..file.len()).step_by(97).chain([file.len() - 1]) {
            refused(&file[..length], &format!("cut at {length}"));
        }
        for at in (0..file.len()).step_by(89) {
            let mut file = file.clone();
            file[at] ^= 0x10;
            // Where gzip keeps the time, the name of a system, and what it does not look at.
            if (4..10).contains(&at) || at == 3 {
                continue;
            }
            refused(&file, &format!("a bit at {at}"));
        }
        refused(&[&file[..], b"x"].concat(), "something behind it");
        refused(b"not a backup", "text");

        // Lines that were taken out, added or changed, with a digest that fits.
        let whole = lines(&file);
        let user = whole.iter().position(|line| line.contains("\"kept\"")).unwrap();
        let mut taken = whole.clone();
        taken.remove(user);
        refused(&forged(&taken), "a row is missing");
        let mut twice = whole.clone();
        twice.insert(user, whole[user].clone());
        refused(&forged(&twice), "a row too many");
        let mut kind = whole.clone();
        kind[user] = kind[user].replacen("[1,", "[\"1\",", 1);
        refused(&forged(&kind), "a text for a number");
        let mut column = whole.clone();
        column[user - 1] = column[user - 1].replace("nick_name\"", "nick\"");
        refused(&forged(&column), "a column that no migration makes");
        assert_eq!(forged(&whole), file, "the forger does nothing else");
        assert_eq!(block_on(target.pending(ALL)).unwrap().len(), fresh_pending(), "no table was made");
    }
}

fn fresh_pending() -> usize {
    block_on(bare(&TestDatabase::sqlite()).pending(ALL)).unwrap().len()
}

#[test]
fn rows_that_belong_to_nobody_are_refused_with_all_the_others() {
    for database in TestDatabase::each() {
        let db = TestDatabase::sqlite();
        let db = db.open(ALL);
        fill(&db);
        let mut lines = lines(&backup(&db).0);
        let domain = lines.iter().position(|line| line.starts_with("[\"d\",\"共享")).unwrap();
        lines[domain] = lines[domain].replacen("\"d\"", "\"other\"", 1);
        let target = bare(&database);
        let error = restore(&target, &forged(&lines)).unwrap_err();
        assert!(error.to_string().contains("belong to none"), "{error}");
        assert_eq!(block_on(target.pending(ALL)).unwrap().len(), fresh_pending());
    }
}

#[test]
fn a_store_with_anybody_in_it_is_left_alone() {
    for database in TestDatabase::each() {
        let db = database.open(ALL);
        let (file, _) = backup(&db);
        add_user(&db, "somebody");
        let error = restore(&db, &file).unwrap_err();
        assert!(error.to_string().contains("enterprise_users has rows"), "{error}");
        assert_eq!(count(&db, "enterprise_users"), 1);
        assert!(block_on(db.pending(ALL)).unwrap().is_empty());
    }
}

#[test]
fn a_newer_versions_store_and_backup_are_refused_by_name() {
    for database in TestDatabase::each() {
        let db = database.open(ALL);
        let (file, _) = backup(&db);
        let mut lines = lines(&file);
        lines[0] = lines[0].replacen("\"migrations\":[", "\"migrations\":[\"29990101000000\",", 1);
        lines[0] = lines[0].replacen("\"roster\":\"", "\"roster\":\"9.", 1);
        let error = restore(&db, &forged(&lines)).unwrap_err().to_string();
        assert!(error.contains("29990101000000") && error.contains("Roster 9."), "{error}");
        lines[0] = lines[0].replacen("\"roster_backup\":1", "\"roster_backup\":2", 1);
        assert!(restore(&db, &forged(&lines)).unwrap_err().to_string().contains("format 2"));

        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
        block_on(db.bookkeep(move |conn| Ok(diesel::sql_query(newer).execute(conn)?))).unwrap();
        let error = db.backup(ALL, Vec::new()).unwrap_err().to_string();
        assert!(error.contains("29990101000000"), "{error}");
        assert!(restore(&db, &file).unwrap_err().to_string().contains("newer"));
    }
}

/// A backup that was taken before some of the migrations: here those of five sets.
#[test]
fn an_older_backup_is_brought_up_to_date() {
    for origin in TestDatabase::each() {
        let db = origin.open(&[PERSISTENCE]);
        let mark = "INSERT INTO store_marks (name, value, at_ms) VALUES ('old', 'v', 0)";
        block_on(db.bookkeep(move |conn| Ok(diesel::sql_query(mark).execute(conn)?))).unwrap();
        let (file, summary) = backup(&db);
        assert_eq!(summary.rows["store_marks"], 1);
        assert!(!summary.rows.contains_key("iot_users"));
        for target in TestDatabase::each() {
            let restored = target.open(ALL);
            restore(&restored, &file).unwrap();
            assert_eq!(count(&restored, "store_marks WHERE name = 'old'"), 1);
            assert_eq!(count(&restored, "iot_users"), 0);
            assert!(block_on(restored.pending(ALL)).unwrap().is_empty());
        }
    }
}

/// Writes nothing after so many octets.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(octets.len()).ok_or_else(|| std::io::Error::other("no space left"))?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_backup_that_cannot_be_written_or_of_nothing_fails() {
    for database in TestDatabase::each() {
        let db = bare(&database);
        assert!(db.backup(ALL, Vec::new()).unwrap_err().to_string().contains("there is no store"));
        let db = database.open(ALL);
        for room in [0, 500] {
            let error = db.backup(ALL, Full(room)).unwrap_err();
            assert!(matches!(error, ArchiveError::Io(_)), "{error}");
        }
    }
}
