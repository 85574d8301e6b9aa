//! Commands that root runs on a store of the service's user.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Serving, names, printed, refused, with_cheap_hashing};

/// The service's user and group; any number but root's does.
const SERVICE: u32 = 65_534;

/// A folder of the service, and the binary where its user may run it.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    /// None, with a loud word, where the tests do not run as root.
    fn new(test: &str) -> Option<Self> {
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let store = root.path().join("store");
        std::fs::create_dir(&store).unwrap();
        std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o700)).unwrap();
        if chown(&store, Some(SERVICE), Some(SERVICE)).is_err() {
            eprintln!("SKIPPED: {test} needs to run as root");
            return None;
        }
        let binary = root.path().join("roster");
        if std::fs::hard_link(env!("CARGO_BIN_EXE_roster"), &binary).is_err() {
            std::fs::copy(env!("CARGO_BIN_EXE_roster"), &binary).unwrap();
        }
        Some(Self { root })
    }

    fn store(&self) -> PathBuf {
        self.root.path().join("store")
    }

    fn command(&self) -> Command {
        let mut command = with_cheap_hashing(Command::new(self.root.path().join("roster")), self.root.path());
        command.env("DATABASE_URL", "sqlite:store/roster.sqlite");
        command
    }

    fn by_root(&self, arguments: &str) -> Command {
        let mut command = self.command();
        command.args(arguments.split(' '));
        command
    }

    fn by_service(&self, arguments: &str) -> Command {
        let mut command = self.by_root(arguments);
        command.uid(SERVICE).gid(SERVICE);
        command
    }

    #[track_caller]
    fn all_of_the_service(&self, expected: &[&str]) {
        assert_eq!(names(&self.store()), expected);
        for name in names(&self.store()) {
            let metadata = std::fs::metadata(self.store().join(&name)).unwrap();
            assert_eq!((metadata.uid(), metadata.gid()), (SERVICE, SERVICE), "{name}");
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "{name} is for its owner alone");
        }
    }
}

const AT_REST: [&str; 3] = ["first-start.txt", "roster.sqlite", "roster.sqlite.lock"];

const IN_USE: [&str; 5] =
    ["first-start.txt", "roster.sqlite", "roster.sqlite-shm", "roster.sqlite-wal", "roster.sqlite.lock"];

#[test]
fn what_root_makes_belongs_to_the_owner_of_the_store() {
    let Some(machine) = Machine::new("what_root_makes_belongs_to_the_owner_of_the_store") else { return };
    printed(&machine.by_root("init").output().unwrap());
    machine.all_of_the_service(&AT_REST);
    // Root's command is the first to open the log, and keeps it open while it waits for its lines.
    let mut import = machine.by_root("import enterprise-users - --format jsonl");
    let mut import = import.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = import.stdin.take().unwrap();
    let serve = |machine: &Machine| Serving::start(machine.by_service("serve --listen 127.0.0.1:0"));
    let serving = serve(&machine);
    machine.all_of_the_service(&IN_USE);
    lines.write_all(b"{\"nick_name\":\"ada\",\"password\":\"lovelace\",\"enterprise_id\":\"e\"}\n").unwrap();
    drop(lines);
    let imported = import.wait_with_output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    // Both write to it.
    let token = printed(&machine.by_root("operator create ada").output().unwrap());
    assert_eq!(serving.status("/admin/v1/operators", &format!("Bearer {}", token.trim())), 200);
    let token = printed(&machine.by_service("operator create eve").output().unwrap());
    assert_eq!(serving.status("/admin/v1/operators", &format!("Bearer {}", token.trim())), 200);
    machine.all_of_the_service(&IN_USE);
    serving.end();
    printed(&machine.by_root("migrate").output().unwrap());
    machine.all_of_the_service(&AT_REST);
    serve(&machine).end();
}

#[test]
fn a_lock_that_an_earlier_version_left_as_roots_is_given_to_the_owner() {
    let Some(machine) = Machine::new("a_lock_that_an_earlier_version_left_as_roots_is_given_to_the_owner")
    else {
        return;
    };
    printed(&machine.by_service("init").output().unwrap());
    let lock = machine.store().join("roster.sqlite.lock");
    chown(&lock, Some(0), Some(0)).unwrap();
    std::fs::set_permissions(&lock, std::fs::Permissions::from_mode(0o644)).unwrap();
    printed(&machine.by_service("migrate").output().unwrap());
    printed(&machine.by_root("migrate").output().unwrap());
    assert_eq!(std::fs::metadata(&lock).unwrap().uid(), SERVICE);
}

#[test]
fn a_lock_that_cannot_be_opened_is_named() {
    let Some(machine) = Machine::new("a_lock_that_cannot_be_opened_is_named") else { return };
    printed(&machine.by_service("init").output().unwrap());
    let lock = machine.store().join("roster.sqlite.lock");
    chown(&lock, Some(0), Some(0)).unwrap();
    let told = refused(&machine.by_service("migrate").output().unwrap());
    assert!(told.contains("store/roster.sqlite.lock: Permission denied"), "{told}");
}

#[test]
fn root_follows_no_link_that_the_service_has_laid() {
    let Some(machine) = Machine::new("root_follows_no_link_that_the_service_has_laid") else { return };
    let precious = machine.root.path().join("precious");
    std::fs::write(&precious, "kept").unwrap();
    symlink(&precious, machine.store().join("roster.sqlite.lock")).unwrap();
    let told = refused(&machine.by_root("init").output().unwrap());
    assert!(told.contains("roster.sqlite.lock"), "{told}");
    std::fs::remove_file(machine.store().join("roster.sqlite.lock")).unwrap();
    symlink(&precious, machine.store().join("first-start.txt")).unwrap();
    printed(&machine.by_root("init").output().unwrap());
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "kept");
    assert_eq!(std::fs::metadata(&precious).unwrap().uid(), 0);
    assert!(!is_link(&machine.store().join("first-start.txt")));
}

fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).unwrap().is_symlink()
}

#[test]
fn files_that_a_user_may_not_open_are_named() {
    let Some(machine) = Machine::new("files_that_a_user_may_not_open_are_named") else { return };
    let locked = |name: &str| {
        let path = machine.root.path().join(name);
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    ["roster.toml", "users.csv", "old.backup", "key.pem"].into_iter().for_each(locked);
    printed(&machine.by_service("init").output().unwrap());
    for (command, file) in [
        ("config check --config roster.toml", "roster.toml"),
        ("import device-users users.csv", "users.csv"),
        ("restore old.backup --database-url sqlite:store/new.sqlite", "old.backup"),
        ("backup -o new.backup", "new.backup"),
        ("export device-users -o new.csv", "new.csv"),
        ("import device-users store/none.csv --errors new.jsonl", "store/none.csv"),
        ("config check --database-url sqlite:new.sqlite", "the folder ."),
    ] {
        let told = refused(&machine.by_service(command).output().unwrap());
        assert!(told.contains(file), "{command}: {told}");
    }
    let mut check = machine.by_service("config check");
    check.env("ROSTER_TLS__CERTIFICATE", "key.pem").env("ROSTER_TLS__KEY", "key.pem");
    let told = refused(&check.output().unwrap());
    assert!(told.contains("tls.certificate: key.pem: ") && told.contains("Permission denied"), "{told}");
}
