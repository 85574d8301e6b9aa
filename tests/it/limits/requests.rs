use roster_gateway::Config;
use roster_testkit::on_each_gateway_with;

use super::{actors, ciam, figure, forwarded, is_refused};

/// Quotas that nothing comes back to within a test.
fn limited(principal: u32, address: u32) -> impl Fn(&mut Config) {
    move |config| {
        config.limits.principal_requests = principal;
        config.limits.address_requests = address;
        config.limits.per_seconds = 86_400.try_into().unwrap();
    }
}

#[test]
fn a_principal_who_calls_too_often_is_told_so_in_his_dialects_own_shape() {
    on_each_gateway_with(limited(3, 0), |gateway| {
        for actor in actors(gateway) {
            let refused_of =
                format!(r#"roster_rate_limited_total{{dialect="{}",by="principal"}}"#, actor.dialect);
            let before = figure(gateway, &refused_of);
            for _ in 0..3 {
                assert_eq!(actor.read(gateway).status, 200, "{}", actor.dialect);
            }
            let reply = actor.read(gateway);
            is_refused(actor.dialect, &reply, 429);
            let after: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((28_000..=28_800).contains(&after), "a third of a day: {after}");
            is_refused(actor.dialect, &actor.write(gateway), 429);
            // The process has other tests' gateways too.
            assert!(figure(gateway, &refused_of) >= before + 2, "{}", actor.dialect);
        }
        for path in ["/healthz", "/readyz", "/metrics"] {
            for _ in 0..5 {
                gateway.get(path).send().expect(200);
            }
        }
    });
}

#[test]
fn a_principal_is_himself_whatever_he_presents_and_nobody_else_is_he() {
    on_each_gateway_with(limited(3, 0), |gateway| {
        let read =
            |token: &str| gateway.get("/api/v2/tenant/users?offset=0&limit=10").key(token).send().status;
        let tokens = [ciam(gateway, "demo"), ciam(gateway, "demo"), ciam(gateway, "demo")];
        assert_eq!(tokens.each_ref().map(|token| read(token)), [200; 3]);
        assert_eq!(read(&ciam(gateway, "demo")), 429, "a new token is no new client");
        // From the same address, in the same and in another dialect.
        assert_eq!(read(&ciam(gateway, "other")), 200);
        let current = |key: &str| gateway.get("/openapi/v1/currentuser").key(key).send().status;
        assert_eq!([(); 4].map(|()| current("demo-enterprise-key")), [200, 200, 200, 429]);
        assert_eq!(current("demo-member-key"), 200);
        // What is no good credential is nobody's request.
        assert_eq!([(); 5].map(|()| current("invented")), [401; 5]);
    });
}

#[test]
fn an_address_that_calls_too_often_is_refused_whatever_it_presents() {
    on_each_gateway_with(limited(0, 8), |gateway| {
        // Four of them are spent by signing in and by looking at the figures.
        let actors = actors(gateway);
        let refused_of = r#"roster_rate_limited_total{dialect="enterprise-users",by="address"}"#;
        let before = figure(gateway, refused_of);
        let invented =
            |n: u32| gateway.get("/openapi/v1/currentuser").key(&format!("invented-{n}")).send().status;
        assert_eq!([1, 2, 3, 4, 5].map(invented), [401, 401, 401, 401, 429]);
        for actor in &actors {
            is_refused(actor.dialect, &actor.read(gateway), 429);
            // Nor is the body looked at: it would be refused otherwise.
            let (path, _) = &actor.write;
            let reply = gateway.post(path, "no JSON").key(&actor.authorization).send();
            is_refused(actor.dialect, &reply, 429);
        }
        // Paths and methods that are not there are no way round it.
        is_refused("device-users", &gateway.get("/v1/nothing").send(), 429);
        is_refused("iot-roles", &gateway.call("PATCH", "/server/login").send(), 429);
        is_refused("admin", &gateway.get("/nothing").send(), 429);
        let login = r#"{"username":"admin","password":"demo-password"}"#;
        is_refused("device-users", &gateway.post("/v1/auth/login", login).send(), 429);
        for path in ["/healthz", "/readyz"] {
            gateway.get(path).send().expect(200);
        }
        // A twin counts for itself, and the figures are this process'.
        let twin = gateway.beside(|_| {});
        assert!(figure(&twin, refused_of) >= before + 3);
    });
}

#[test]
fn addresses_are_told_by_trusted_proxies_alone() {
    let proxied = |config: &mut Config| {
        limited(0, 2)(config);
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    on_each_gateway_with(proxied, |gateway| {
        let from = |address: &str| {
            let call = gateway.get("/openapi/v1/currentuser").key("demo-enterprise-key");
            forwarded(call, address).send().status
        };
        assert_eq!([(); 3].map(|()| from("192.0.2.1")), [200, 200, 429]);
        assert_eq!(from("192.0.2.2"), 200);
        // What stands left of the proxy's own entry was written by the client.
        assert_eq!(from("198.51.100.7, 192.0.2.1"), 429);
        // An IPv6 client owns a /64.
        let addresses = ["2001:db8:0:1::1", "2001:db8:0:1:9::2", "2001:db8:0:1:ffff::3", "2001:db8:0:2::1"];
        assert_eq!(addresses.map(from), [200, 200, 429, 200]);
    });
    on_each_gateway_with(limited(0, 2), |gateway| {
        let from = |address: &str| {
            let call = gateway.get("/openapi/v1/currentuser").key("demo-enterprise-key");
            forwarded(call, address).send().status
        };
        assert_eq!(["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(from), [200, 200, 429], "nobody is believed");
    });
}

#[test]
fn nothing_is_limited_unless_it_is_asked_for() {
    on_each_gateway_with(
        |_| {},
        |gateway| {
            let read = || gateway.get("/openapi/v1/currentuser").key("demo-enterprise-key").send().status;
            assert!((0..500).all(|_| read() == 200));
        },
    );
}
