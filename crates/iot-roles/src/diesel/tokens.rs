//! The tokens of a session: the rows of `iot_sessions`. Their session is held before any of them.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError, each_backend};

use super::schema::{iot_logins, iot_sessions, iot_users};
use super::tree::inconsistent;
use super::{sessions, users};
use crate::domain::{ObjectId, REPEAT_MS, Token, TokenKind, Username};
use crate::store::{Exchanged, TokenOwner, TokenPair};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = iot_sessions, treat_none_as_default_value = false)]
struct TokenRow {
    id: String,
    user_id: String,
    kind: String,
    domain: Option<String>,
    created_ms: i64,
    expires_ms: i64,
    login_id: Option<String>,
    used_ms: Option<i64>,
    next_access: Option<String>,
    next_refresh: Option<String>,
}

impl From<&Token> for TokenRow {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id.to_string(),
            user_id: token.user_id.to_string(),
            kind: token.kind.name().to_owned(),
            domain: token.domain.clone(),
            created_ms: token.created_ms,
            expires_ms: token.expires_ms,
            login_id: Some(token.session_id.to_string()),
            used_ms: None,
            next_access: None,
            next_refresh: None,
        }
    }
}

impl TryFrom<TokenRow> for Token {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        let kind = TokenKind::named(&row.kind)
            .ok_or_else(|| inconsistent("iot_sessions", "kind", &row.id, row.kind.clone()))?;
        let session_id = row
            .login_id
            .ok_or_else(|| inconsistent("iot_sessions", "login_id", &row.id, "none".to_owned()))?;
        Ok(Self {
            id: ObjectId::stored(row.id),
            session_id: ObjectId::stored(session_id),
            user_id: ObjectId::stored(row.user_id),
            kind,
            domain: row.domain,
            created_ms: row.created_ms,
            expires_ms: row.expires_ms,
        })
    }
}

/// The token of this id, with its user. A row of version 0.1.0 without a session is none.
pub(super) fn owner(conn: &mut AnyConn, id: &ObjectId) -> Result<Option<TokenOwner>, StoreError> {
    type Row = (TokenRow, i64, (String, String, String));
    let found = iot_sessions::table
        .inner_join(iot_logins::table)
        .inner_join(iot_users::table.on(iot_users::id.eq(iot_sessions::user_id)))
        .filter(iot_sessions::id.eq(id.as_str()))
        .select((
            TokenRow::as_select(),
            iot_logins::last_ms,
            (iot_users::username, iot_users::role, iot_users::status),
        ))
        .get_result::<Row>(conn)
        .optional()?;
    let Some((row, session_last_ms, (username, role, status))) = found else { return Ok(None) };
    Ok(Some(TokenOwner {
        session_last_ms,
        role: users::role(&row.user_id, &role)?,
        status: users::status(&row.user_id, &status)?,
        username: Username::stored(username),
        token: row.try_into()?,
    }))
}

/// The session of the access token `id` of `user`, if it is there; nobody ends it before the transaction
/// ends.
pub(super) fn hold_session_of(
    conn: &mut AnyConn,
    id: &ObjectId,
    user: &ObjectId,
) -> Result<Option<ObjectId>, StoreError> {
    let session = |conn: &mut AnyConn| {
        iot_sessions::table
            .find(id.as_str())
            .filter(iot_sessions::user_id.eq(user.as_str()))
            .filter(iot_sessions::kind.eq(TokenKind::Access.name()))
            .select(iot_sessions::login_id)
            .get_result::<Option<String>>(conn)
            .optional()
            .map(|found| found.flatten().map(ObjectId::stored))
    };
    let Some(found) = session(conn)? else { return Ok(None) };
    // The token may have been ended while its session was waited for.
    let held = sessions::hold(conn, &found, user)? && session(conn)?.is_some();
    Ok(held.then_some(found))
}

/// Adds a pair to its session, which is held, and clears away those of its tokens that have expired.
pub(super) fn add(conn: &mut AnyConn, tokens: &TokenPair) -> Result<(), StoreError> {
    let TokenPair { access, refresh } = tokens;
    let (session, now_ms) = (access.session_id.as_str(), access.created_ms);
    let own = iot_sessions::table.filter(iot_sessions::login_id.eq(session));
    diesel::delete(own.filter(iot_sessions::expires_ms.le(now_ms))).execute(conn)?;
    insert(conn, tokens)?;
    diesel::update(iot_logins::table.find(session))
        .set((
            iot_logins::domain.eq(&access.domain),
            iot_logins::access_expires_ms.eq(access.expires_ms),
            iot_logins::refresh_expires_ms.eq(refresh.expires_ms),
            iot_logins::expires_ms.eq(access.expires_ms.max(refresh.expires_ms)),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn insert(conn: &mut AnyConn, tokens: &TokenPair) -> Result<(), StoreError> {
    let rows = [TokenRow::from(&tokens.access), TokenRow::from(&tokens.refresh)];
    each_backend!(conn, |conn| diesel::insert_into(iot_sessions::table).values(&rows[..]).execute(conn))?;
    Ok(())
}

/// Exchanges the refresh token `presented`, whose session is held, for `tokens`.
pub(super) fn exchange(
    conn: &mut AnyConn,
    presented: &Token,
    tokens: &TokenPair,
) -> Result<Exchanged, StoreError> {
    let now_ms = tokens.access.created_ms;
    let Some(row) = row(conn, presented.id.as_str(), presented.session_id.as_str())? else {
        return Ok(Exchanged::Gone);
    };
    if let Some(used_ms) = row.used_ms {
        return repeated(conn, &row, presented, now_ms.abs_diff(used_ms));
    }
    if row.kind != TokenKind::Refresh.name() {
        return Ok(Exchanged::Gone);
    }
    diesel::update(iot_sessions::table.find(&row.id))
        .set((
            iot_sessions::used_ms.eq(now_ms),
            iot_sessions::next_access.eq(tokens.access.id.as_str()),
            iot_sessions::next_refresh.eq(tokens.refresh.id.as_str()),
        ))
        .execute(conn)?;
    add(conn, tokens)?;
    Ok(Exchanged::Opened)
}

/// The answer to a refresh token that was used `ago_ms` ago.
fn repeated(
    conn: &mut AnyConn,
    row: &TokenRow,
    presented: &Token,
    ago_ms: u64,
) -> Result<Exchanged, StoreError> {
    if ago_ms > REPEAT_MS.unsigned_abs() {
        return Ok(Exchanged::Reused);
    }
    let mut next = |id: &Option<String>| match id {
        Some(id) => self::row(conn, id, presented.session_id.as_str()),
        None => Ok(None),
    };
    Ok(match (next(&row.next_access)?, next(&row.next_refresh)?) {
        (Some(access), Some(refresh)) if refresh.used_ms.is_none() => {
            Exchanged::Repeated(TokenPair { access: access.try_into()?, refresh: refresh.try_into()? })
        }
        (_, Some(_)) => Exchanged::Reused,
        // It went with its domain.
        (_, None) => Exchanged::Gone,
    })
}

fn row(conn: &mut AnyConn, id: &str, session: &str) -> Result<Option<TokenRow>, StoreError> {
    let found = iot_sessions::table.find(id).filter(iot_sessions::login_id.eq(session));
    Ok(found.select(TokenRow::as_select()).get_result(conn).optional()?)
}
