//! The use cases, on a real store: every error code with the request that produces it, or the
//! reason why a create cannot.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use roster_auth::{AccountStore, Argon2Hasher, HashingConfig, ThrottleStore, TokenStore};
use roster_kernel::ports::{PasswordHash, PasswordHasher, TokenService, Verified};
use roster_kernel::{
    Change, CountingRandom, Fault, IntoWire, ManualClock, Origin, OsRandom, PortError, ReplyContext, Secret,
    WireBody, json,
};
use roster_persistence::Db;
use roster_persistence::testing::{TestDatabase, block_on};
use roster_tenant_ciam::messages::Code;
use roster_tenant_ciam::mobile::{AreaCode, AreaCodes};
use roster_tenant_ciam::password::PasswordPolicy;
use roster_tenant_ciam::validate::Credentials;
use roster_tenant_ciam::{
    AttributeDefinition, AttributeKind, Builtin, Client, Config, DieselStore, Error, ExtensionKey,
    OAuthError, Pattern, Ports, REALM, Store, TenantCiam, TenantId, UserId, ValueRule,
};

const SEED: &str = include_str!("../../../tests/fixtures/seeds/tenant-ciam.create.request.json");
/// 2020-10-28T10:27:49.564Z
const NOW_MS: i64 = 1_603_880_869_564;

/// A hasher that counts, and lets the tenant's rules change while it is at work: after the judging,
/// before the insert.
struct Meddler {
    hasher: Argon2Hasher,
    store: Arc<DieselStore>,
    hashes: AtomicUsize,
    meanwhile: Mutex<Option<AttributeDefinition>>,
}

#[async_trait]
impl PasswordHasher for Meddler {
    async fn hash(&self, password: &Secret) -> Result<PasswordHash, PortError> {
        self.hashes.fetch_add(1, Ordering::SeqCst);
        let definition = self.meanwhile.lock().unwrap().take();
        if let Some(definition) = definition {
            let tenant = TenantId::parse("demo").unwrap();
            assert!(self.store.put_attribute(&change(), &tenant, definition).await.unwrap());
        }
        self.hasher.hash(password).await
    }

    async fn verify(&self, password: &Secret, hash: Option<&PasswordHash>) -> Result<Verified, PortError> {
        self.hasher.verify(password, hash).await
    }
}

/// The dialect on a SQLite file of its own.
struct House {
    service: TenantCiam,
    store: Arc<DieselStore>,
    hasher: Arc<Meddler>,
    accounts: Arc<AccountStore>,
    tokens: Arc<TokenStore>,
    clock: Arc<ManualClock>,
    db: Db,
    _database: TestDatabase,
}

impl House {
    fn new() -> Self {
        Self::with_random(Arc::new(OsRandom))
    }

    fn with_random(random: Arc<dyn roster_kernel::Random>) -> Self {
        let database = TestDatabase::sqlite();
        let clock = Arc::new(ManualClock::at(NOW_MS));
        let db = database.open_at(roster_migrations::ALL, clock.clone());
        let store = Arc::new(DieselStore::new(db.clone()));
        let hasher = Arc::new(Meddler {
            hasher: Argon2Hasher::new(&HashingConfig::cheapest(), Arc::new(OsRandom)).unwrap(),
            store: store.clone(),
            hashes: AtomicUsize::new(0),
            meanwhile: Mutex::new(None),
        });
        let accounts = Arc::new(AccountStore::new(db.clone(), hasher.clone(), vec![REALM]));
        let tokens = Arc::new(TokenStore::new(db.clone(), clock.clone(), Arc::new(OsRandom)));
        let ports = Ports {
            store: store.clone(),
            hasher: hasher.clone(),
            tokens: tokens.clone(),
            accounts: accounts.clone(),
            clients: accounts.clone(),
            throttle: Arc::new(ThrottleStore::new(db.clone(), clock.clone())),
            clock: clock.clone(),
            random,
        };
        let service = TenantCiam::new(Config::default(), ports);
        Self { service, store, hasher, accounts, tokens, clock, db, _database: database }
    }

