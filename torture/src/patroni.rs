//! Three PostgreSQL servers under Patroni with etcd, all on 127.0.0.1, with synchronous replication.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use roster_persistence::testing::{free_port, server_binaries, server_processes, server_user};
use serde_json::Value;

use crate::wait::until;

/// How many servers there are.
const NODES: usize = 3;

/// How long a cluster may take to become whole.
const WHOLE: Duration = Duration::from_secs(120);

/// The servers, and what watches over them; all end with this value, or with this process.
pub(crate) struct Patroni {
    folder: tempfile::TempDir,
    user: Option<(u32, u32)>,
    etcd: Process,
    nodes: Vec<Node>,
}

struct Node {
    postgres: u16,
    rest: u16,
    patroni: Option<Process>,
}

/// A program below a shell, which ends it when our end of its pipe closes, however this process ends.
struct Process {
    keeper: Child,
    pid_file: PathBuf,
}

impl Patroni {
    /// Starts etcd and the servers, and waits until the cluster is whole.
    ///
    /// # Errors
    /// If a program is missing or the cluster does not become whole within two minutes.
    pub(crate) fn start() -> Result<Self, String> {
        for (program, package) in [("etcd", "etcd-server"), ("patroni", "patroni")] {
            if !is_installed(program) {
                return Err(format!("no {program} on the PATH: install the package {package}"));
            }
        }
        let folder = tempfile::Builder::new().prefix("roster-ha-").tempdir().map_err(|e| e.to_string())?;
        let user = server_user();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).map_err(|e| e.to_string())?;
        }
        let (client, peer) = (free_port()?, free_port()?);
        let url = |port| format!("http://127.0.0.1:{port}");
        let mut command = Command::new("etcd");
        command.arg("--data-dir").arg(folder.path().join("etcd"));
        command.args(["--listen-client-urls", &url(client), "--advertise-client-urls", &url(client)]);
        command.args(["--listen-peer-urls", &url(peer), "--initial-advertise-peer-urls", &url(peer)]);
        command.args(["--initial-cluster", &format!("default={}", url(peer)), "--unsafe-no-fsync"]);
        let etcd = Process::start(command, user, folder.path(), "etcd")?;
        let mut nodes = Vec::new();
        for number in 0..NODES {
            let node = Node { postgres: free_port()?, rest: free_port()?, patroni: None };
            let file = folder.path().join(format!("node{number}.yml"));
            std::fs::write(file, configuration(folder.path(), number, &node, client)?)
                .map_err(|e| e.to_string())?;
            nodes.push(node);
        }
        let mut cluster = Self { folder, user, etcd, nodes };
        for number in 0..NODES {
            cluster.start_node(number)?;
        }
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    /// The URL of `database`: all servers, of which the one that takes writes is wanted.
    pub(crate) fn url(&self, database: &str) -> String {
        let hosts: Vec<String> =
            self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.postgres)).collect();
        format!("postgres://postgres@{}/{database}?target_session_attrs=read-write", hosts.join(","))
    }

    /// The URL of `database` on one server.
    pub(crate) fn url_of(&self, number: usize, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.nodes[number].postgres)
    }

    /// Starts Patroni on a server, and with it PostgreSQL.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn start_node(&mut self, number: usize) -> Result<(), String> {
        let mut command = Command::new("patroni");
        command.arg(self.folder.path().join(format!("node{number}.yml")));
        let patroni = Process::start(command, self.user, self.folder.path(), &format!("node{number}"))?;
        self.nodes[number].patroni = Some(patroni);
        Ok(())
    }

    /// Kills PostgreSQL and Patroni of a server at once, as the loss of its machine would.
    pub(crate) fn kill_node(&mut self, number: usize) {
        let patroni = self.nodes[number].patroni.take();
        let pids = patroni.as_ref().map(Process::pid).into_iter();
        kill(pids.chain(server_processes(&self.data(number))));
    }

    /// The server that leads, by its number, as it says itself.
    pub(crate) fn leader(&self) -> Option<usize> {
        (0..NODES).find(|&number| {
            let node = &self.nodes[number];
            node.patroni.is_some() && status(&format!("http://127.0.0.1:{}/primary", node.rest)) == Some(200)
        })
    }

    /// Waits until a server leads that is not `old`, and returns its number.
    ///
    /// # Errors
    /// If there is none within two minutes.
    pub(crate) fn wait_for_another_leader(&self, old: usize) -> Result<usize, String> {
        let leader = until("a new primary", WHOLE, || self.leader().filter(|&leader| leader != old));
        leader.map(|(leader, _)| leader).map_err(|error| format!("{error}\n{}", self.logs()))
    }

    /// Waits until all servers stream from the leader, one of them synchronously.
    ///
    /// # Errors
    /// If it takes more than two minutes.
    pub(crate) fn wait_until_whole(&self) -> Result<(), String> {
        until("a whole cluster", WHOLE, || {
            let node = &self.nodes[self.leader()?];
            is_whole(&get(&format!("http://127.0.0.1:{}/cluster", node.rest))?).then_some(())
        })
        .map(drop)
        .map_err(|error| format!("{error}\n{}", self.logs()))
    }

    fn data(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("data{number}"))
    }

    fn logs(&self) -> String {
        let names = (0..NODES).map(|number| format!("node{number}")).chain(["etcd".to_owned()]);
        let last = |name: String| {
            let log =
                std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default();
            let lines: Vec<&str> = log.lines().rev().take(5).collect();
            format!("{name}: {}", lines.join("\n  "))
        };
        names.map(last).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        for number in 0..NODES {
            self.kill_node(number);
        }
        kill([self.etcd.pid()]);
    }
}

