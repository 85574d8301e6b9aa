//! C13, and what it configures of C2 to C6: the Enterprise Center, over the admin API.

mod attributes;
mod bodies;
mod clients;
mod patterns;
mod races;
mod settings;
mod stability;
mod tenants;

use roster_testkit::{Reply, TestGateway};
use serde_json::{Value, json};

/// An operator at the center.
#[derive(Clone, Copy)]
struct Center<'a> {
    gateway: &'a TestGateway,
}

impl<'a> Center<'a> {
    fn of(gateway: &'a TestGateway) -> Self {
        Self { gateway }
    }

    fn call(self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let call = self.gateway.call(method, &format!("/admin/v1/tenants{path}"));
        let call = call.bearer("demo-operator-token");
        match body {
            Some(body) => call.json(body.to_string()).send(),
            None => call.send(),
        }
    }

    fn get(self, path: &str) -> Reply {
        self.call("GET", path, None)
    }

    fn post(self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, Some(body))
    }

    fn put(self, path: &str, body: &Value) -> Reply {
        self.call("PUT", path, Some(body))
    }

    fn patch(self, path: &str, body: &Value) -> Reply {
        self.call("PATCH", path, Some(body))
    }

    fn delete(self, path: &str) -> Reply {
        self.call("DELETE", path, None)
    }

    /// The attribute as it is defined, ready to be put again.
    fn attribute(self, tenant: &str, key: &str) -> Value {
        let all = self.get(&format!("/{tenant}/attributes")).expect(200).json();
        let mut found = all["items"].as_array().unwrap().iter().find(|a| a["key"] == key).unwrap().clone();
        let members = found.as_object_mut().unwrap();
        members.shift_remove("key");
        members.shift_remove("builtin");
        found
    }

    /// Puts the attribute as it is, but for these members.
    fn change(self, tenant: &str, key: &str, to: &Value, query: &str) -> Reply {
        let mut body = self.attribute(tenant, key);
        for (name, value) in to.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.put(&format!("/{tenant}/attributes/{key}{query}"), &body)
    }

    /// Makes a text attribute that asks for nothing but these members.
    fn text(self, tenant: &str, key: &str, more: &Value) -> Reply {
        let mut body = json!({"kind": "text", "required": false, "unique": false});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.put(&format!("/{tenant}/attributes/{key}"), &body)
    }
}

/// A client of a tenant, with a token.
struct Client<'a> {
    gateway: &'a TestGateway,
    token: String,
}

impl<'a> Client<'a> {
    fn of(gateway: &'a TestGateway, tenant: &str) -> Self {
        let token = token(gateway, &format!("{tenant}-client"), &format!("{tenant}-secret")).expect(200);
        Self { gateway, token: token.json()["access_token"].as_str().unwrap().to_owned() }
    }

    fn create(&self, body: &Value) -> Reply {
        self.gateway.post("/api/v2/tenant/users", body.to_string()).bearer(&self.token).send()
    }

    fn created(&self, body: &Value) -> String {
        self.create(body).expect(200).json()["user_id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn refused(&self, body: &Value, code: &str) {
        let refused = self.create(body).expect(400).json();
        assert_eq!(refused["error_code"], format!("IDAAS.TENANT.{code}"), "{body}");
    }

    fn read(&self, id: &str) -> Reply {
        self.gateway.get(&format!("/api/v2/tenant/users/{id}")).bearer(&self.token).send()
    }

    fn update(&self, id: &str, body: &Value) -> Reply {
        let call = self.gateway.call("PUT", &format!("/api/v2/tenant/users/{id}")).bearer(&self.token);
        call.json(body.to_string()).send()
    }

    fn delete(&self, id: &str) -> Reply {
        self.gateway.call("DELETE", &format!("/api/v2/tenant/users/{id}")).bearer(&self.token).send()
    }
}

fn token(gateway: &TestGateway, client: &str, secret: &str) -> Reply {
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
    let call = gateway.call("POST", "/api/v2/tenant/token");
    call.header("Content-Type", "application/x-www-form-urlencoded").body(form).send()
}

#[track_caller]
fn problem(reply: Reply, status: u16, detail: &str) {
    let reply = reply.expect(status);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let said = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(said.contains(detail), "{said} does not say {detail}");
}
