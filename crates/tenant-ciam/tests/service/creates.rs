//! Creates: what is stored, what is judged first, what happens meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use roster_kernel::CountingRandom;
use roster_persistence::testing::block_on;
use roster_tenant_ciam::messages::Code;
use roster_tenant_ciam::{AttributeDefinition, Builtin, UserId};

use super::{Given, House, SEED, arrange};

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
