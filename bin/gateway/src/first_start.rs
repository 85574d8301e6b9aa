//! The first start on an empty store: one operator and one credential for each dialect, whose
//! secrets are shown once, each with a line to paste.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use roster_kernel::{Secret, hex_token};
use roster_persistence::{DatabaseUrl, create_private};
use serde_json::{Value, json};

use crate::credentials::{Provisioner, Result};
use crate::start::folder;

/// Where the secrets are shown when there is no terminal.
pub(crate) const FILE: &str = "first-start.txt";

/// The line of the file that names the store, so that it is known where the store is missing.
const STORE: &str = "store: ";

/// How the text of a first start begins.
const NEW: &str = "This store is new.";

/// In so many octets at its beginning the file names its store.
const BEGINNING: u64 = 4096;

/// How the file names the store: of SQLite by the name of its file, so that the folder may be moved.
fn named(store: &DatabaseUrl) -> String {
    match store {
        DatabaseUrl::Sqlite(path) => {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
        DatabaseUrl::Postgres(_) => store.to_string(),
    }
}

/// The file of a first start that remains of `store`. One of an earlier version, which names no store, is
/// that of a SQLite store beside it if `or_unnamed`.
pub(crate) fn remains(store: &DatabaseUrl, or_unnamed: bool) -> Option<PathBuf> {
    let path = folder(store).join(FILE);
    if !path.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = std::fs::File::open(&path).ok()?;
    // Of a file that is no text as much as is. One that is not readable tells nothing.
    let _ = file.take(BEGINNING).read_to_string(&mut text);
    let is_of_store = match text.lines().find_map(|line| line.strip_prefix(STORE)) {
        Some(name) => name == named(store),
        None => or_unnamed && matches!(store, DatabaseUrl::Sqlite(_)) && text.starts_with(NEW),
    };
    is_of_store.then_some(path)
}

/// The secrets of a first start: random, 32 bytes each, hex.
pub(crate) struct FirstStart {
    operator_token: Secret,
    enterprise_key: Secret,
    device_password: Secret,
    client_secret: Secret,
    iot_password: Secret,
}

/// Makes the credentials of a new store.
pub(crate) async fn seed(provisioner: &Provisioner<'_>) -> Result<FirstStart> {
    let secret = || Secret::new(hex_token(provisioner.house.random.as_ref(), 32));
    let first = FirstStart {
        operator_token: secret(),
        enterprise_key: secret(),
        device_password: secret(),
        client_secret: secret(),
        iot_password: secret(),
    };
    provisioner.operator("operator", &first.operator_token).await?;
    provisioner.enterprise_user("default", "admin", true, &first.enterprise_key).await?;
    provisioner.device_account("admin", &first.device_password, 1..=2).await?;
    provisioner.tenant("default", &["age"], "default-client", &first.client_secret).await?;
    provisioner.iot_administrator("admin", &first.iot_password).await?;
    Ok(first)
}

impl FirstStart {
    /// Shows the secrets: on the terminal, or in a file beside the `store` that only the store's owner
    /// reads. Answers the file, if it is one.
    pub(crate) fn show(&self, base: &str, store: &DatabaseUrl) -> Result<Option<PathBuf>> {
        let text = self.text(base, &named(store));
        let mut terminal = std::io::stderr();
        if terminal.is_terminal() {
            terminal.write_all(text.as_bytes())?;
            return Ok(None);
        }
        let path = folder(store).join(FILE);
        let written = write(&path, store, &text);
        written
            .map_err(|error| format!("cannot write the first secrets into {}: {error}", path.display()))?;
        Ok(Some(path))
    }

    /// The secrets, for machines.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "operator": {"name": "operator", "token": self.operator_token.expose()},
            "enterprise_users": {
                "enterprise_id": "default", "nick_name": "admin", "key": self.enterprise_key.expose(),
            },
            "device_users": {"account": "admin", "password": self.device_password.expose()},
            "tenant_ciam": {
                "tenant": "default",
                "client_id": "default-client",
                "client_secret": self.client_secret.expose(),
            },
            "iot_roles": {"username": "admin", "password": self.iot_password.expose()},
        })
    }

    fn text(&self, base: &str, store: &str) -> String {
        let mut text = format!(
            "{STORE}{store}\n{NEW} These secrets are shown once; keep them.\n\
             `roster operator create NAME` makes a new operator token when this one is lost.\n\n",
        );
        let secrets = [
            ("operator token (admin API)", &self.operator_token),
            ("enterprise users, key of 'admin' of enterprise 'default'", &self.enterprise_key),
            ("device users, password of the account 'admin'", &self.device_password),
            ("tenant CIAM, secret of 'default-client' of tenant 'default'", &self.client_secret),
            ("IoT roles, password of the user 'admin'", &self.iot_password),
        ];
        for (what, secret) in secrets {
            let _ = writeln!(text, "{what}: {}", secret.expose());
        }
        text.push_str("\nA line for each API, to paste into a shell:\n");
        let lines = [
            post(
                &format!("{base}/openapi/v1/users"),
                &format!("'Authorization: {}'", self.enterprise_key.expose()),
                r#"{"nick_name":"string","password":"stringst","enterprise_id":"string","email":"user@example.com","phone":"string","is_active":true,"origin":"string"}"#,
            ),
            post(
                &format!("{base}/v1/user"),
                &login(&format!("{base}/v1/auth/login"), self.device_password.expose()),
                r#"{"user_id":3,"name":"Jack","avatar":"/9j/2wCEAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEiMEExNDk7Pj4","type":1,"groups":[1,2]}"#,
            ),
            post(
                &format!("{base}/api/v2/tenant/users"),
                &format!(
                    "\"Authorization: Bearer $(curl -s {base}/api/v2/tenant/token -u default-client:{} \
                     -d grant_type=client_credentials | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\"",
                    self.client_secret.expose()
                ),
                r#"{"user_name":"zhangsan","name":"张三","mobile":"+86-15200000000","email":"15200000000@qq.com","pwd":"qwe123!@#","pwd_must_modify":false,"attr_gender":"male","attr_birthday":"2022-02-17","attr_nick_name":"张三","mailing_address":"湖北省武汉市","zip_code":"430000","first_name":"","middle_name":"","last_name":"","industry":"事业单位","external_id":"12345678741d29069abcdef089d4q87sk12","head_img":"data:image/jpeg;base64,.......","extension":{"age":"28"}}"#,
            ),
            post(
                &format!("{base}/server/user"),
                &login(&format!("{base}/server/login"), self.iot_password.expose()),
                r#"{"username":"caoxinyu","password":"password","email":"caoxinyu@gmail.com","role":"AREA","area":[]}"#,
            ),
        ];
        for line in lines {
            let _ = write!(text, "\n{line}\n");
        }
        text
    }
}

/// Writes the file anew. One that is there may hold the secrets of another store in this folder: it
/// is kept under a name of its own.
fn write(path: &Path, store: &DatabaseUrl, text: &str) -> std::io::Result<()> {
    if path.try_exists()? {
        let kept = (1..).map(|number| path.with_file_name(format!("first-start.{number}.txt")));
        let free = kept.take(10_000).find(|name| !name.exists());
        std::fs::rename(path, free.ok_or(std::io::ErrorKind::AlreadyExists)?)?;
    }
    let like = match store {
        DatabaseUrl::Sqlite(store) => Some(store.as_path()),
        DatabaseUrl::Postgres(_) => None,
    };
    let mut file = create_private(path, like)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// One `POST` as a line for a shell. `authorization` is a quoted header.
fn post(url: &str, authorization: &str, body: &str) -> String {
    format!("curl -s {url} -H {authorization} -H 'Content-Type: application/json' -d '{body}'")
}

/// A header that signs 'admin' in first.
fn login(url: &str, password: &str) -> String {
    format!(
        "\"Authorization: Bearer $(curl -s {url} -H 'Content-Type: application/json' \
         -d '{{\"username\":\"admin\",\"password\":\"{password}\"}}' \
         | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')\""
    )
}
