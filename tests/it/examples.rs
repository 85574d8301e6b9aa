//! The embedding examples start and answer. `cargo test --workspace` builds them before it runs this.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use roster_testkit::{fixture, fixture_json};

struct Example {
    child: Child,
    base: String,
    folder: PathBuf,
}

impl Example {
    fn start(name: &str) -> Self {
        let this = std::env::current_exe().unwrap();
        let program = this.parent().unwrap().parent().unwrap().join("examples").join(name);
        assert!(program.exists(), "{} is not built: run cargo test --workspace", program.display());
        let folder = std::env::temp_dir().join(format!("roster-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite:{}", folder.join("embedded.sqlite").display());
        let mut child =
            Command::new(program).args(["127.0.0.1:0", &url]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").expect("it says where").to_owned();
        Self { child, base, folder }
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, serde_json::Value) {
        let mut request =
            ureq::post(format!("{}{path}", self.base)).config().http_status_as_error(false).build();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.header("Content-Type", "application/json").send(body).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap())
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn enterprise_users() {
    let example = Example::start("embed_enterprise_users");
    let body = fixture("seeds/enterprise-users.create.request.json");
    let (status, answer) = example.post("/openapi/v1/users", &[("Authorization", "example-key")], &body);
    assert_eq!(
        (status, &answer["nick_name"]),
        (201, &fixture_json("seeds/enterprise-users.create.request.json")["nick_name"])
    );
    assert_eq!(example.post("/openapi/v1/users", &[], &body).0, 401);
}

#[test]
fn tenant_ciam() {
    let example = Example::start("embed_tenant_ciam");
    let credentials = "grant_type=client_credentials&client_id=example-client&client_secret=example-secret";
    let (status, answer) = example.post(&format!("/api/v2/tenant/token?{credentials}"), &[], b"");
    assert_eq!(status, 200, "{answer}");
    let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    let body = fixture("seeds/tenant-ciam.create.request.json");
    let (status, answer) = example.post("/api/v2/tenant/users", &[("Authorization", &bearer)], &body);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(example.post("/api/v2/tenant/users", &[], &body).0, 401);
}

#[test]
fn device_users() {
    for name in ["embed_device_users", "embed_device_users_axum"] {
        let example = Example::start(name);
        let login = br#"{"username":"admin","password":"example-password"}"#;
        let (status, answer) = example.post("/v1/auth/login", &[], login);
        assert_eq!(status, 200, "{answer}");
        let bearer = format!("Bearer {}", answer["data"]["token"].as_str().unwrap());
        let body = fixture("seeds/device-users.create.request.json");
        let (status, answer) = example.post("/v1/user", &[("Authorization", &bearer)], &body);
        assert_eq!((status, &answer["code"], &answer["data"]["user_id"]), (200, &200.into(), &3.into()));
        let (status, answer) = example.post("/v1/user", &[], &body);
        assert_eq!((status, &answer["code"]), (401, &401.into()));
    }
}

#[test]
fn iot_roles() {
    let example = Example::start("embed_iot_roles");
    let login = br#"{"username":"admin","password":"example-password"}"#;
    let (status, answer) = example.post("/login", &[], login);
    assert_eq!(status, 200, "{answer}");
    let bearer = format!("Bearer {}", answer["token"].as_str().unwrap());
    let body = fixture("seeds/iot-roles.create.request.json");
    let (status, answer) = example.post("/server/user", &[("Authorization", &bearer)], &body);
    assert_eq!((status, &answer["area"][0]["name"]), (200, &serde_json::json!("002")), "{answer}");
}
