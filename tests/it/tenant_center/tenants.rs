use roster_testkit::on_each_gateway;
use serde_json::json;

use super::{Center, Client, problem, token};

#[test]
fn c13_tenants_are_made_listed_renamed_and_removed() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        let made = center.post("", &json!({"id": "acme", "name": "Acme 商城", "host": "Shop.Acme.example"}));
        let made = made.expect(201);
        assert_eq!(made.keys(), ["id", "name", "host", "created_ms", "updated_ms"]);
        assert_eq!(made.json()["host"], "shop.acme.example");
        assert_eq!(center.post("", &json!({"id": "bare"})).expect(201).json()["name"], "bare");

        let ids = |path: &str| {
            let page = center.get(path).expect(200).json();
            let ids: Vec<String> =
                page["items"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap().into()).collect();
            (ids.join(" "), page["next"].clone())
        };
        assert_eq!(ids(""), ("acme bare demo other".into(), json!(null)));
        assert_eq!(ids("?limit=2"), ("acme bare".into(), json!("bare")));
        assert_eq!(ids("?limit=2&after=bare"), ("demo other".into(), json!(null)));

        assert_eq!(center.patch("/acme", &json!({"name": "Acme"})).expect(200).json()["name"], "Acme");
        let read = center.get("/acme").expect(200).json();
        assert_eq!((&read["name"], &read["host"]), (&json!("Acme"), &json!("shop.acme.example")));
        assert_eq!(center.patch("/acme", &json!({"host": null})).expect(200).json()["host"], json!(null));
        center.delete("/acme").expect(204);
        center.get("/acme").expect(404);
        center.delete("/acme").expect(404);
    });
}

#[test]
fn c13_what_is_wrong_with_a_tenant_is_named() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        center.post("", &json!({"id": "acme", "host": "shop.example"})).expect(201);
        problem(center.post("", &json!({"id": "demo"})), 409, "of this id");
        problem(center.post("", &json!({"id": "next", "host": "SHOP.example"})), 409, "another tenant's");
        center.get("/next").expect(404);
        problem(center.patch("/demo", &json!({"host": "shop.example"})), 409, "another tenant's");
        problem(center.patch("/nobody", &json!({"name": "x"})), 404, "no such tenant");
        problem(center.get("/a%20b"), 404, "no such tenant");
        problem(center.get("?limit=0"), 400, "limit is 1 to 100");
        problem(center.get("?limit=x"), 400, "limit must be a number");
        problem(center.get("?page=1"), 400, "after, limit");
        problem(center.get("?limit=1&limit=2"), 400, "limit is given more than once");
        problem(center.get("?after=a%20b"), 400, "after");
        for (body, named) in [
            (json!({}), "id is required"),
            (json!({"id": 7}), "id must be of type string, got integer"),
            (json!({"id": "a b"}), "id: 1 to 64"),
            (json!({"id": "x", "name": " "}), "name must not be blank"),
            (json!({"id": "x", "name": "n".repeat(129)}), "name has at most 128"),
            (json!({"id": "x", "host": "a b"}), "host"),
            (json!({"id": "x", "host": "shop.example:8080"}), "host"),
            (json!({"id": "x", "host": "shop.example."}), "host"),
            (json!({"id": "x", "nam": "x"}), "nam"),
        ] {
            problem(center.post("", &body), 400, named);
        }
        let repeated = gateway.post("/admin/v1/tenants", r#"{"id":"x","id":"y"}"#);
        problem(repeated.bearer("demo-operator-token").send(), 400, "duplicate");
    });
}

#[test]
fn c13_a_tenant_with_users_stays_and_one_that_goes_takes_its_clients_along() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        let other = Client::of(gateway, "other");
        let id = other.created(&json!({}));
        problem(center.delete("/other"), 409, "has users");
        other.read(&id).expect(200);
        other.delete(&id).expect(200);
        center.delete("/other").expect(204);
        assert_eq!(other.create(&json!({})).expect(400).json()["error"], "invalid_token");
        assert_eq!(
            token(gateway, "other-client", "other-secret").expect(401).json()["error"],
            "invalid_client"
        );
        // A new tenant of that id has nothing of the old one.
        center.post("", &json!({"id": "other"})).expect(201);
        assert_eq!(center.get("/other/clients").expect(200).json(), json!({"items": []}));
        token(gateway, "other-client", "other-secret").expect(401);
        Client::of(gateway, "demo").create(&json!({})).expect(200);
    });
}

#[test]
fn c2_a_host_is_bound_over_the_admin_api() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        let demo = Client::of(gateway, "demo");
        center.patch("/other", &json!({"host": "127.0.0.1"})).expect(200);
        assert_eq!(demo.create(&json!({})).expect(400).json()["error"], "invalid_token");
        center.patch("/other", &json!({"host": null})).expect(200);
        demo.create(&json!({})).expect(200);
    });
}

#[test]
fn c13_the_center_is_the_operators_alone() {
    on_each_gateway(|gateway| {
        let client = Client::of(gateway, "demo");
        let own = client.token.clone();
        for (method, path) in [
            ("GET", ""),
            ("POST", ""),
            ("GET", "/demo"),
            ("PATCH", "/demo"),
            ("DELETE", "/demo"),
            ("GET", "/demo/clients"),
            ("POST", "/demo/clients"),
            ("DELETE", "/demo/clients/demo-client"),
            ("POST", "/demo/clients/demo-client/rotate"),
            ("GET", "/demo/attributes"),
            ("PUT", "/demo/attributes"),
            ("PUT", "/demo/attributes/age"),
            ("DELETE", "/demo/attributes/age"),
            ("POST", "/demo/users/search"),
            ("GET", "/demo/area-codes"),
            ("PUT", "/demo/area-codes"),
            ("GET", "/demo/password-policy"),
            ("PUT", "/demo/password-policy"),
            ("GET", "/demo/weak-passwords"),
            ("POST", "/demo/weak-passwords"),
            ("DELETE", "/demo/weak-passwords"),
        ] {
            let path = format!("/admin/v1/tenants{path}");
            gateway.call(method, &path).send().expect(401);
            gateway.call(method, &path).bearer(&own).send().expect(401);
            gateway.call(method, &path).key("demo-enterprise-key").send().expect(401);
        }
        client.create(&json!({})).expect(200);
    });
}