impl Process {
    fn start(program: Command, user: Option<(u32, u32)>, folder: &Path, name: &str) -> Result<Self, String> {
        let pid_file = folder.join(format!("{name}.pid"));
        let script = "name=$1; shift; \"$@\" >>\"$name.log\" 2>&1 </dev/null & echo $! >\"$name.pid.new\"; \
                      mv \"$name.pid.new\" \"$name.pid\"; read -r _; kill $!; wait";
        let _ = std::fs::remove_file(&pid_file);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script, "keeper", name]).arg(program.get_program()).args(program.get_args());
        if let Some((uid, gid)) = user {
            shell.uid(uid).gid(gid);
        }
        shell.current_dir(folder).env("HOME", folder);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = shell.spawn().map_err(|e| format!("{name}: {e}"))?;
        until(name, WHOLE, || std::fs::metadata(&pid_file).ok())?;
        Ok(Self { keeper, pid_file })
    }

    fn pid(&self) -> String {
        std::fs::read_to_string(&self.pid_file).unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// What Patroni is told of a server. The time-outs are the shortest that it takes: a lost primary is replaced
/// after twenty seconds.
fn configuration(folder: &Path, number: usize, node: &Node, etcd: u16) -> Result<String, String> {
    let bin = server_binaries().ok_or("no PostgreSQL server")?;
    let (bin, folder) = (bin.display(), folder.display());
    let (rest, postgres) = (node.rest, node.postgres);
    Ok(format!(
        r#"scope: roster
name: node{number}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
etcd3: {{host: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 3
    maximum_lag_on_failover: 0
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters: {{max_connections: 100, wal_log_hints: "on", shared_buffers: 16MB}}
  initdb: [{{encoding: UTF8}}, {{locale: C}}, data-checksums]
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
postgresql:
  listen: "127.0.0.1:{postgres}"
  connect_address: "127.0.0.1:{postgres}"
  data_dir: "{folder}/data{number}"
  bin_dir: "{bin}"
  pgpass: "{folder}/pgpass{number}"
  authentication:
    superuser: {{username: postgres}}
    replication: {{username: postgres}}
    rewind: {{username: postgres}}
  parameters: {{unix_socket_directories: "{folder}"}}
  use_unix_socket: false
watchdog: {{mode: "off"}}
"#
    ))
}

fn is_whole(cluster: &Value) -> bool {
    let members = cluster["members"].as_array().map_or(&[][..], Vec::as_slice);
    let leader = members.iter().find(|member| member["role"] == "leader");
    let is_up = |member: &Value| {
        ["running", "streaming"].iter().any(|state| member["state"] == *state)
            && leader.is_some_and(|leader| leader["timeline"] == member["timeline"])
    };
    members.len() == NODES
        && members.iter().all(is_up)
        && members.iter().any(|member| member["role"] == "sync_standby")
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    config.timeout_global(Some(Duration::from_secs(1))).http_status_as_error(false).build().into()
}

fn status(url: &str) -> Option<u16> {
    agent().get(url).call().ok().map(|answer| answer.status().as_u16())
}

fn get(url: &str) -> Option<Value> {
    let mut answer = agent().get(url).call().ok()?;
    serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
}

fn kill(pids: impl IntoIterator<Item = String>) {
    let pids: Vec<String> = pids.into_iter().filter(|pid| !pid.is_empty()).collect();
    let _ = Command::new("kill").arg("-9").args(pids).stderr(Stdio::null()).status();
}
