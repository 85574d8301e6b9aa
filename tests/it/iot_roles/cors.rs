//! Scripts in browsers: I4.

use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with};

use super::Client;

const ALLOWED: &str = "https://console.example";

fn with_console(test: impl Fn(&TestGateway)) {
    on_each_gateway_with(
        |config| config.iot_roles.cors_origins = vec![ALLOWED.to_owned().try_into().unwrap()],
        test,
    );
}

fn preflight(gateway: &TestGateway, path: &str, origin: &str, method: &str) -> Reply {
    let call = gateway.call("OPTIONS", path).header("Origin", origin);
    let headers = "authorization,content-type";
    call.header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", headers)
        .send()
}

fn of<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.header(&format!("access-control-{name}"))
}

#[test]
fn i4_cors_is_off_by_default() {
    on_each_gateway(|gateway| {
        for path in ["/server/users", "/users"] {
            let refused = preflight(gateway, path, ALLOWED, "POST").expect(405);
            assert_eq!(refused.keys(), ["timestamp", "status", "error", "message", "path"]);
            let reply = gateway.get(path).header("Origin", ALLOWED).send().expect(401);
            for reply in [refused, reply] {
                assert_eq!(of(&reply, "allow-origin"), None);
                assert_eq!(of(&reply, "allow-credentials"), None);
                assert_eq!(reply.header("vary"), None);
            }
        }
    });
}

#[test]
fn i4_a_preflight_is_answered_before_anything_else_is_asked() {
    with_console(|gateway| {
        for path in
            ["/server/users", "/users", "/server/login", "/token", "/server/nothing", "/users/a/password"]
        {
            for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
                let reply = preflight(gateway, path, ALLOWED, method).expect(200);
                assert_eq!(of(&reply, "allow-origin"), Some(ALLOWED));
                assert_eq!(of(&reply, "allow-credentials"), Some("true"));
                assert!(of(&reply, "allow-methods").unwrap().split(", ").any(|allowed| allowed == method));
                assert_eq!(of(&reply, "allow-headers"), Some("authorization,content-type"));
                assert!(reply.header("vary").unwrap().contains("Origin"));
            }
            let reply = preflight(gateway, path, ALLOWED, "TRACE");
            assert_eq!((reply.status, of(&reply, "allow-origin")), (400, None), "{reply:?}");
        }
    });
}

#[test]
fn i4_every_answer_carries_the_headers_errors_too() {
    with_console(|gateway| {
        let admin = Client::admin(gateway);
        let large = " ".repeat(256 * 1024 + 1);
        for prefix in ["", "/server"] {
            let users = &format!("{prefix}/users");
            let signed = |method: &str, path: &str| gateway.call(method, path).bearer(&admin.token);
            let replies = [
                (200, signed("GET", users)),
                (401, gateway.get(users)),
                (404, signed("GET", &format!("{users}/nobody"))),
                (405, signed("PUT", users)),
                (406, signed("POST", users).json("{}")),
                (413, signed("POST", users).json(large.clone())),
                (415, signed("POST", users).body("{}")),
            ];
            for (status, call) in replies {
                let reply = call.header("Origin", ALLOWED).send().expect(status);
                assert_eq!(of(&reply, "allow-origin"), Some(ALLOWED), "{status}");
                assert_eq!(of(&reply, "allow-credentials"), Some("true"));
                assert!(reply.header("vary").unwrap().contains("Origin"));
                assert!(of(&reply, "expose-headers").unwrap().contains("retry-after"), "{reply:?}");
            }
        }
        let unknown = gateway.get("/server/nothing").header("Origin", ALLOWED).send().expect(404);
        assert_eq!(of(&unknown, "allow-origin"), Some(ALLOWED));
    });
}

#[test]
fn i4_other_origins_and_other_dialects_get_nothing() {
    with_console(|gateway| {
        for origin in
            ["https://evil.example", "http://console.example", "https://console.example:8443", "null", "*"]
        {
            for path in ["/server/users", "/users"] {
                let refused = preflight(gateway, path, origin, "POST").expect(400);
                let reply = gateway.get(path).header("Origin", origin).send().expect(401);
                for reply in [refused, reply] {
                    assert_eq!(of(&reply, "allow-origin"), None, "{origin}");
                }
            }
        }
        let foreign = [
            "/openapi/v1/users",
            "/v1/user",
            "/api/v2/tenant/users",
            "/admin/v1/operator",
            "/healthz",
            "/nothing",
        ];
        for path in foreign {
            let reply = gateway.get(path).header("Origin", ALLOWED).send();
            let preflight = preflight(gateway, path, ALLOWED, "POST");
            for reply in [reply, preflight] {
                assert_eq!((of(&reply, "allow-origin"), reply.header("vary")), (None, None), "{path}");
            }
        }
    });
}
