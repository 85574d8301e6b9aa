use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{JwtAlgorithm, PortError, TokenRejection, TokenSigner};
use roster_kernel::{Clock, Random, Realm, Secret, hex_token};
use roster_persistence::{AnyConn, Db, StoreError};
use serde_json::{Map, Value};

use crate::jws;
use crate::schema::auth_signing_keys;

/// How long a gateway signs with a key before it asks the store for a newer one.
const CURRENT_KEY_MS: i64 = 60_000;

/// Signs JSON web tokens with one key a realm. Keys are made at first use and kept in the store,
/// so that all gateways share them; a token names its key, so a rotated one still opens what it
/// signed.
pub struct JwtSigner {
    db: Db,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: RwLock<Keys>,
}

#[derive(Default)]
struct Keys {
    by_kid: HashMap<String, Key>,
    /// The key to sign with, and when it was looked up.
    current: HashMap<Realm, (String, i64)>,
}

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_signing_keys)]
struct Key {
    kid: String,
    realm: String,
    secret: Vec<u8>,
    created_ms: i64,
}

impl JwtSigner {
    /// The signer of `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { db, clock, random, keys: RwLock::default() }
    }

    async fn current(&self, realm: Realm) -> Result<Key, PortError> {
        let now = self.clock.now_ms();
        let cached = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            let fresh = keys.current.get(&realm).filter(|(_, at)| now - at < CURRENT_KEY_MS);
            fresh.and_then(|(kid, _)| keys.by_kid.get(kid).cloned())
        };
        if let Some(key) = cached {
            return Ok(key);
        }
        let key = match self.db.read(move |conn| newest(conn, realm)).await? {
            Some(key) => key,
            None => self.make(realm, now).await?,
        };
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.by_kid.insert(key.kid.clone(), key.clone());
        keys.current.insert(realm, (key.kid.clone(), now));
        Ok(key)
    }

    /// Makes the realm's first key. Of two gateways that do so at once both keep theirs, and the
    /// newest is used from the next look on.
    async fn make(&self, realm: Realm, now: i64) -> Result<Key, PortError> {
        let mut secret = vec![0; 64];
        self.random.fill(&mut secret);
        let kid = hex_token(self.random.as_ref(), 8);
        let key = Key { kid, realm: realm.name().to_owned(), secret, created_ms: now };
        let made = self.db.bookkeep(move |conn| {
            if let Some(key) = newest(conn, realm)? {
                return Ok(key);
            }
            diesel::insert_into(auth_signing_keys::table).values(&key).execute(conn)?;
            Ok(key)
        });
        Ok(made.await?)
    }

    async fn by_kid(&self, kid: &str) -> Result<Option<Key>, PortError> {
        let cached = self.keys.read().unwrap_or_else(PoisonError::into_inner).by_kid.get(kid).cloned();
        if cached.is_some() {
            return Ok(cached);
        }
        let wanted = kid.to_owned();
        let found = self.db.read(move |conn| {
            let key = auth_signing_keys::table.find(wanted).filter(auth_signing_keys::retired_ms.is_null());
            Ok(key.select(Key::as_select()).first(conn).optional()?)
        });
        let found: Option<Key> = found.await?;
        if let Some(key) = &found {
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.by_kid.insert(key.kid.clone(), key.clone());
        }
        Ok(found)
    }
}

fn newest(conn: &mut AnyConn, realm: Realm) -> Result<Option<Key>, StoreError> {
    let keys = auth_signing_keys::table
        .filter(auth_signing_keys::realm.eq(realm.name()).and(auth_signing_keys::retired_ms.is_null()))
        .order((auth_signing_keys::created_ms.desc(), auth_signing_keys::kid));
    Ok(keys.select(Key::as_select()).first(conn).optional()?)
}

#[async_trait]
impl TokenSigner for JwtSigner {
    async fn sign(
        &self,
        realm: Realm,
        algorithm: JwtAlgorithm,
        claims: &Map<String, Value>,
    ) -> Result<Secret, PortError> {
        let key = self.current(realm).await?;
        Ok(Secret::new(jws::sign(algorithm, &key.kid, &key.secret, claims)))
    }

    async fn open(
        &self,
        realm: Realm,
        algorithm: JwtAlgorithm,
        token: &str,
    ) -> Result<Result<Map<String, Value>, TokenRejection>, PortError> {
        let parts = match jws::parse(algorithm, token) {
            Ok(parts) => parts,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let key = self.by_kid(&parts.kid).await?.filter(|key| key.realm == realm.name());
        let Some(key) = key else { return Ok(Err(TokenRejection::Signature)) };
        Ok(parts.verify(algorithm, &key.secret, self.clock.now_ms()))
    }
}
