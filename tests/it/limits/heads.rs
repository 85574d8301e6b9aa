//! Heads that two programs could read in two ways are refused.

use roster_testkit::{TestGateway, on_each_gateway};

use super::{Actor, actors, figure};

/// Sends `method path` with these header lines; answers status and body.
fn send(gateway: &TestGateway, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
    let mut connection = gateway.raw();
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    connection.send(format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    ));
    let reply = connection.reply().unwrap();
    (reply.status, reply.body)
}

/// What a refusal of the repeated header `name` looks like in the actor's dialect.
fn is_refused(actor: &Actor, name: &str, (status, body): (u16, String)) {
    assert_eq!(status, 400, "{}: {body}", actor.dialect);
    let shape = match actor.dialect {
        "enterprise-users" => r#""error_type":"ParseError""#,
        "device-users" => r#"{"data":null,"code":400,"#,
        "tenant-ciam" => r#""error_code":"IDAAS.TENANT.PARAM.0001""#,
        "iot-roles" => r#""error":"Bad Request""#,
        _ => r#""title":"Bad Request""#,
    };
    assert!(body.contains(shape) && body.contains(name), "{}: {body}", actor.dialect);
}

#[test]
fn a_repeated_credential_or_content_type_is_refused_in_each_dialects_own_shape() {
    on_each_gateway(|gateway| {
        for actor in actors(gateway) {
            let good = format!("Authorization: {}", actor.authorization);
            for other in ["authorization: wrong", "AUTHORIZATION:", &good] {
                let reply = send(gateway, "GET", actor.read, &[&good, other], "");
                is_refused(&actor, "Authorization", reply);
            }
            let (path, body) = &actor.write;
            let json = "Content-Type: application/json";
            for other in ["content-type: text/plain", json] {
                let reply = send(gateway, "POST", path, &[&good, json, other], body);
                is_refused(&actor, "Content-Type", reply);
            }
            let (status, body) = send(gateway, "GET", actor.read, &[&good, "Accept: a", "Accept: b"], "");
            assert_eq!(status, 200, "others may be repeated: {body}");
        }
    });
}

#[test]
fn a_bare_line_feed_in_a_head_is_refused_and_counted() {
    on_each_gateway(|gateway| {
        let before = figure(gateway, "roster_malformed_requests_total");
        let good = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let heads = [
            "GET /healthz HTTP/1.1\nHost: localhost\n\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\n",
            "\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ];
        for head in heads {
            let mut first = gateway.raw();
            first.send(head);
            assert_eq!(first.reply().unwrap().status, 400, "{head:?}");
            assert_eq!(first.until_end(), 0);
            // After others on the same connection, and behind a body too.
            let mut later = gateway.raw();
            later.send(good);
            assert_eq!(later.reply().unwrap().status, 200);
            let post = "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na\nb";
            later.send(format!("{post}{good}{head}"));
            let statuses: Vec<_> = std::iter::from_fn(|| later.reply()).map(|reply| reply.status).collect();
            assert_eq!(statuses, [405, 200, 400], "{head:?}");
        }
        let after = figure(gateway, "roster_malformed_requests_total");
        assert!(after >= before + 2 * heads.len() as u64, "{before} {after}");
    });
}

/// A body may hold what it wants.
#[test]
fn line_feeds_in_bodies_are_left_alone() {
    on_each_gateway(|gateway| {
        let body = "{\n\"id\":\n\"lines\"\n}";
        let token = "Authorization: Bearer demo-operator-token";
        let json = "Content-Type: application/json";
        let (status, text) = send(gateway, "POST", "/admin/v1/tenants", &[token, json], body);
        assert_eq!(status, 201, "{text}");
        let mut connection = gateway.raw();
        let body = "{\n\"id\":\n\"chunks\"\n}";
        connection.send(format!(
            "POST /admin/v1/tenants HTTP/1.1\r\nHost: localhost\r\n{token}\r\n{json}\r\n\
             Transfer-Encoding: chunked\r\n\r\n3\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
            &body[..3],
            body.len() - 3,
            &body[3..],
        ));
        assert_eq!(connection.reply().unwrap().status, 201);
    });
}