    /// A tenant whose users may have an `age`, and somebody who may act on it.
    async fn tenant(&self, id: &str) -> Client {
        let id = TenantId::parse(id).unwrap();
        let made = self.service.provision_tenant(&change(), &id, "A tenant", vec![extension("age")]).await;
        assert!(made.unwrap());
        Client::trusted(id, "test")
    }

    async fn create(&self, by: &Client, body: &str) -> Result<String, Error> {
        Ok(self.service.create(by, json::decode(body.as_bytes())?).await?.user_id)
    }

    async fn count(&self, from: &str) -> i64 {
        use diesel::prelude::*;
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let query = format!("SELECT count(*) AS n FROM {from}");
        self.db.read(move |conn| Ok(diesel::sql_query(query).get_result::<Count>(conn)?.n)).await.unwrap()
    }
}

fn change() -> Change {
    Change { principal: "test".into(), origin: Origin::default(), at_ms: NOW_MS }
}

fn extension(key: &str) -> AttributeDefinition {
    AttributeDefinition::extension(ExtensionKey::parse(key).unwrap(), AttributeKind::Text)
}

fn body(error: &Error, language: &str) -> String {
    let context = ReplyContext {
        path: "/api/v2/tenant/users".into(),
        accept_language: None,
        x_l: Some(language.into()),
        now_ms: NOW_MS,
    };
    let wire = error.to_wire(&context);
    let WireBody::Json(body) = wire.body else { panic!("no JSON: {wire:?}") };
    format!("{} {body}", wire.status)
}

#[test]
fn the_sample_is_created_and_recorded() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        let id = house.create(&by, SEED).await.unwrap();
        assert!(id.starts_with("20201028102749564-"), "{id}");
        assert!(UserId::parse(&id).is_ok());
        let kept = "tenant_users WHERE user_name = 'zhangsan' AND mobile = '+86-15200000000' \
                    AND password_hash LIKE '$argon2id$%' AND NOT must_modify_password AND first_name IS NULL";
        assert_eq!(house.count(kept).await, 1);
        assert_eq!(house.count("tenant_user_extensions WHERE key = 'age' AND value = '28'").await, 1);
        assert_eq!(house.count("tenant_user_pictures").await, 1);
        assert_eq!(house.count("tenant_password_history").await, 1);
        let entry = format!(
            "store_journal WHERE dialect = 'tenant-ciam' AND realm = 'demo' AND subject = '{id}' \
             AND verb = 'create' AND principal = 'test' AND fields LIKE '%\"pwd\"%'"
        );
        assert_eq!(house.count(&entry).await, 1);
        let values = "store_journal_values WHERE after_json LIKE";
        assert_eq!(
            house.count(&format!("{values} '%\"zhangsan\"%' AND after_json LIKE '%\"sha256\"%'")).await,
            1
        );
        assert_eq!(house.count(&format!("{values} '%qwe123%'")).await, 0, "no password");
        assert_eq!(house.count(&format!("{values} '%base64%'")).await, 0, "no picture");
        assert_eq!(house.count(&format!("{values} '%argon2%'")).await, 0, "no hash");
    });
}

#[test]
fn a_user_needs_nothing() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        house.create(&by, "{}").await.unwrap();
        house.create(&by, r#"{"user_name":"","unknown":{"a":[1]}}"#).await.unwrap();
        let kept = "tenant_users WHERE user_name LIKE 'user\\__%' ESCAPE '\\' AND length(user_name) = 15 \
                    AND password_hash IS NULL AND must_modify_password";
        assert_eq!(house.count(kept).await, 2);
        assert_eq!(house.count("tenant_password_history").await, 0);
    });
}

