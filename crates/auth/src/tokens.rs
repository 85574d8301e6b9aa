use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{PortError, Token, TokenRejection, TokenService};
use roster_kernel::{Clock, Random, Realm, Secret, digest};
use roster_persistence::{Beliefs, Db};

use crate::operators::OPERATORS;
use crate::schema::auth_tokens;
use crate::setbacks::Setbacks;
use crate::signer::JwtSigner;

/// The random part of an issued token, in bytes.
const RANDOM_BYTES: usize = 24;
/// The tag behind it, in bytes: what tells a token of ours from a guess once its row is gone.
const TAG_BYTES: usize = 8;

/// Opaque tokens: CIAM bearers and operators' tokens.
///
/// An issued one is 24 random bytes and a tag of 8, both in hexadecimal. It is valid only while the
/// store has its row; the tag merely tells that an expired one was no guess.
pub struct TokenStore {
    pub(crate) db: Db,
    beliefs: Beliefs<Row>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    setbacks: Setbacks,
    tags: JwtSigner,
}

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_tokens, treat_none_as_default_value = false)]
pub(crate) struct Row {
    pub(crate) token_hash: String,
    pub(crate) realm: String,
    pub(crate) subject: String,
    pub(crate) scope: Option<String>,
    pub(crate) issued_ms: i64,
    pub(crate) expires_ms: Option<i64>,
}

impl TokenStore {
    /// The tokens of `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let tags = JwtSigner::new(db.clone(), clock.clone(), random.clone());
        Self { beliefs: Beliefs::about(db.clone()), db, clock, random, setbacks: Setbacks::default(), tags }
    }

    /// Whether this store issued `token` for `realm`, be it valid still or not.
    async fn is_ours(&self, realm: Realm, token: &str) -> Result<bool, PortError> {
        let Ok(token) = hex::decode(token) else { return Ok(false) };
        let Some((random, tag)) = token.split_at_checked(RANDOM_BYTES) else { return Ok(false) };
        Ok(tag.len() == TAG_BYTES && self.tags.is_tag(realm, random, tag).await?)
    }

    fn is_expired(&self, issued_ms: i64, expires_ms: i64) -> bool {
        self.setbacks.is_expired(self.clock.as_ref(), issued_ms, expires_ms.saturating_sub(issued_ms))
    }
}

#[async_trait]
impl TokenService for TokenStore {
    async fn issue(
        &self,
        realm: Realm,
        subject: &str,
        scope: Option<&str>,
        lifetime: Duration,
    ) -> Result<Secret, PortError> {
        let mut random = [0; RANDOM_BYTES];
        self.random.fill(&mut random);
        let tag = self.tags.tag::<TAG_BYTES>(realm, &random).await?;
        let token = Secret::new(hex::encode(random) + &hex::encode(tag));
        let now = self.clock.now_ms();
        self.setbacks.look(self.clock.as_ref());
        let lifetime_ms = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
        let row = Row {
            token_hash: digest(token.expose()),
            realm: realm.name().to_owned(),
            subject: subject.to_owned(),
            scope: scope.map(str::to_owned),
            issued_ms: now,
            expires_ms: Some(now.saturating_add(lifetime_ms)),
        };
        let issued = self.db.bookkeep(move |conn| {
            // Whoever brings a new one takes the dead ones away.
            let over = auth_tokens::expires_ms.le(now).and(auth_tokens::realm.ne(OPERATORS.name()));
            diesel::delete(auth_tokens::table.filter(over)).execute(conn)?;
            diesel::insert_into(auth_tokens::table).values(&row).execute(conn)?;
            Ok(())
        });
        issued.await?;
        Ok(token)
    }

    async fn verify(&self, realm: Realm, token: &str) -> Result<Result<Token, TokenRejection>, PortError> {
        let hash = digest(token);
        let wanted = hash.clone();
        let row = self.beliefs.find(&hash, move |conn| {
            let found = auth_tokens::table.find(&wanted);
            Ok(found.select(Row::as_select()).get_result(conn).optional()?)
        });
        Ok(match row.await?.filter(|row| row.realm == realm.name()) {
            None if self.is_ours(realm, token).await? => Err(TokenRejection::Expired),
            None => Err(TokenRejection::Unknown),
            Some(row) if row.expires_ms.is_some_and(|end| self.is_expired(row.issued_ms, end)) => {
                Err(TokenRejection::Expired)
            }
            Some(row) => Ok(Token { subject: row.subject, scope: row.scope, expires_ms: row.expires_ms }),
        })
    }

    async fn revoke_all(&self, realm: Realm, subject: &str) -> Result<(), PortError> {
        let subject = subject.to_owned();
        let revoked = self.db.bookkeep(move |conn| {
            diesel::delete(auth_tokens::table)
                .filter(auth_tokens::realm.eq(realm.name()).and(auth_tokens::subject.eq(subject)))
                .execute(conn)?;
            Ok(())
        });
        Ok(revoked.await?)
    }
}
