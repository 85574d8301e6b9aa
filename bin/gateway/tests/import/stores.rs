use std::process::Command;

use roster_testkit::{TestDatabase, block_on};

fn roster(arguments: &[&str], url: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
    let output = command.args(arguments).env("DATABASE_URL", url).output().unwrap();
    crate::house::told(&output)
}

/// The next start would begin it from nothing, and all that was put in would be gone.
#[test]
fn a_store_that_no_gateway_has_begun_to_its_end_takes_no_users() {
    for database in TestDatabase::each() {
        let db = database.open(roster_migrations::ALL);
        block_on(db.set_mark("begun", "beginning")).unwrap();
        let url = crate::house::url_of(database.url());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.jsonl");
        std::fs::write(&file, "{\"user_id\":1,\"name\":\"x\",\"avatar\":\"AAAA\"}\n").unwrap();
        let file = file.display().to_string();
        for arguments in
            [&["import", "device-users", &file][..], &["export", "device-users", "--format", "csv"]]
        {
            let (good, said) = roster(arguments, &url);
            assert!(!good && said.contains("roster serve"), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn no_store_is_made_by_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("typo.sqlite");
    let url = format!("sqlite:{}", store.display());
    for arguments in
        [&["import", "device-users", "x.jsonl"][..], &["export", "device-users", "--format", "csv"]]
    {
        let (good, said) = roster(arguments, &url);
        assert!(!good && said.contains("there is no store"), "{arguments:?}: {said}");
    }
    assert!(!store.exists());
}

/// Each of these has cost somebody a store.
#[test]
fn no_output_goes_over_the_store_itself() {
    let house = crate::house::House::on(TestDatabase::sqlite());
    let store = house.url().trim_start_matches("sqlite:").to_owned();
    let lines = house.file("users.jsonl", "{\"user_id\":1,\"name\":\"x\",\"avatar\":\"AAAA\"}\n");
    for arguments in [
        &["backup", "-o", &store][..],
        &["export", "device-users", "--format", "csv", "-o", &store],
        &["import", "device-users", &lines, "--errors", &store],
        &["backup", "-o", "/dev/null"],
    ] {
        let (good, said) = roster(arguments, &house.url());
        assert!(!good && said.contains("write elsewhere"), "{arguments:?}: {said}");
    }
    assert!(std::fs::read(&store).unwrap().starts_with(b"SQLite format 3"));
}

#[test]
fn a_tenant_that_is_not_there_is_told_before_anything_is_written() {
    let house = crate::house::House::on(TestDatabase::sqlite());
    let lines = house.file("users.jsonl", "{}\n");
    let csv = house.path("out.csv").display().to_string();
    for arguments in [
        &["import", "tenant-ciam", &lines, "--tenant", "nosuch"][..],
        &["export", "tenant-ciam", "--tenant", "nosuch", "-o", &csv],
    ] {
        let (good, said) = roster(arguments, &house.url());
        assert!(!good && said.contains("--tenant nosuch: no such tenant"), "{arguments:?}: {said}");
    }
    assert!(!house.path("out.csv").exists());
}
