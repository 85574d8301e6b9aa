use roster_testkit::on_each_gateway;
use serde_json::{Value, json};

use super::{Center, Client, problem, token};

fn secret(made: &Value) -> (&str, &str) {
    (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap())
}

#[test]
fn c13_a_client_is_made_rotated_and_revoked() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        let made = center.post("/demo/clients", &json!({"client_id": "shop"})).expect(201);
        assert_eq!(made.keys(), ["client_id", "client_secret"]);
        let made = made.json();
        let (id, first) = secret(&made);
        assert!(id == "shop" && first.len() == 64, "{made}");
        let got = token(gateway, id, first).expect(200).json()["access_token"].as_str().unwrap().to_owned();
        let client = Client { gateway, token: got };
        client.create(&json!({"extension": {"age": "1"}})).expect(200);

        let listed = center.get("/demo/clients").expect(200);
        assert!(!listed.text.contains(first));
        let listed = listed.json();
        let ids: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|c| &c["client_id"]).collect();
        assert_eq!(ids, ["demo-client", "shop"]);

        let rotated = center.call("POST", "/demo/clients/shop/rotate", None).expect(200).json();
        let (_, second) = secret(&rotated);
        assert_ne!(first, second);
        assert_eq!(client.create(&json!({})).expect(400).json()["error"], "invalid_token");
        token(gateway, "shop", first).expect(401);
        let got =
            token(gateway, "shop", second).expect(200).json()["access_token"].as_str().unwrap().to_owned();
        let client = Client { gateway, token: got };
        client.create(&json!({})).expect(200);

        center.delete("/demo/clients/shop").expect(204);
        assert_eq!(client.create(&json!({})).expect(400).json()["error"], "invalid_token");
        token(gateway, "shop", second).expect(401);
        problem(center.delete("/demo/clients/shop"), 404, "no such client");
        // The tenant's other client is another's business.
        Client::of(gateway, "demo").create(&json!({})).expect(200);

        let generated = center.post("/demo/clients", &json!({})).expect(201).json();
        token(gateway, secret(&generated).0, secret(&generated).1).expect(200);
    });
}

#[test]
fn c2_another_tenants_client_is_not_there() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        problem(center.call("POST", "/demo/clients/other-client/rotate", None), 404, "no such client");
        problem(center.delete("/demo/clients/other-client"), 404, "no such client");
        Client::of(gateway, "other").create(&json!({})).expect(200);
        problem(center.post("/demo/clients", &json!({"client_id": "other-client"})), 409, "of this id");
        for (method, path) in [("GET", ""), ("POST", "/x/rotate"), ("DELETE", "/x")] {
            problem(center.call(method, &format!("/nobody/clients{path}"), None), 404, "no such tenant");
        }
        problem(center.post("/nobody/clients", &json!({})), 404, "no such tenant");
        problem(center.delete("/demo/clients/a%20b"), 404, "no such client");
        for (body, named) in [
            (json!({"client_id": "a b"}), "client_id: 1 to 64"),
            (json!({"client_id": 7}), "client_id must be of type string"),
            (json!({"secret": "x"}), "secret"),
        ] {
            problem(center.post("/demo/clients", &body), 400, named);
        }
    });
}

#[test]
fn c13_a_tenant_has_a_hundred_clients_at_most() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        for _ in 1..100 {
            center.post("/demo/clients", &json!({})).expect(201);
        }
        problem(center.post("/demo/clients", &json!({})), 409, "100 clients");
        center.post("/other/clients", &json!({})).expect(201);
    });
}
