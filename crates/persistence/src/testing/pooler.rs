//! PgBouncer in transaction mode, in front of a test's server.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::cluster::{Cluster, free_port};

/// A pooler that ends with this value, and with the process at the latest.
pub struct Pooler {
    port: u16,
    keeper: Child,
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// Starts one before `cluster`, with few sessions for many clients, so that they are shared.
    ///
    /// # Errors
    /// If the machine has no PgBouncer, or it does not start.
    pub fn before(cluster: &Cluster) -> Result<Self, String> {
        let program =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().find(|it| Path::new(it).exists());
        let program = program.ok_or("no PgBouncer: install the package pgbouncer")?;
        let folder =
            tempfile::Builder::new().prefix("roster-pooler-").tempdir().map_err(|e| e.to_string())?;
        let port = free_port()?;
        let config = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
             default_pool_size = 5\nmax_client_conn = 1000\n",
            cluster.port()
        );
        std::fs::write(&config, text).map_err(|e| e.to_string())?;
        let user = cluster.user();
        if let Some((uid, gid)) = user {
            for path in [folder.path(), &config] {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(|e| e.to_string())?;
            }
        }
        // The shell ends it when our end of the pipe closes, however this process ends.
        let script = "\"$1\" -q \"$2\" 2>/dev/null & pooler=$!; read -r _; kill -TERM $pooler; wait $pooler";
        let mut keeper = cluster.with_user(Command::new("/bin/sh"));
        keeper.args(["-c", script, "keeper", program]).arg(&config);
        let keeper = keeper.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
        let pooler = Self { port, keeper, _folder: folder };
        for _ in 0..20_000 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(pooler);
            }
            std::thread::yield_now();
        }
        Err("PgBouncer did not start".to_owned())
    }

    /// The URL of the server's first database through it.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Lets it run for as long as the process does.
    pub(crate) fn keep(mut self) -> String {
        std::mem::forget(self.keeper.stdin.take());
        let url = self.url();
        std::mem::forget(self);
        url
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
