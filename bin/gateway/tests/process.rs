//! The binary itself: started, killed, started again, told wrong things.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use diesel::RunQueryDsl as _;
use roster_persistence::DatabaseUrl;
use roster_testkit::{TestDatabase, block_on, race};

fn roster() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
    command
        .env_remove("DATABASE_URL")
        .env("ROSTER_HASHING__MEMORY_KIB", "8")
        .env("ROSTER_HASHING__ITERATIONS", "1")
        // Another process revokes here, and nobody waits.
        .env("ROSTER_DATABASE__BELIEVE_MS", "0");
    command
}

fn url_of(database: &TestDatabase) -> String {
    match database.url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

/// A running gateway, ended with its test.
struct Running {
    child: Child,
    base: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = roster()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").expect("it says that it is ready").to_owned();
        Self { child, base }
    }

    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder().http_status_as_error(false).build().new_agent()
    }

    fn create(&self, name: &str) -> Option<u16> {
        let body = format!(r#"{{"nick_name":"{name}","password":"password","enterprise_id":"demo"}}"#);
        let sent = Self::agent()
            .post(format!("{}/openapi/v1/users", self.base))
            .header("Authorization", "demo-enterprise-key")
            .header("Content-Type", "application/json")
            .send(body);
        sent.ok().map(|response| response.status().as_u16())
    }

    fn read(&self, name: &str) -> u16 {
        let url = format!("{}/openapi/v1/users/{name}", self.base);
        Self::agent()
            .get(url)
            .header("Authorization", "demo-enterprise-key")
            .call()
            .unwrap()
            .status()
            .as_u16()
    }
}

impl Running {
    /// A token of the demonstration's IoT administrator.
    fn iot_token(&self) -> String {
        let body = r#"{"username":"admin","password":"demo-password"}"#;
        let sent = Self::agent()
            .post(format!("{}/server/login", self.base))
            .header("Content-Type", "application/json")
            .send(body);
        let answer = sent.unwrap().body_mut().read_to_string().unwrap();
        answer.split('"').nth(3).unwrap().to_owned()
    }

    /// The status of a client's request for a token.
    fn ciam_token(&self, id: &str, secret: &str) -> u16 {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        let sent = Self::agent().post(format!("{}/api/v2/tenant/token", self.base)).send_form(form);
        sent.unwrap().status().as_u16()
    }

    /// Whether a call with it gets as far as its body.
    fn believes(&self, token: &str) -> bool {
        let sent = Self::agent()
            .post(format!("{}/server/user", self.base))
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .send("{}");
        match sent.unwrap().status().as_u16() {
            406 => true,
            401 => false,
            other => panic!("{other}"),
        }
    }

    fn terminate(&self) -> bool {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        sent.is_ok_and(|status| status.success())
    }
}

impl Drop for Running {
    /// Asked to end, not killed, so that it takes its throw-away store with it.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.terminate();
        }
        let _ = self.child.wait();
    }
}

#[test]
fn a_killed_gateway_comes_back_with_every_acknowledged_user() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        let arguments = ["--demo", "--database-url", &url];
        let mut running = Running::start(&arguments);
        let pid = running.child.id();
        // Eight clients create as fast as they can; in the midst of it the process is killed.
        let acknowledged: Vec<String> = race(9, |n| {
            let mut names = Vec::new();
            for i in 0..200 {
                if n == 8 && i == 20 {
                    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
                    assert!(killed.success());
                }
                let name = format!("user-{n}-{i}");
                match running.create(&name) {
                    Some(201) => names.push(name),
                    Some(status) => panic!("{name}: {status}"),
                    None => break,
                }
            }
            names
        })
        .concat();
        running.child.wait().unwrap();
        assert!(!acknowledged.is_empty());
        let again = Running::start(&arguments);
        for name in &acknowledged {
            assert_eq!(again.read(name), 200, "{name} was acknowledged");
        }
    }
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = roster().args(arguments).output().unwrap();
    assert!(!status.success(), "{arguments:?}");
    String::from_utf8(stderr).unwrap()
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roster.toml");
    std::fs::write(&file, "[enterprise_users]\nnick_name_patern = 'x'\n").unwrap();
    let file = file.display().to_string();
    for (arguments, named) in [
        (vec!["serve", "--config", &file], "nick_name_patern"),
        (vec!["serve", "--config", "/no/such/file"], "/no/such/file"),
        (vec!["serve", "--database-url", "mysql://root@localhost/x"], "mysql"),
        (vec!["serve", "--database-url", "sqlite:/no/such/folder/r.sqlite"], "/no/such/folder"),
        (vec!["serve", "--listen", "nowhere"], "listen"),
        (vec!["serve", "--demo", "--listen", "0.0.0.0:0"], "loopback"),
        (vec!["serve", "--wrong"], "--wrong"),
        (vec!["operator", "create", "no spaces"], "name"),
    ] {
        let message = refused(&arguments);
        assert!(message.contains(named), "{arguments:?}: {message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn a_demonstration_store_and_a_real_one_are_never_mixed() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        drop(Running::start(&["--demo", "--database-url", &url]));
        drop(Running::start(&["--demo", "--database-url", &url]));
        let message = refused(&["serve", "--listen", "127.0.0.1:0", "--database-url", &url]);
        assert!(message.contains("--demo"), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("real.sqlite").display());
    drop(Running::start(&["--database-url", &url]));
    assert!(refused(&["serve", "--demo", "--database-url", &url]).contains("in use"));
}

fn field<'a>(text: &'a str, label: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_else(|| panic!("{label}: {text}")).trim()
}

