//! What the gateway serves besides the dialects.

use roster_testkit::{on_each_gateway, on_each_gateway_with};
use serde_json::json;

#[test]
fn health_is_open() {
    on_each_gateway(|gateway| {
        assert_eq!(gateway.get("/healthz").send().expect(200).json(), json!({"status": "ok"}));
        assert_eq!(gateway.get("/readyz").send().expect(200).json(), json!({"status": "ready"}));
    });
}

#[test]
fn a_path_of_nobody_is_a_neutral_404() {
    on_each_gateway(|gateway| {
        for path in ["/", "/nothing", "/openapi", "/openapi/v2/users", "/api/v1/tenant/users"] {
            let unknown = gateway.get(path).send().expect(404);
            assert_eq!(unknown.header("content-type"), Some("application/problem+json"), "{path}");
            assert_eq!(
                (&unknown.json()["status"], &unknown.json()["title"]),
                (&json!(404), &json!("Not Found"))
            );
        }
    });
}

#[test]
fn every_answer_carries_a_request_id_and_is_not_to_be_guessed_at() {
    on_each_gateway(|gateway| {
        let reply = gateway.get("/healthz").header("X-Request-Id", "abc-1.2_3").send().expect(200);
        assert_eq!(reply.header("x-request-id"), Some("abc-1.2_3"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("x-frame-options"), Some("DENY"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        let policy = "default-src 'none'; frame-ancestors 'none'";
        assert_eq!(reply.header("content-security-policy"), Some(policy));
        assert_eq!(reply.header("strict-transport-security"), None, "without TLS");
        for bad in ["", "a b", &"x".repeat(65)] {
            let reply = gateway.get("/nothing").header("X-Request-Id", bad).send().expect(404);
            let id = reply.header("x-request-id").unwrap();
            assert_eq!(id.len(), 32, "a new one");
        }
    });
}

#[test]
fn the_admin_api_wants_an_operators_token() {
    on_each_gateway(|gateway| {
        let me = gateway.get("/admin/v1/operator").bearer("demo-operator-token").send().expect(200);
        assert_eq!(me.json(), json!({"name": "demo"}));
        for bad in ["", "Bearer", "Bearer wrong", "demo-operator-token", "Bearer demo-enterprise-key"] {
            let refused = gateway.get("/admin/v1/operator").key(bad).send().expect(401);
            assert_eq!(refused.header("content-type"), Some("application/problem+json"));
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        }
        let missing = gateway.get("/admin/v1/nothing").send().expect(404);
        assert_eq!(missing.header("content-type"), Some("application/problem+json"));
        assert_eq!(
            gateway.post("/admin/v1/operator", "{}").send().expect(405).header("allow"),
            Some("GET, HEAD")
        );
    });
}

/// Every figure is of the route's pattern: a client can make any number of paths.
#[test]
fn figures_tell_of_routes_and_users_and_of_no_path() {
    on_each_gateway(|gateway| {
        gateway.get("/openapi/v1/users/no-such-user").key("demo-enterprise-key").send().expect(404);
        gateway.post("/server/login", r#"{"username":"admin","password":"wrong"}"#).send().expect(401);
        gateway.call("QUERY-7", "/no-such-path").send();
        let reply = gateway.get("/metrics").send().expect(200);
        assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        for line in [
            r#"roster_http_requests_total{dialect="enterprise-users",route="/openapi/v1/users/{user_id}",method="GET",status="404"}"#,
            r#"roster_http_requests_total{dialect="iot-roles",route="/server/login",method="POST",status="401"}"#,
            r#"roster_http_request_duration_seconds_bucket{dialect="iot-roles",route="/server/login",le="+Inf"}"#,
            r#"roster_http_requests_total{dialect="",route="none",method="other",status="404"}"#,
            r#"roster_authentication_failures_total{realm="iot-roles",credential="password"}"#,
            r#"roster_gate_wait_seconds_bucket{gate="connections",le="0.001"}"#,
            r#"roster_gate_wait_seconds_bucket{gate="hashing",le="0.001"}"#,
            r#"roster_password_hash_seconds_bucket{operation="verify",le="30"}"#,
            "# HELP roster_http_requests_total ",
            "roster_users{dialect=\"enterprise-users\"} 2\n",
            "roster_users{dialect=\"device-users\"} 0\n",
            "roster_users{dialect=\"tenant-ciam\"} 0\n",
            "roster_users{dialect=\"iot-roles\"} 1\n",
        ] {
            assert!(reply.text.contains(line), "{line}\n{}", reply.text);
        }
        for path in ["no-such-user", "no-such-path", "QUERY-7"] {
            assert!(!reply.text.contains(path), "{path}");
        }
    });
}

#[test]
fn figures_are_for_operators_where_others_may_come() {
    let proxied = |config: &mut roster_gateway::Config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    on_each_gateway_with(proxied, |gateway| {
        let refused = gateway.get("/metrics").send().expect(401);
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        gateway.get("/metrics").bearer("demo-enterprise-key").send().expect(401);
        gateway.get("/metrics").bearer("demo-operator-token").send().expect(200);
    });
}
