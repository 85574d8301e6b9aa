use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use diesel::prelude::*;
use hmac::{Hmac, Mac as _};
use roster_kernel::ports::{JwtAlgorithm, PortError, TokenRejection, TokenSigner};
use roster_kernel::{Change, Clock, Random, Realm, Secret, hex_token};
use roster_persistence::{AnyConn, Db, Entry, Outcome, StoreError};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::jws;
use crate::schema::auth_signing_keys;
use crate::setbacks::Setbacks;

/// How long a gateway believes what it knows of a key: that it is still good, and the newest. So a
/// revoked one ends within it everywhere.
const BELIEVED_MS: i64 = 1_000;

/// Signs JSON web tokens with one key a realm. Keys are made at first use and kept in the store,
/// so that all gateways share them; a token names its key, so a rotated one still opens what it
/// signed.
pub struct JwtSigner {
    db: Db,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: RwLock<Keys>,
    setbacks: Setbacks,
}

#[derive(Default)]
struct Keys {
    /// Each with when it was looked up, by the monotonic clock.
    by_kid: HashMap<String, (Key, i64)>,
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
        Self { db, clock, random, keys: RwLock::default(), setbacks: Setbacks::default() }
    }

    async fn current(&self, realm: Realm) -> Result<Key, PortError> {
        let now = self.clock.monotonic_ms();
        let cached = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            let fresh = keys.current.get(&realm).filter(|(_, at)| now - at < BELIEVED_MS);
            fresh.and_then(|(kid, _)| keys.by_kid.get(kid).map(|(key, _)| key.clone()))
        };
        if let Some(key) = cached {
            return Ok(key);
        }
        let key = match self.db.look_up(move |conn| newest(conn, realm)).await? {
            Some(key) => key,
            None => self.make(realm, self.clock.now_ms()).await?,
        };
        self.remember(&key, Some(realm), now);
        Ok(key)
    }

    /// The first bytes of a MAC of `message` under the realm's newest key.
    pub(crate) async fn tag<const N: usize>(
        &self,
        realm: Realm,
        message: &[u8],
    ) -> Result<[u8; N], PortError> {
        let key = self.current(realm).await?;
        let mac = jws::mac::<Hmac<Sha256>>(&key.secret, message).finalize().into_bytes();
        let mut tag = [0; N];
        tag.copy_from_slice(&mac[..N]);
        Ok(tag)
    }

    /// Whether `tag` is [`JwtSigner::tag`]'s of `message` under any key of the realm that is not retired.
    /// Makes no key.
    pub(crate) async fn is_tag(&self, realm: Realm, message: &[u8], tag: &[u8]) -> Result<bool, PortError> {
        let keys = self.db.look_up(move |conn| {
            let good = auth_signing_keys::realm.eq(realm.name()).and(auth_signing_keys::retired_ms.is_null());
            Ok(auth_signing_keys::table.filter(good).select(Key::as_select()).load(conn)?)
        });
        let made =
            |key: &Key| jws::mac::<Hmac<Sha256>>(&key.secret, message).verify_truncated_left(tag).is_ok();
        Ok(keys.await?.iter().any(made))
    }

    /// Whether `realm` has a key to sign with. It gets one with its first token.
    ///
    /// # Errors
    /// [`PortError`] if the store fails.
    pub async fn has_key(&self, realm: Realm) -> Result<bool, PortError> {
        Ok(self.db.read(move |conn| newest(conn, realm)).await?.is_some())
    }

    /// Makes the realm's first key. Of two gateways that do so at once both keep theirs, and the
    /// newest is used from the next look on.
    async fn make(&self, realm: Realm, now: i64) -> Result<Key, PortError> {
        let key = self.fresh(realm, now);
        let made = self.db.bookkeep(move |conn| {
            if let Some(key) = newest(conn, realm)? {
                return Ok(key);
            }
            diesel::insert_into(auth_signing_keys::table).values(&key).execute(conn)?;
            Ok(key)
        });
        Ok(made.await?)
    }

    /// Signs with a new key from now on: this gateway at once, others within a second. With `revoke`
    /// no token that an older key signed is good any more: here at once, elsewhere within a second.
    ///
    /// # Errors
    /// [`PortError`] if the store fails.
    pub async fn rotate(&self, change: &Change, realm: Realm, revoke: bool) -> Result<(), PortError> {
        let (mut key, now) = (self.fresh(realm, self.clock.now_ms()), self.clock.now_ms());
        let rotated = self.db.write(change, move |conn| {
            // The newest by its time, whatever the clocks of two machines say.
            if let Some(old) = newest(conn, realm)? {
                key.created_ms = key.created_ms.max(old.created_ms + 1);
            }
            if revoke {
                let good =
                    auth_signing_keys::realm.eq(realm.name()).and(auth_signing_keys::retired_ms.is_null());
                diesel::update(auth_signing_keys::table.filter(good))
                    .set(auth_signing_keys::retired_ms.eq(now))
                    .execute(conn)?;
            }
            diesel::insert_into(auth_signing_keys::table).values(&key).execute(conn)?;
            let verb = if revoke { "revoke" } else { "rotate" };
            let entry = Entry::event("auth", realm.name(), &key.kid, verb, &["signing_key"]);
            Ok(Outcome::Commit(key, entry))
        });
        let new = rotated.await?;
        if revoke {
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.by_kid.retain(|_, (key, _)| key.realm != realm.name());
        }
        self.remember(&new, Some(realm), self.clock.monotonic_ms());
        Ok(())
    }

    fn fresh(&self, realm: Realm, created_ms: i64) -> Key {
        let mut secret = vec![0; 64];
        self.random.fill(&mut secret);
        let kid = hex_token(self.random.as_ref(), jws::KID_BYTES);
        Key { kid, realm: realm.name().to_owned(), secret, created_ms }
    }

    /// `current_of`: the realm that signs with it now.
    fn remember(&self, key: &Key, current_of: Option<Realm>, now: i64) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.by_kid.insert(key.kid.clone(), (key.clone(), now));
        if let Some(realm) = current_of {
            keys.current.insert(realm, (key.kid.clone(), now));
        }
    }

    async fn by_kid(&self, kid: &str) -> Result<Option<Key>, PortError> {
        let now = self.clock.monotonic_ms();
        let cached = self.keys.read().unwrap_or_else(PoisonError::into_inner).by_kid.get(kid).cloned();
        if let Some((key, at)) = cached
            && now - at < BELIEVED_MS
        {
            return Ok(Some(key));
        }
        let wanted = kid.to_owned();
        let found = self.db.look_up(move |conn| {
            let key = auth_signing_keys::table.find(wanted).filter(auth_signing_keys::retired_ms.is_null());
            Ok(key.select(Key::as_select()).get_result(conn).optional()?)
        });
        let found: Option<Key> = found.await?;
        match &found {
            Some(key) => self.remember(key, None, now),
            None => {
                self.keys.write().unwrap_or_else(PoisonError::into_inner).by_kid.remove(kid);
            }
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

/// When a token was issued and for how long it is good, in milliseconds. Without an `iat` it was issued at
/// the epoch.
fn times(claims: &Map<String, Value>) -> Option<(i64, i64)> {
    let seconds = |name| claims.get(name).and_then(Value::as_i64);
    let (issued, expires) = (seconds("iat").unwrap_or(0), seconds("exp")?);
    let ms = |seconds: i64| seconds.saturating_mul(1000);
    Some((ms(issued), ms(expires.saturating_sub(issued))))
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
        self.setbacks.look(self.clock.as_ref());
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
        Ok(parts.verify(algorithm, &key.secret).and_then(|claims| {
            let (issued_ms, lifetime_ms) = times(&claims).ok_or(TokenRejection::Malformed)?;
            let expired = self.setbacks.is_expired(self.clock.as_ref(), issued_ms, lifetime_ms);
            if expired { Err(TokenRejection::Expired) } else { Ok(claims) }
        }))
    }
}