#[test]
fn a_generated_name_that_is_taken_is_made_anew() {
    block_on(async {
        let house = House::with_random(Arc::new(CountingRandom::default()));
        let by = house.tenant("demo").await;
        // What the first two draws make: the name comes from the first, the id from the next.
        house.create(&by, r#"{"user_name":"USER_0000000001"}"#).await.unwrap();
        house.create(&by, "{}").await.unwrap();
        assert_eq!(house.count("tenant_users").await, 2);
        assert_eq!(house.count("tenant_users WHERE user_name = 'user_0000000001'").await, 0);
    });
}

/// What a case needs before its request.
enum Given {
    Attribute(AttributeDefinition),
    Codes(AreaCodes),
    Policy(PasswordPolicy),
    Weak(&'static str),
    /// A user who is there already.
    User(&'static str),
}

enum Case {
    Made(Vec<Given>, String),
    /// What is not this dialect's own, and comes before or beneath its rules.
    Fault(Fault),
    Impossible(&'static str),
}

fn required(builtin: Builtin) -> Case {
    Case::Made(
        vec![Given::Attribute(AttributeDefinition::builtin(builtin).required(true))],
        r#"{"user_name":"x"}"#.into(),
    )
}

fn longer(builtin: Builtin) -> Case {
    let max = AttributeDefinition::builtin(builtin).rule().max_chars.unwrap() as usize;
    Case::Made(vec![], format!(r#"{{"{}":"{}"}}"#, builtin.key(), "湖".repeat(max + 1)))
}

fn made(given: Vec<Given>, body: &str) -> Case {
    Case::Made(given, body.into())
}

fn case(code: Code) -> Case {
    use Case::Impossible;
    const LATER: &str = "only what acts on a user who is there";
    match code {
        Code::UserNotFound | Code::PasswordUsedBefore => Impossible(LATER),
        Code::UserNameEmpty => made(
            vec![Given::Attribute(AttributeDefinition::builtin(Builtin::UserName).required(true))],
            r#"{"user_name":""}"#,
        ),
        Code::NameEmpty => required(Builtin::Name),
        Code::MobileEmpty => required(Builtin::Mobile),
        Code::EmailEmpty => required(Builtin::Email),
        Code::PasswordEmpty => required(Builtin::Password),
        Code::GenderEmpty => required(Builtin::Gender),
        Code::BirthdayEmpty => required(Builtin::Birthday),
        Code::NickNameEmpty => required(Builtin::NickName),
        Code::MailingAddressEmpty => required(Builtin::MailingAddress),
        Code::ZipCodeEmpty => required(Builtin::ZipCode),
        Code::FirstNameEmpty => required(Builtin::FirstName),
        Code::MiddleNameEmpty => required(Builtin::MiddleName),
        Code::LastNameEmpty => required(Builtin::LastName),
        Code::IndustryEmpty => required(Builtin::Industry),
        Code::ExternalIdEmpty => required(Builtin::ExternalId),
        Code::ExtensionEmpty => {
            made(vec![Given::Attribute(extension("age").required(true))], r#"{"extension":{"age":""}}"#)
        }
        Code::UserNameRule => longer(Builtin::UserName),
        Code::NameRule => longer(Builtin::Name),
        Code::MobileRule => made(vec![], r#"{"mobile":"86-15200000000"}"#),
        Code::EmailRule => made(vec![], r#"{"email":"zhangsan"}"#),
        Code::GenderRule => made(vec![], r#"{"attr_gender":"unknown"}"#),
        Code::BirthdayRule => made(vec![], r#"{"attr_birthday":"2022-02-30"}"#),
        Code::NickNameRule => longer(Builtin::NickName),
        Code::MailingAddressRule => longer(Builtin::MailingAddress),
        Code::ZipCodeRule => {
            let rule = ValueRule { pattern: Some(Pattern::new(r"\d{6}").unwrap()), ..ValueRule::default() };
            let zip_code = AttributeDefinition::builtin(Builtin::ZipCode).ruled(rule).unwrap();
            made(vec![Given::Attribute(zip_code)], r#"{"zip_code":"4300000"}"#)
        }
        Code::FirstNameRule => longer(Builtin::FirstName),
        Code::MiddleNameRule => longer(Builtin::MiddleName),
        Code::LastNameRule => longer(Builtin::LastName),
        Code::IndustryRule => longer(Builtin::Industry),
        Code::ExternalIdRule => longer(Builtin::ExternalId),
        Code::ExtensionRule => made(vec![], r#"{"extension":{"shoe_size":"42"}}"#),
        Code::AreaCodeNotEnabled => {
            let hong_kong = AreaCode::new("HK", "852", r"\d{8}").unwrap();
            let codes = AreaCodes::new(vec![hong_kong], "852").unwrap();
            made(vec![Given::Codes(codes)], r#"{"mobile":"+86-15200000000"}"#)
        }
        Code::UserNameTaken => {
            made(vec![Given::User(r#"{"user_name":"Zhangsan"}"#)], r#"{"user_name":"zhangsan","pwd":"x"}"#)
        }
        Code::MobileTaken => {
            made(vec![Given::User(r#"{"mobile":"15200000000"}"#)], r#"{"mobile":"+8615200000000"}"#)
        }
        Code::EmailTaken => made(vec![Given::User(r#"{"email":"A@qq.com"}"#)], r#"{"email":"a@QQ.com"}"#),
        Code::ExtensionTaken => {
            let card = Given::Attribute(extension("card").unique(true).unwrap());
            made(vec![card, Given::User(r#"{"extension":{"card":"7"}}"#)], r#"{"extension":{"card":"7"}}"#)
        }
        Code::PasswordReversedUserName => made(vec![], r#"{"user_name":"zhangsan","pwd":"1NASGNAHZ!"}"#),
        Code::PasswordUserInformation => made(vec![], r#"{"name":"张三丰","pwd":"1ZhangSanFeng!"}"#),
        Code::PasswordComplexity => made(vec![], r#"{"pwd":"abcdefghi"}"#),
        Code::PasswordWeak => made(vec![Given::Weak("welcome2shop")], r#"{"pwd":"Welcome2Shop"}"#),
        Code::PasswordRun => made(vec![], r#"{"pwd":"aaaa1234!"}"#),
        Code::PasswordLength => made(vec![Given::Policy(PasswordPolicy::NIST)], r#"{"pwd":"qwe123!@#"}"#),
        Code::Parameter => made(vec![], r#"{"user_name":7}"#),
        Code::NoSuchPath => Case::Fault(Fault::NoSuchPath),
        Code::MethodNotAllowed => Case::Fault(Fault::Method { method: "PATCH".into(), allow: "POST".into() }),
        Code::BodyTooLarge => Case::Fault(Fault::TooLarge { limit: 2_097_152 }),
        Code::MediaType => Case::Fault(Fault::MediaType(Some("text/plain".into()))),
        Code::TooManyAttempts => Case::Fault(Fault::TooMany(Duration::from_secs(2))),
        Code::Internal => Case::Fault(PortError::failed("a secret detail").into()),
        Code::Busy => Case::Fault(PortError::Busy { retry_after: Duration::from_secs(1) }.into()),
    }
}

#[test]
fn every_code_has_its_request_or_its_reason() {
    block_on(async {
        let house = House::new();
        let mut answers = String::new();
        for (number, &code) in Code::ALL.iter().enumerate() {
            answers.push_str(code.code());
            answers.push('\n');
            let (given, request) = match case(code) {
                Case::Made(given, request) => (given, request),
                Case::Fault(fault) => {
                    let error = Error::from(fault);
                    assert_eq!(error.code(), Some(code));
                    answers.push_str(&format!("  {}\n  {}\n", body(&error, "en"), body(&error, "zh")));
                    continue;
                }
                Case::Impossible(reason) => {
                    answers.push_str(&format!("  not by a create: {reason}\n"));
                    continue;
                }
            };
            let by = house.tenant(&format!("t{number}")).await;
            for given in given {
                arrange(&house, &by, given).await;
            }
            let users = house.count("tenant_users").await;
            let error = house.create(&by, &request).await.unwrap_err();
            assert_eq!(error.code(), Some(code), "{request}");
            assert_eq!(house.count("tenant_users").await, users);
            answers.push_str(&format!("  {}\n  {}\n", body(&error, "en"), body(&error, "zh")));
        }
        assert_eq!(house.hasher.hashes.load(Ordering::SeqCst), 0, "a request that fails costs no hash");
        insta::assert_snapshot!(answers);
    });
}

async fn arrange(house: &House, by: &Client, given: Given) {
    let (store, tenant) = (&house.store, by.tenant());
    match given {
        Given::Attribute(definition) => {
            assert!(store.put_attribute(&change(), tenant, definition).await.unwrap());
        }
        Given::Codes(codes) => assert!(store.put_area_codes(&change(), tenant, codes).await.unwrap()),
        Given::Policy(policy) => assert!(store.put_password_policy(&change(), tenant, policy).await.unwrap()),
        Given::Weak(word) => {
            let words = HashSet::from([word.to_owned()]);
            assert!(store.put_weak_passwords(&change(), tenant, words).await.unwrap());
        }
        Given::User(body) => {
            house.create(by, body).await.unwrap();
        }
    }
}

#[test]
fn one_fault_after_the_other_in_the_codes_order() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        let required = AttributeDefinition::builtin(Builtin::ExternalId).required(true);
        arrange(&house, &by, Given::Attribute(required)).await;
        house.create(&by, r#"{"user_name":"zhangsan","email":"a@qq.com","external_id":"0"}"#).await.unwrap();
        // Every fault of the request but those mended before it.
        let steps = [
            (
                r#"{"attr_gender":"x","mobile":"+99-1","user_name":"zhangsan","email":"a@qq.com","pwd":"aaaa","extension":{"y":1}}"#,
                Code::ExternalIdEmpty,
            ),
            (
                r#"{"external_id":"1","attr_gender":"x","mobile":"+99-1","user_name":"zhangsan","email":"a@qq.com","pwd":"aaaa","extension":{"y":1}}"#,
                Code::GenderRule,
            ),
            (
                r#"{"external_id":"1","mobile":"+99-1","user_name":"zhangsan","email":"a@qq.com","pwd":"aaaa","extension":{"y":1}}"#,
                Code::ExtensionRule,
            ),
            (
                r#"{"external_id":"1","mobile":"+99-1","user_name":"zhangsan","email":"a@qq.com","pwd":"aaaa"}"#,
                Code::AreaCodeNotEnabled,
            ),
            (
                r#"{"external_id":"1","user_name":"zhangsan","email":"a@qq.com","pwd":"aaaa"}"#,
                Code::UserNameTaken,
            ),
            (r#"{"external_id":"1","user_name":"lisi","email":"a@qq.com","pwd":"aaaa"}"#, Code::EmailTaken),
            (r#"{"external_id":"1","user_name":"lisi","pwd":"aaaa"}"#, Code::PasswordLength),
            (r#"{"external_id":"1","user_name":"lisi","pwd":"aaaaaaaa"}"#, Code::PasswordComplexity),
        ];
        for (body, code) in steps {
            assert_eq!(house.create(&by, body).await.unwrap_err().code(), Some(code), "{body}");
        }
        house.create(&by, r#"{"external_id":"1","user_name":"lisi","pwd":"Abc12345!"}"#).await.unwrap();
    });
}

#[test]
fn rules_that_change_meanwhile_are_judged_by() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        let email = |required| AttributeDefinition::builtin(Builtin::Email).required(required);
        let meanwhile = |definition| *house.hasher.meanwhile.lock().unwrap() = Some(definition);
        let body = r#"{"user_name":"zhangsan","pwd":"qwe123!@#"}"#;
        meanwhile(email(true));
        assert_eq!(house.create(&by, body).await.unwrap_err().code(), Some(Code::EmailEmpty));
        let body = r#"{"user_name":"zhangsan","pwd":"qwe123!@#","email":"a@qq.com"}"#;
        meanwhile(email(false));
        house.create(&by, body).await.unwrap();
        assert_eq!(
            house.hasher.hashes.load(Ordering::SeqCst),
            2,
            "one for each request, however often judged"
        );
    });
}

#[test]
fn guessing_a_secret_is_slowed_down() {
    block_on(async {
        let house = House::new();
        house.tenant("demo").await;
        house
            .accounts
            .put(&change(), REALM, "demo-client", Some("demo"), &"demo-secret".into())
            .await
            .unwrap();
        let ask = async |secret: &str| {
            let client_secret = secret.into();
            let credentials = Credentials { client_id: "demo-client".into(), client_secret, basic: true };
            house.service.token(&credentials, &Origin::default()).await.err()
        };
        for _ in 0..10 {
            assert!(matches!(ask("x").await, Some(Error::OAuth(OAuthError::InvalidClient { basic: true }))));
        }
        assert!(matches!(ask("demo-secret").await, Some(Error::Fault(Fault::TooMany(_)))));
        house.clock.advance(1_000);
        assert!(ask("demo-secret").await.is_none());
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
