//! How long a connection may wait for its client, and how many one client may have.

use std::num::NonZeroU32;

use roster_gateway::Config;
use roster_testkit::{RawConnection, TestGateway, on_each_gateway_with};

use super::figure;

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn a_second(set: impl Fn(&mut Config) -> &mut NonZeroU32) -> impl Fn(&mut Config) {
    move |config| *set(config) = NonZeroU32::MIN
}

/// The head of a request whose body does not come.
const STALLED_POST: &str = "POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
                            Content-Type: application/json\r\nContent-Length: 100\r\n\r\n";

/// A connection that was answered once and is kept.
fn kept(gateway: &TestGateway) -> RawConnection {
    let mut connection = gateway.raw();
    connection.send(GET);
    assert_eq!(connection.reply().unwrap().status, 200);
    connection
}

fn closed(gateway: &TestGateway, reason: &str) -> u64 {
    figure(gateway, &format!(r#"roster_connections_closed_total{{reason="{reason}"}}"#))
}

#[test]
fn a_head_that_trickles_is_cut_on_every_turn_of_a_connection() {
    on_each_gateway_with(a_second(|config| &mut config.limits.head_seconds), |gateway| {
        let before = closed(gateway, "head");
        let mut second = kept(gateway);
        second.send("GET /healthz HTTP/1.1\r\nHost: loc");
        assert_eq!(second.until_end(), 0, "nothing was asked, so nothing is answered");
        // The half of the next head comes with the request before it.
        let mut pipelined = gateway.raw();
        pipelined.send(format!("{GET}GET /healthz"));
        assert_eq!(pipelined.reply().unwrap().status, 200);
        assert_eq!(pipelined.until_end(), 0);
        assert!(closed(gateway, "head") >= before + 2);
    });
}

#[test]
fn a_connection_that_says_nothing_is_cut() {
    on_each_gateway_with(a_second(|config| &mut config.limits.head_seconds), |gateway| {
        gateway.raw().until_end();
    });
}

#[test]
fn a_client_that_does_not_read_its_answers_is_cut() {
    on_each_gateway_with(a_second(|config| &mut config.limits.answer_seconds), |gateway| {
        let before = closed(gateway, "answer");
        let mut connection = gateway.raw();
        let list = "GET /docs/openapi/tenant-ciam.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
        // Answers fill all buffers on the way; then nothing more is taken, until the connection is broken off.
        while connection.try_send(list.repeat(100)) {}
        assert!(closed(gateway, "answer") > before);
    });
}

#[test]
fn an_address_has_no_more_connections_than_it_may() {
    on_each_gateway_with(
        |config| config.limits.address_connections = 4,
        |gateway| {
            let mut all: Vec<_> = (0..5).map(|_| kept(gateway)).collect();
            // The one that was idle longest made room for the fifth.
            assert_eq!(all.remove(0).until_end(), 0);
            for one in &mut all {
                one.send(STALLED_POST);
                assert_eq!(one.reply().unwrap().status, 100, "it is being worked on");
            }
            assert_eq!(gateway.raw().until_end(), 0, "none can make room");
            let mut another = gateway.raw_from([127, 0, 0, 2]);
            another.send(GET);
            assert_eq!(another.reply().unwrap().status, 200, "another address has its own");
        },
    );
}

#[test]
fn a_trusted_proxy_has_as_many_connections_as_it_wants() {
    let proxied = |config: &mut Config| {
        config.limits.address_connections = 2;
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    };
    on_each_gateway_with(proxied, |gateway| {
        let mut all: Vec<_> = (0..8).map(|_| kept(gateway)).collect();
        for one in &mut all {
            one.send(GET);
            assert_eq!(one.reply().unwrap().status, 200);
        }
    });
}
