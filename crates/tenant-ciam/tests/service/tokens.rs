//! Clients and their tokens.

use std::time::Duration;

use roster_kernel::ports::TokenService;
use roster_kernel::{Fault, Origin};
use roster_persistence::testing::block_on;
use roster_tenant_ciam::validate::Credentials;
use roster_tenant_ciam::{Client, Error, OAuthError, REALM, Store, TenantId};

use super::{House, change};

#[test]
fn wrong_secrets_count_for_their_address_and_lock_no_client() {
    block_on(async {
        let house = House::new();
        house.tenant("demo").await;
        house
            .accounts
            .put(&change(), REALM, "demo-client", Some("demo"), &"demo-secret".into())
            .await
            .unwrap();
        let ask = async |secret: &str, last: u8| {
            let client_secret = secret.into();
            let credentials = Credentials { client_id: "demo-client".into(), client_secret, basic: true };
            let origin = Origin { address: Some([192, 0, 2, last].into()), request_id: None };
            house.service.token(&credentials, &origin).await.err()
        };
        let wrong = |error| matches!(error, Some(Error::OAuth(OAuthError::InvalidClient { basic: true })));
        for _ in 0..100 {
            assert!(wrong(ask("x", 1).await));
        }
        assert!(matches!(ask("x", 1).await, Some(Error::Fault(Fault::TooMany(_)))));
        assert!(ask("demo-secret", 1).await.is_none(), "a right secret is never refused");
        assert!(wrong(ask("x", 2).await));
        house.clock.advance(300_000);
        assert!(wrong(ask("x", 1).await));
    });
}

#[test]
fn a_client_gets_tokens_and_acts_on_its_tenant_alone() {
    block_on(async {
        let house = House::new();
        house.tenant("demo").await;
        house.tenant("other").await;
        let origin = Origin { address: Some([192, 0, 2, 7].into()), request_id: None };
        for (client, tenant) in [("demo-client", "demo"), ("other-client", "other")] {
            house.accounts.put(&change(), REALM, client, Some(tenant), &"demo-secret".into()).await.unwrap();
        }
        let credentials = |id: &str, secret: &str| Credentials {
            client_id: id.into(),
            client_secret: secret.into(),
            basic: false,
        };
        let good = credentials("demo-client", "demo-secret");
        let first = house.service.token(&good, &origin).await.unwrap();
        assert_eq!((first.token_type, first.expires_in, first.scope), ("bearer", 1800, "all"));
        let second = house.service.token(&good, &origin).await.unwrap();
        let header = |token: &str| format!("Bearer {token}");
        for token in [&first.access_token, &second.access_token] {
            let client = house.service.client(Some(&header(token)), None, origin.clone()).await.unwrap();
            assert_eq!((client.tenant().as_str(), client.principal()), ("demo", "client:demo-client"));
        }
        for wrong in [credentials("demo-client", "x"), credentials("nobody", "demo-secret")] {
            let refused = house.service.token(&wrong, &origin).await.err();
            assert!(matches!(refused, Some(Error::OAuth(OAuthError::InvalidClient { basic: false }))));
        }

        let host = async |authorization: &str, host| {
            house.service.client(Some(authorization), Some(host), origin.clone()).await.is_ok()
        };
        let other = TenantId::parse("other").unwrap();
        house.store.bind_host(&change(), &other, Some("shop.example")).await.unwrap();
        let demo = header(&first.access_token);
        assert!(!host(&demo, "Shop.Example:8080").await);
        assert!(host(&demo, "localhost:8080").await && host(&demo, "[::1]:8080").await);
        let token = house.service.token(&credentials("other-client", "demo-secret"), &origin).await.unwrap();
        assert!(host(&header(&token.access_token), "shop.example.").await);

        house.clock.advance(1_800_000);
        assert!(!host(&demo, "localhost").await, "expired");
    });
}

#[test]
fn a_wrong_token_is_refused_and_counted_a_right_one_never_slowed() {
    block_on(async {
        let house = House::new();
        house.tenant("demo").await;
        let origin = Origin { address: Some([192, 0, 2, 7].into()), request_id: None };
        let ask = async |authorization: Option<&str>| {
            house.service.client(authorization, None, origin.clone()).await.map(|_| ())
        };
        for missing in [None, Some(""), Some("demo-token"), Some("Basic eDp5")] {
            assert!(matches!(ask(missing).await, Err(Error::OAuth(OAuthError::MissingToken))), "{missing:?}");
        }
        for _ in 0..100 {
            assert!(matches!(ask(Some("Bearer wrong")).await, Err(Error::OAuth(OAuthError::InvalidToken))));
        }
        assert!(matches!(ask(Some("Bearer wrong")).await, Err(Error::Fault(Fault::TooMany(_)))));
        let token = house.tokens.issue(REALM, "c", Some("demo"), Duration::from_secs(60)).await.unwrap();
        assert!(ask(Some(&format!("bearer {}", token.expose()))).await.is_ok());
        // Of another realm, or of no tenant.
        let stray = house.tokens.issue(REALM, "c", None, Duration::from_secs(60)).await.unwrap();
        let stray = format!("Bearer {}", stray.expose());
        assert!(matches!(ask(Some(&stray)).await, Err(Error::OAuth(OAuthError::InvalidToken))));
    });
}

#[test]
fn a_tenant_that_is_gone_is_no_tenant() {
    block_on(async {
        let house = House::new();
        let by = Client::trusted(TenantId::parse("gone").unwrap(), "test");
        assert!(matches!(house.create(&by, "{}").await, Err(Error::OAuth(OAuthError::InvalidToken))));
    });
}
