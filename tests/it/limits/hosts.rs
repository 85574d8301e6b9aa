//! Which hosts are served, so that no browser is led to a gateway under another's name.

use roster_gateway::Config;
use roster_testkit::{RawReply, TestGateway, on_each_gateway, on_each_gateway_with};
use serde_json::json;

/// What a browser that was led here asks, with the demonstration's well-known token.
fn ask(gateway: &TestGateway, target: &str, host: &str) -> RawReply {
    let mut connection = gateway.raw();
    connection.send(format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer demo-operator-token\r\n\r\n"
    ));
    connection.reply().unwrap()
}

#[test]
fn a_loopback_listener_answers_to_names_of_this_machine_alone() {
    on_each_gateway(|gateway| {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:80"] {
            assert_eq!(ask(gateway, "/admin/v1/operator", host).status, 200, "{host}");
        }
        let refused = ask(gateway, "/admin/v1/operator", "evil.example");
        for host in ["", "evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example:80"] {
            for path in ["/admin/v1/operator", "/healthz", "/metrics", "/openapi/v1/users", "/nothing"] {
                let reply = ask(gateway, path, host);
                assert_eq!(reply.status, 421, "{host} {path}");
                assert_eq!(reply.body, refused.body, "constant");
                assert!(reply.head.contains("application/problem+json"), "{}", reply.head);
            }
        }
        // The target's own host counts as well (RFC 9112 §3.2.2).
        assert_eq!(ask(gateway, "http://evil.example/admin/v1/operator", "localhost").status, 421);
        assert_eq!(ask(gateway, "http://localhost/admin/v1/operator", "localhost").status, 200);
    });
}

#[test]
fn a_host_that_is_bound_to_a_tenant_is_served() {
    on_each_gateway(|gateway| {
        assert_eq!(ask(gateway, "/healthz", "shop.example").status, 421);
        let host = json!({"host": "shop.example"}).to_string();
        let bound = gateway.call("PATCH", "/admin/v1/tenants/demo").json(host).bearer("demo-operator-token");
        bound.send().expect(200);
        for host in ["shop.example", "Shop.Example:443", "shop.example."] {
            assert_eq!(ask(gateway, "/healthz", host).status, 200, "{host}");
        }
        assert_eq!(ask(gateway, "/healthz", "other.example").status, 421);
    });
}

#[test]
fn behind_a_trusted_proxy_every_host_is_served() {
    let proxied = |config: &mut Config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    on_each_gateway_with(proxied, |gateway| {
        assert_eq!(ask(gateway, "/healthz", "users.example.com").status, 200);
    });
}

/// Checks of balancers; no browser asks so.
#[test]
fn a_request_of_http_1_0_needs_no_host() {
    on_each_gateway(|gateway| {
        let mut connection = gateway.raw();
        connection.send("GET /healthz HTTP/1.0\r\n\r\n");
        assert_eq!(connection.reply().unwrap().status, 200);
        let mut connection = gateway.raw();
        connection.send("GET /healthz HTTP/1.0\r\nHost: evil.example\r\n\r\n");
        assert_eq!(connection.reply().unwrap().status, 421);
        let mut connection = gateway.raw();
        connection.send("GET /healthz HTTP/1.1\r\n\r\n");
        assert_eq!(connection.reply().unwrap().status, 400, "HTTP/1.1 needs one");
    });
}