#[test]
fn a_first_start_shows_its_secrets_once_in_a_file_of_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("roster.sqlite").display());
    let running = Running::start(&["--database-url", &url]);
    let file = folder.path().join("first-start.txt");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let get = |path: &str, authorization: &str| {
        let url = format!("{}{path}", running.base);
        Running::agent().get(url).header("Authorization", authorization).call().unwrap().status().as_u16()
    };
    let operator = field(&text, "operator token (admin API):");
    assert_eq!(get("/admin/v1/operator", &format!("Bearer {operator}")), 200);
    let key = field(&text, "enterprise users, key of 'admin' of enterprise 'default':");
    assert_eq!(get("/openapi/v1/users/admin", key), 200);

    // A line for each API, which answers a user as it stands: the specifications' examples.
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 4);
    for (line, made) in
        lines.iter().zip(["\"user_id\":2", "\"code\":200", "{\"user_id\":\"", "\"isArea\":true"])
    {
        let output = Command::new("sh").args(["-c", line]).output().unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(answer.contains(made), "{line}: {answer}");
    }

    // A lost operator token is made anew, while the gateway runs.
    let output = roster().args(["operator", "create", "operator", "--database-url", &url]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let token = String::from_utf8(output.stdout).unwrap();
    assert_eq!(get("/admin/v1/operator", &format!("Bearer {}", token.trim())), 200);
    assert_eq!(get("/admin/v1/operator", &format!("Bearer {operator}")), 401);

    drop(running);
    std::fs::remove_file(&file).unwrap();
    drop(Running::start(&["--database-url", &url]));
    assert!(!file.exists(), "once");
}

#[test]
fn keys_are_made_listed_and_revoked_from_the_command_line() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        let running = Running::start(&["--demo", "--database-url", &url]);
        let key = |arguments: &[&str]| {
            let output = roster().arg("key").args(arguments).args(["--database-url", &url]).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let current = |key: &str| {
            let url = format!("{}/openapi/v1/currentuser", running.base);
            Running::agent().get(url).header("Authorization", key).call().unwrap().status().as_u16()
        };
        let made = key(&["create", "demo/member", "for the CI"]);
        assert_eq!((made.trim().len(), current(made.trim())), (40, 200));
        key(&["create", "2", "ending", "--lifetime", "60"]);
        let listed = key(&["list", "demo/member"]);
        let notes: Vec<&str> = listed.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(notes, ["demo", "for the CI", "ending"]);
        assert!(!listed.contains(made.trim()));
        key(&["revoke", "demo/member", "for the CI"]);
        assert_eq!(current(made.trim()), 401);
        for (arguments, named) in [
            (vec!["create", "demo/member", "ending"], "note"),
            (vec!["create", "demo/member", "x", "--lifetime", "0"], "lifetime_seconds"),
            (vec!["create", "demo/nobody", "x"], "no such user"),
            (vec!["list", "nobody"], "ENTERPRISE/NICK_NAME"),
            (vec!["revoke", "2", "for the CI"], "no such key"),
        ] {
            let arguments = [vec!["key"], arguments, vec!["--database-url", &url]].concat();
            assert!(refused(&arguments).contains(named), "{arguments:?}");
        }
    }
}

fn run(arguments: &[&str]) -> Output {
    roster().args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn migrations_are_told_before_they_run() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        let check = || run(&["migrate", "--check", "--database-url", &url]);
        let told = check();
        assert_eq!(told.status.code(), Some(1));
        let lines = String::from_utf8(told.stdout).unwrap();
        assert!(lines.lines().next().unwrap().starts_with("persistence "), "{lines}");
        let count = lines.lines().count();
        let error = String::from_utf8(told.stderr).unwrap();
        assert_eq!(error, format!("roster: {count} migrations are pending\n"));
        assert!(printed(&run(&["migrate", "--database-url", &url])).contains("up to date"));
        assert_eq!(printed(&check()), "the store is up to date\n");
    }
}

