//! What an operator does to a tenant, without HTTP: what is recorded of it, and what ends.

use std::time::Duration;

use roster_kernel::ports::{PortError, Token, TokenRejection, TokenService};
use roster_kernel::{Realm, hex_token};
use roster_persistence::testing::block_on;
use roster_tenant_ciam::mobile::AreaCode;
use roster_tenant_ciam::validate::Credentials;
use roster_tenant_ciam::{
    Administrator, CenterError, Missing, OAuthError, PutOptions, TenantChange, WeakEdit, validate,
};
use serde_json::{Map, Value};

use super::*;

#[derive(Debug, diesel::QueryableByName)]
struct Record {
    #[diesel(sql_type = diesel::sql_types::Text)]
    verb: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    fields: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    before_json: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    after_json: String,
}

async fn records(house: &House) -> Vec<Record> {
    use diesel::prelude::*;
    let query = "SELECT verb, fields, COALESCE(before_json, '') AS before_json, \
                 COALESCE(after_json, '') AS after_json \
                 FROM store_journal j LEFT JOIN store_journal_values v ON v.entry_id = j.id \
                 WHERE j.dialect = 'tenant-ciam' AND j.subject = 'acme' ORDER BY j.id";
    house.db.read(move |conn| Ok(diesel::sql_query(query).load::<Record>(conn)?)).await.unwrap()
}

