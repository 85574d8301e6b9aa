//! Requests that a proxy forwards, whether it is trusted or not.

use roster_gateway::Config;
use roster_gateway::doctor::{Level, examine};
use roster_persistence::DatabaseUrl;
use roster_testkit::{TestGateway, block_on, on_each_gateway, on_each_gateway_with};
use serde_json::json;

fn proxied(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
}

/// The address that the gateway takes for the client's.
fn client(gateway: &TestGateway, nick_name: &str, forwarded_for: &[u8]) -> String {
    let body = json!({"nick_name": nick_name, "password": "password", "enterprise_id": "demo"}).to_string();
    let mut request =
        b"POST /openapi/v1/users HTTP/1.1\r\nHost: localhost\r\nAuthorization: demo-enterprise-key\r\n\
                        Content-Type: application/json\r\nX-Forwarded-For: "
            .to_vec();
    request.extend_from_slice(forwarded_for);
    request.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    let mut connection = gateway.raw();
    connection.send(request);
    assert_eq!(connection.reply().unwrap().status, 201);
    let user = gateway.get(&format!("/openapi/v1/users/{nick_name}")).key("demo-enterprise-key").send();
    user.expect(200).json()["client_ip"].as_str().unwrap().to_owned()
}

#[test]
fn the_client_is_who_the_proxy_says_or_the_proxy_itself() {
    on_each_gateway_with(proxied, |gateway| {
        for (nick_name, header, expected) in [
            ("port", b"192.0.2.4:5678".as_slice(), "192.0.2.4"),
            ("port6", b"[2001:db8::7]:80", "2001:db8::7"),
            ("garbage", b"\xff, 192.0.2.5", "192.0.2.5"),
            ("refused", b"192.0.2.6, nonsense", "127.0.0.1"),
            ("half", b"\xff, 127.0.0.9", "127.0.0.1"),
        ] {
            assert_eq!(client(gateway, nick_name, header), expected, "{nick_name}");
        }
    });
    on_each_gateway(|gateway| assert_eq!(client(gateway, "stranger", b"192.0.2.4"), "127.0.0.1"));
}

/// `Authorization: Basic` of the demonstration's device account.
const BASIC: &str = "Basic YWRtaW46ZGVtby1wYXNzd29yZA==";

#[test]
fn a_forwarded_request_has_nothing_that_is_open_to_this_machine_alone() {
    on_each_gateway(|gateway| {
        for (name, value) in
            [("X-Forwarded-For", "192.0.2.4"), ("Forwarded", "for=192.0.2.4"), ("X-Real-IP", "192.0.2.4")]
        {
            let forwarded = |path: &str| gateway.get(path).header(name, value);
            forwarded("/metrics").send().expect(401);
            forwarded("/metrics").bearer("demo-operator-token").send().expect(200);
            let refused = forwarded("/v1/user/offset/0/limit/1").key(BASIC).send().expect(401);
            assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer realm="device-users""#), "{name}");
        }
        gateway.get("/metrics").send().expect(200);
        gateway.get("/v1/user/offset/0/limit/1").key(BASIC).send().expect(200);
        // A client of CIAM presents itself with Basic wherever it comes from.
        let token = gateway.call("POST", "/api/v2/tenant/token?grant_type=client_credentials");
        token
            .key("Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=")
            .header("X-Forwarded-For", "192.0.2.4")
            .send()
            .expect(200);
    });
    on_each_gateway_with(
        |config| config.device_users.basic_auth = Some(true),
        |gateway| {
            let forwarded = gateway.get("/v1/user/offset/0/limit/1").header("X-Forwarded-For", "192.0.2.4");
            forwarded.key(BASIC).send().expect(200);
        },
    );
}

/// What the doctor says of proxies that are not configured.
fn doctor(gateway: &TestGateway, adjust: impl Fn(&mut Config)) -> (Level, String, Option<String>) {
    let database_url = match gateway.database().url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let mut config = Config { database_url, ..Config::default() };
    adjust(&mut config);
    let report = block_on(examine(Ok(config), None));
    let found = report.findings.into_iter().find(|finding| finding.check == "untrusted-proxy").unwrap();
    (found.level, found.what, found.mend)
}

#[test]
fn a_proxy_that_is_not_configured_is_remembered_for_the_doctor() {
    on_each_gateway(|gateway| {
        assert_eq!(doctor(gateway, |_| {}).0, Level::Ok);
        gateway.get("/healthz").header("X-Forwarded-For", "192.0.2.4").send().expect(200);
        let (level, what, fix) = doctor(gateway, |_| {});
        assert_eq!(level, Level::Warning);
        assert!(what.contains("127.0.0.1"), "{what}");
        assert!(fix.unwrap().contains(r#"trusted_proxies = ["127.0.0.1/32"]"#));
        assert_eq!(doctor(gateway, proxied).0, Level::Ok, "once it is trusted");
    });
}
