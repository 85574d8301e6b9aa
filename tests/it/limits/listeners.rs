use roster_gateway::Config;
use roster_testkit::on_each_gateway_with;
use serde_json::json;

fn apart(config: &mut Config) {
    config.admin_listen = Some(([127, 0, 0, 1], 0).into());
}

#[test]
fn operators_can_have_a_listener_of_their_own() {
    on_each_gateway_with(apart, |gateway| {
        for path in ["/metrics", "/admin/v1/operator", "/admin/v1/tenants", "/admin/v1/nothing"] {
            let unknown = gateway.get(path).bearer("demo-operator-token").send().expect(404);
            assert_eq!(unknown.header("content-type"), Some("application/problem+json"), "{path}");
            assert_eq!(unknown.json()["detail"], "no such path", "as any other path of nobody");
        }
        gateway.get("/openapi/v1/currentuser").key("demo-enterprise-key").send().expect(200);

        let me = gateway.at_admin("GET", "/admin/v1/operator").bearer("demo-operator-token").send();
        assert_eq!(me.expect(200).json(), json!({"name": "demo"}));
        gateway.at_admin("GET", "/admin/v1/operator").send().expect(401);
        assert!(gateway.at_admin("GET", "/metrics").send().expect(200).text.contains("roster_users"));
        for path in [
            "/openapi/v1/currentuser",
            "/v1/auth/errors",
            "/api/v2/tenant/users",
            "/server/users/me",
            "/users/me",
        ] {
            let unknown = gateway.at_admin("GET", path).key("demo-enterprise-key").send().expect(404);
            assert_eq!(unknown.header("content-type"), Some("application/problem+json"), "{path}");
        }
        // Both say how they are, with the headers that all answers have.
        for path in ["/healthz", "/readyz"] {
            gateway.get(path).send().expect(200);
            let reply = gateway.at_admin("GET", path).send().expect(200);
            assert_eq!(reply.header("x-frame-options"), Some("DENY"));
            assert!(reply.header("x-request-id").is_some());
        }
    });
}

/// Figures are open where only the machine itself comes: that is the listener they are at.
#[test]
fn figures_are_open_at_a_loopback_listener_of_their_own() {
    let public = |config: &mut Config| {
        apart(config);
        config.listen = ([0, 0, 0, 0], 0).into();
    };
    let config = |adjust: &dyn Fn(&mut Config)| {
        let mut config = Config::default();
        adjust(&mut config);
        config.figures_are_open()
    };
    assert!(config(&|_| {}));
    assert!(config(&public));
    assert!(!config(&|config| config.listen = ([0, 0, 0, 0], 0).into()));
    assert!(!config(&|config| config.admin_listen = Some(([0, 0, 0, 0], 0).into())));
    assert!(!config(&|config| {
        apart(config);
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    }));
}
