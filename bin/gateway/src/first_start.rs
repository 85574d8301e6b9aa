//! The first start on an empty store: one operator and one credential for each dialect, whose
//! secrets are shown once.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use roster_kernel::{Secret, hex_token};

use crate::credentials::{Provisioner, Result};

/// Where the secrets are shown when there is no terminal.
const FILE: &str = "first-start.txt";

/// The secrets of a first start. Random, 32 bytes each, hex.
pub(crate) struct FirstStart {
    operator_token: Secret,
    enterprise_key: Secret,
}

/// Makes the credentials of a new store.
pub(crate) async fn seed(provisioner: &Provisioner<'_>) -> Result<FirstStart> {
    let secret = || Secret::new(hex_token(provisioner.house.random.as_ref(), 32));
    let first = FirstStart { operator_token: secret(), enterprise_key: secret() };
    provisioner.operator("operator", &first.operator_token).await?;
    provisioner.enterprise_user("default", "admin", true, &first.enterprise_key).await?;
    Ok(first)
}

impl FirstStart {
    /// Shows the secrets: on the terminal, or in a file of `folder` that only this user reads.
    /// Answers the file, if it is one.
    pub(crate) fn show(&self, base: &str, folder: &Path) -> std::io::Result<Option<PathBuf>> {
        let text = self.text(base);
        let mut terminal = std::io::stderr();
        if terminal.is_terminal() {
            terminal.write_all(text.as_bytes())?;
            return Ok(None);
        }
        let path = folder.join(FILE);
        // Written anew: a start that was cut short left secrets that no longer hold.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(Some(path))
    }

    fn text(&self, base: &str) -> String {
        let mut text = String::from(
            "This store is new. These secrets are shown once; keep them, or make others later\n\
             (`roster operator create NAME` makes a new operator token).\n\n",
        );
        let mut line = |what: &str, value: &str| {
            let _ = writeln!(text, "{what}: {value}");
        };
        line("operator token (admin API)", self.operator_token.expose());
        line("enterprise users, key of 'admin' of enterprise 'default'", self.enterprise_key.expose());
        let _ = write!(
            text,
            "\nTry them:\n\n\
             curl -s {base}/openapi/v1/users -H 'Authorization: {key}' -H 'Content-Type: application/json' \
             -d '{{\"nick_name\":\"string\",\"password\":\"stringst\",\"enterprise_id\":\"string\",\
             \"email\":\"user@example.com\",\"phone\":\"string\",\"is_active\":true,\"origin\":\"string\"}}'\n",
            key = self.enterprise_key.expose(),
        );
        text
    }
}