#[test]
fn the_configuration_is_checked_and_printed_without_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster.toml");
    std::fs::write(&path, "listen = \"127.0.0.1:1\"\ndatabase_url = \"postgres://r:hunter2@db/r\"").unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(printed(&run(&["config", "check", "--config", path])), "the configuration is good\n");
    let shown = printed(&run(&["config", "print", "--config", path]));
    assert!(
        shown.contains("listen = \"127.0.0.1:1\"") && shown.contains("[hashing]\nmemory_kib = 8\n"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    std::fs::write(path, "[hashing]\nparallelism = 0").unwrap();
    let told = run(&["config", "check", "--config", path]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8(told.stderr).unwrap().starts_with("roster: hashing.parallelism must be 1 to"));
}

#[test]
fn a_password_is_hashed_from_standard_input() {
    let hash = |text: &str| {
        let mut child =
            roster().arg("hash-password").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (good, hashed) = hash("password\n");
    assert!(good && hashed.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hashed}");
    assert_ne!(hash("password\n").1, hashed, "salted");
    assert!(!hash("\n").0);
}

#[test]
fn keys_that_sign_are_rotated_and_the_old_ones_revoked() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        let gateway = Running::start(&["--demo", "--database-url", &url]);
        let token = gateway.iot_token();
        assert!(gateway.believes(&token));
        let rotate = ["signing-keys", "rotate", "--dialect", "iot-roles", "--database-url", &url];
        assert_eq!(printed(&run(&rotate)), "iot-roles: signs with a new key\n");
        assert!(gateway.believes(&token), "still good");
        let other = Running::start(&["--demo", "--database-url", &url]);
        assert!(other.believes(&other.iot_token()));
        let all = ["signing-keys", "rotate", "--revoke", "--database-url", &url];
        assert_eq!(printed(&run(&all)).lines().count(), 2);
        // A gateway that has not yet looked believes it for a second; a new one has not.
        let new = Running::start(&["--demo", "--database-url", &url]);
        assert!(!new.believes(&token));
        assert!(new.believes(&new.iot_token()));
    }
}

#[test]
fn tenants_and_their_clients_are_made_from_the_command_line() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        let gateway = Running::start(&["--demo", "--database-url", &url]);
        let at = |arguments: &[&str]| run(&[arguments, &["--database-url", &url]].concat());
        assert_eq!(printed(&at(&["tenant", "create", "acme", "--name", "Acme Ltd"])), "");
        assert_eq!(printed(&at(&["tenant", "list"])), "acme\tAcme Ltd\t\ndemo\tdemo\t\nother\tother\t\n");
        for (arguments, why) in [
            (vec!["tenant", "create", "acme"], "there is a tenant of this id"),
            (vec!["tenant", "create", "Ac me"], "id"),
            (vec!["tenant", "delete", "nobody"], "no such tenant"),
            (vec!["client", "create", "nobody"], "no such tenant"),
            (vec!["client", "rotate", "acme", "demo-client"], "the tenant has no such client"),
        ] {
            let told = at(&arguments);
            assert_eq!(told.status.code(), Some(1), "{arguments:?}");
            let told = String::from_utf8(told.stderr).unwrap();
            assert!(told.starts_with("roster: ") && told.contains(why), "{told}");
        }
        let shown = |arguments: &[&str]| {
            let line = printed(&at(arguments));
            line.trim().split_once('\t').map(|(id, secret)| (id.to_owned(), secret.to_owned())).unwrap()
        };
        let (id, secret) = shown(&["client", "create", "acme", "--id", "acme-shop"]);
        assert_eq!(id, "acme-shop");
        assert_eq!(gateway.ciam_token(&id, &secret), 200);
        let (_, rotated) = shown(&["client", "rotate", "acme", "acme-shop"]);
        assert_eq!((gateway.ciam_token(&id, &secret), gateway.ciam_token(&id, &rotated)), (401, 200));
        assert_eq!(printed(&at(&["client", "list", "acme"])), "acme-shop\n");
        printed(&at(&["client", "revoke", "acme", "acme-shop"]));
        assert_eq!(gateway.ciam_token(&id, &rotated), 401);
        printed(&at(&["tenant", "delete", "acme"]));
        assert!(!printed(&at(&["tenant", "list"])).contains("acme"));
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(printed(&run(&["completions", shell])).contains("signing-keys"), "{shell}");
    }
}

#[test]
fn a_first_start_that_was_cut_short_is_done_again_from_nothing() {
    for database in TestDatabase::each() {
        let db = database.open(roster_migrations::ALL);
        block_on(db.set_mark("begun", "beginning")).unwrap();
        let half = "INSERT INTO enterprise_users (enterprise_id, nick_name, is_active, password_hash, \
                    created_ms, updated_ms) VALUES ('demo', 'half', true, '', 0, 0)";
        let insert = move |conn: &mut _| Ok(diesel::sql_query(half).execute(conn)?);
        assert_eq!(block_on(db.bookkeep(insert)).unwrap(), 1);
        drop(db);
        let running = Running::start(&["--demo", "--database-url", &url_of(&database)]);
        assert_eq!((running.read("half"), running.read("admin")), (404, 200));
    }
}

#[test]
fn two_gateways_begin_one_store_once() {
    for database in TestDatabase::each() {
        let url = url_of(&database);
        let bases = race(2, |_| Running::start(&["--demo", "--database-url", &url]));
        assert_eq!(bases[0].create("shared"), Some(201));
        assert_eq!(bases[1].read("shared"), 200);
        assert_eq!(bases[1].create("shared"), Some(409));
    }
}

#[test]
fn a_stopped_gateway_finishes_what_it_began_and_leaves_nothing() {
    let mut running = Running::start(&["--demo"]);
    assert_eq!(running.create("last"), Some(201));
    assert!(running.terminate());
    assert!(running.child.wait().unwrap().success(), "a clean end");
}