fn operator() -> Administrator {
    Administrator::operator("operator:ada", Origin::default())
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn each_change_is_recorded_with_what_was_and_is() {
    block_on(async {
        let (house, by) = (House::new(), operator());
        let tenant = TenantId::parse("acme").unwrap();
        let service = &house.service;
        service
            .create_tenant(&by, validate::center::tenant(object(r#"{"id":"acme"}"#)).unwrap())
            .await
            .unwrap();
        let options = PutOptions::default();
        service.put_attribute(&by, &tenant, extension("age"), options).await.unwrap();
        let again = service.put_attribute(&by, &tenant, extension("age"), options).await.unwrap();
        assert!(!again.created && again.report.is_empty(), "what does not change is not recorded");
        service.put_attribute(&by, &tenant, extension("age").required(true), options).await.unwrap();
        let dry = PutOptions { dry_run: true, accept_broken: false };
        service.put_attribute(&by, &tenant, extension("size"), dry).await.unwrap();
        service.put_attribute(&by, &tenant, extension("size"), options).await.unwrap();
        let order = ["size", "age"].map(|key| ExtensionKey::parse(key).unwrap()).to_vec();
        service.order_attributes(&by, &tenant, order, false).await.unwrap();
        service.remove_attribute(&by, &tenant, "size", true).await.unwrap();
        service.remove_attribute(&by, &tenant, "size", false).await.unwrap();
        let hong_kong = AreaCode::new("HK", "852", r"\d{8}").unwrap();
        service.put_area_codes(&by, &tenant, AreaCodes::new(vec![hong_kong], "852").unwrap()).await.unwrap();
        service.put_password_policy(&by, &tenant, PasswordPolicy::NIST).await.unwrap();
        let edit = WeakEdit { add: vec!["welcome2shop".into()], ..WeakEdit::default() };
        service.edit_weak_passwords(&by, &tenant, edit).await.unwrap();
        let to = TenantChange { name: None, host: Some(Some("shop.example".into())) };
        service.change_tenant(&by, &tenant, to).await.unwrap();
        let secret = service.create_client(&by, &tenant, Some("shop".into())).await.unwrap();
        service.delete_tenant(&by, &tenant).await.unwrap();

        let told: Vec<_> = records(&house).await;
        let expected = [
            ("create", r#"["name"]"#, "", r#"{"name":"acme"}"#),
            ("update", r#"["attributes.age"]"#, "{}", r#""required":false"#),
            ("update", r#"["attributes.age"]"#, r#""required":false"#, r#""required":true"#),
            ("update", r#"["attributes.size"]"#, "{}", r#""kind":"text""#),
            ("update", r#"["attributes.order"]"#, r#"["age","size"]"#, r#"["size","age"]"#),
            ("update", r#"["attributes.size"]"#, r#""values":0"#, "{}"),
            ("update", r#"["area_codes"]"#, r#""default":"86""#, r#""default":"852""#),
            ("update", r#"["password_policy"]"#, r#""preset":"vendor""#, r#""preset":"nist""#),
            ("update", r#"["weak_passwords"]"#, r#"{"weak_passwords":0}"#, r#"{"weak_passwords":1}"#),
            ("update", r#"["host"]"#, r#""host":null"#, r#""host":"shop.example""#),
            ("delete", r#"["name","host"]"#, r#""host":"shop.example""#, ""),
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (record, (verb, fields, before, after)) in told.iter().zip(expected) {
            assert_eq!((record.verb.as_str(), record.fields.as_str()), (verb, fields), "{record:?}");
            assert!(record.before_json.contains(before), "{before}: {record:?}");
            assert!(record.after_json.contains(after), "{after}: {record:?}");
        }
        let by_operator =
            "store_journal WHERE principal = 'operator:ada' AND subject = 'shop' AND dialect = 'auth'";
        assert_eq!(house.count(by_operator).await, 2, "the client came, and went with its tenant");
        for hidden in ["welcome2shop", secret.client_secret.expose()] {
            let values = format!("store_journal_values WHERE after_json LIKE '%{hidden}%'");
            assert_eq!(house.count(&values).await, 0, "which is nobody's business");
        }
    });
}

/// Tokens, and a rotation that comes between the checking of a secret and the token for it.
struct Rotating {
    tokens: Arc<TokenStore>,
    accounts: Arc<AccountStore>,
}

#[async_trait]
impl TokenService for Rotating {
    async fn issue(
        &self,
        realm: Realm,
        subject: &str,
        scope: Option<&str>,
        lifetime: Duration,
    ) -> Result<Secret, PortError> {
        let secret = Secret::new(hex_token(&OsRandom, 32));
        assert!(self.accounts.set_secret(&change(), realm, subject, &secret).await?);
        self.revoke_all(realm, subject).await?;
        self.tokens.issue(realm, subject, scope, lifetime).await
    }

    async fn verify(&self, realm: Realm, token: &str) -> Result<Result<Token, TokenRejection>, PortError> {
        self.tokens.verify(realm, token).await
    }

    async fn revoke_all(&self, realm: Realm, subject: &str) -> Result<(), PortError> {
        self.tokens.revoke_all(realm, subject).await
    }
}

#[test]
fn a_secret_that_is_rotated_meanwhile_gets_no_token() {
    block_on(async {
        let house = House::new();
        house.tenant("acme").await;
        let tenant = TenantId::parse("acme").unwrap();
        let client = house.service.create_client(&operator(), &tenant, None).await.unwrap();
        let credentials =
            Credentials { client_id: client.client_id, client_secret: client.client_secret, basic: false };
        assert!(house.service.token(&credentials, &Origin::default()).await.is_ok());
        let ports = Ports {
            store: house.store.clone(),
            hasher: house.hasher.clone(),
            tokens: Arc::new(Rotating { tokens: house.tokens.clone(), accounts: house.accounts.clone() }),
            accounts: house.accounts.clone(),
            clients: house.accounts.clone(),
            throttle: Arc::new(ThrottleStore::new(house.db.clone(), house.clock.clone())),
            clock: house.clock.clone(),
            random: Arc::new(OsRandom),
        };
        let overtaken = TenantCiam::new(Config::default(), ports);
        let refused = overtaken.token(&credentials, &Origin::default()).await;
        assert!(matches!(refused, Err(Error::OAuth(OAuthError::InvalidClient { .. }))));
    });
}

#[test]
fn what_is_not_there_is_told_apart() {
    block_on(async {
        let (house, by) = (House::new(), operator());
        house.tenant("acme").await;
        let (acme, nobody) = (TenantId::parse("acme").unwrap(), TenantId::parse("nobody").unwrap());
        let service = &house.service;
        let missing = |error| match error {
            CenterError::NotFound(missing) => missing,
            other => panic!("{other}"),
        };
        assert_eq!(missing(service.tenant(&by, &nobody).await.unwrap_err()), Missing::Tenant);
        assert_eq!(missing(service.revoke_client(&by, &acme, "x").await.unwrap_err()), Missing::Client);
        let removed = service.remove_attribute(&by, &acme, "size", false).await;
        assert_eq!(missing(removed.unwrap_err()), Missing::Attribute);
        assert!(matches!(service.tenants(&by, None, 101).await, Err(CenterError::Invalid(_))));
    });
}
