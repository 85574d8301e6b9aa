//! A PostgreSQL server of a test's own, made from the machine's binaries.

use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that ends with this value, and with the process at the latest. It can be crashed, frozen and
/// started again.
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    options: Vec<String>,
    keeper: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts it with these settings, each `name=value`. It listens on a socket and
    /// on a port of 127.0.0.1.
    ///
    /// # Errors
    /// If the machine has no PostgreSQL, or it does not start.
    pub fn start(settings: &[&str]) -> Result<Self, String> {
        Self::make(&std::env::temp_dir(), settings, &[])
    }

    /// The same in a folder of its own below `parent`.
    ///
    /// # Errors
    /// As for `start`.
    pub fn start_in(parent: &Path, settings: &[&str]) -> Result<Self, String> {
        Self::make(parent, settings, &[])
    }

    /// The same, with these files in its data folder, each a name and a text: certificates, keys, and what
    /// replaces a file of `initdb` such as `pg_hba.conf`. Only the server may read them.
    ///
    /// # Errors
    /// If the machine has no PostgreSQL, a file cannot be written, or it does not start.
    pub fn start_with(settings: &[&str], files: &[(&str, &str)]) -> Result<Self, String> {
        Self::make(&std::env::temp_dir(), settings, files)
    }

    fn make(parent: &Path, settings: &[&str], files: &[(&str, &str)]) -> Result<Self, String> {
        let mut cluster = Self::folder(parent, settings)?;
        let initdb = cluster
            .as_user("initdb")
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"])
            .arg("--pgdata")
            .arg(cluster.data())
            .stderr(Stdio::piped())
            .output()
            .map_err(|e| e.to_string())?;
        if !initdb.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&initdb.stderr)));
        }
        for (name, text) in files {
            cluster.add_file(&cluster.data().join(name), text).map_err(|e| format!("{name}: {e}"))?;
        }
        cluster.restart()?;
        Ok(cluster)
    }

    fn add_file(&self, path: &Path, text: &str) -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(text.as_bytes())?;
        if let Some((uid, gid)) = self.user {
            std::os::unix::fs::chown(path, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    /// A cluster that speaks German, where the machine has the translation and can make the locale.
    ///
    /// # Errors
    /// If it cannot.
    pub fn german(settings: &[&str]) -> Result<Self, String> {
        let mut cluster = Self::start(settings)?;
        let made = cluster
            .with_user(Command::new("localedef"))
            .args(["-i", "de_DE", "-f", "UTF-8", "--no-archive"])
            .arg(cluster.folder.join("de_DE.UTF-8"))
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return Err("localedef cannot make de_DE.UTF-8".to_owned());
        }
        cluster.crash();
        cluster.options.push("lc_messages=de_DE.UTF-8".to_owned());
        cluster.restart()?;
        Ok(cluster)
    }

    /// A standby of this cluster, which follows it by streaming.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn standby(&self) -> Result<Self, String> {
        let mut standby = Self::folder(&std::env::temp_dir(), &[])?;
        let copied = standby
            .as_user("pg_basebackup")
            .args(["--checkpoint=fast", "--no-sync", "--write-recovery-conf", "--wal-method=stream"])
            .args(["--username=postgres", "--host=127.0.0.1", "--port", &self.port.to_string()])
            .arg("--pgdata")
            .arg(standby.data())
            .stderr(Stdio::piped())
            .output()
            .map_err(|e| e.to_string())?;
        if !copied.status.success() {
            return Err(format!("pg_basebackup: {}", String::from_utf8_lossy(&copied.stderr)));
        }
        standby.restart()?;
        Ok(standby)
    }

    fn folder(parent: &Path, settings: &[&str]) -> Result<Self, String> {
        let bin = server_binaries().ok_or(
            "no PostgreSQL server: set TEST_DATABASE_URL, or install its binaries (initdb, postgres)",
        )?;
        let folder = tempfile::Builder::new()
            .prefix("roster-pg-")
            .tempdir_in(parent)
            .map_err(|e| e.to_string())?
            .keep();
        let user = server_user();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).map_err(|e| e.to_string())?;
        }
        let port = free_port()?;
        let options = settings.iter().map(|&setting| setting.to_owned()).collect();
        Ok(Self { bin, folder, user, port, options, keeper: None })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn as_user(&self, program: &str) -> Command {
        self.with_user(Command::new(self.bin.join(program)))
    }

    /// The user that the server runs as, if not that of this process.
    pub(super) fn user(&self) -> Option<(u32, u32)> {
        self.user
    }

    pub(super) fn with_user(&self, mut command: Command) -> Command {
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command.current_dir(&self.folder).stdout(Stdio::null());
        command
    }

    /// Starts the server, at the same addresses.
    ///
    /// # Errors
    /// If it does not start.
    pub fn restart(&mut self) -> Result<(), String> {
        // The shell ends the server when our end of the pipe closes, however this process ends.
        let script = "bin=$1 data=$2 folder=$3 port=$4; shift 4; \
                      \"$bin/postgres\" -D \"$data\" -k \"$folder\" -p \"$port\" -c listen_addresses=127.0.0.1 \
                      -c fsync=off -c max_connections=400 \"$@\" >>\"$folder/log\" 2>&1 & server=$!; \
                      read -r _; kill -CONT $server; kill -INT $server; wait $server; \
                      [ -e \"$folder/keep\" ] || rm -rf \"$folder\"";
        let mut keeper = self.with_user(Command::new("/bin/sh"));
        keeper.env("LOCPATH", &self.folder).args(["-c", script, "keeper"]).arg(&self.bin).arg(self.data());
        keeper.arg(&self.folder).arg(self.port.to_string());
        keeper.args(self.options.iter().flat_map(|option| ["-c", option]));
        let child = keeper.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
        self.keeper = Some(child);
        self.wait_until_ready()
    }

    /// Asks until the server answers; each question waits for itself, so there is nothing to sleep.
    fn wait_until_ready(&self) -> Result<(), String> {
        let mut ask = Command::new(self.bin.join("pg_isready"));
        ask.arg("--host").arg(&self.folder).args(["--port", &self.port.to_string()]);
        ask.args(["--username=postgres", "--timeout=1"]).stdout(Stdio::null());
        for _ in 0..2_000 {
            if ask.status().map_err(|e| e.to_string())?.success() {
                return Ok(());
            }
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("the cluster did not start: {log}"))
    }

    /// The server's URL, by its socket.
    pub fn url(&self) -> String {
        format!("postgres://postgres@/postgres?host={}&port={}", self.folder.display(), self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a crash would: sessions are cut, and nothing is written any more.
    pub fn crash(&mut self) {
        self.signal("QUIT", &[self.postmaster()]);
        self.end();
    }

    /// Ends all its processes with SIGKILL.
    pub fn kill(&mut self) {
        self.signal("KILL", &self.processes());
        self.end();
    }

    /// Makes a standby a primary.
    ///
    /// # Errors
    /// If it does not become one.
    pub fn promote(&self) -> Result<(), String> {
        let promoted = self.as_user("pg_ctl").args(["promote", "-D"]).arg(self.data()).status();
        match promoted {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("pg_ctl promote: {other:?}")),
        }
    }

    /// Stops all its processes where they are; connections stay open.
    pub fn freeze(&self) {
        // First what starts the others, so that none is missed.
        self.signal("STOP", &[self.postmaster()]);
        self.signal("STOP", &self.processes());
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        self.signal("CONT", &self.processes());
    }

    fn postmaster(&self) -> String {
        postmaster(&self.data())
    }

    fn processes(&self) -> Vec<String> {
        server_processes(&self.data())
    }

    fn signal(&self, signal: &str, processes: &[String]) {
        let processes = processes.iter().filter(|pid| !pid.is_empty());
        let _ = Command::new("kill").arg(format!("-{signal}")).args(processes).stderr(Stdio::null()).status();
    }

    /// Lets the keeper end, and keeps the data.
    fn end(&mut self) {
        let _ = std::fs::write(self.folder.join("keep"), "");
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
        let _ = std::fs::remove_file(self.folder.join("keep"));
    }

    /// Lets it run for as long as the process does.
    pub(crate) fn keep(mut self) -> String {
        let url = self.url();
        if let Some(keeper) = &mut self.keeper {
            std::mem::forget(keeper.stdin.take());
        }
        std::mem::forget(self);
        url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.thaw();
        self.signal("QUIT", &[self.postmaster()]);
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port of 127.0.0.1 that nothing listens on.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Result<u16, String> {
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|e| e.to_string())
}

fn postmaster(data: &Path) -> String {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The process ids of the server whose data folder this is, its postmaster's first; that one is empty if no
/// server runs.
pub fn server_processes(data: &Path) -> Vec<String> {
    let postmaster = postmaster(data);
    let children = format!("/proc/{postmaster}/task/{postmaster}/children");
    let children = std::fs::read_to_string(children).unwrap_or_default();
    std::iter::once(postmaster).chain(children.split_whitespace().map(str::to_owned)).collect()
}

/// The folder of the machine's PostgreSQL server, the newest version first, if it has one.
pub fn server_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let mut found: Vec<PathBuf> =
        versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    found
        .into_iter()
        .rev()
        .chain(on_path)
        .find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
}

/// The user and group that a PostgreSQL server runs as, if not those of this process: it refuses to run as
/// root.
pub fn server_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata(Path::new("/proc/self")).ok()?.uid() != 0 {
        return None;
    }
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].into_iter().find_map(|name| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}
