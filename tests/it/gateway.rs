//! What the gateway serves besides the dialects.

use roster_testkit::on_each_gateway;
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
