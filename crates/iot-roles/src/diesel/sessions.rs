//! Sessions: the rows of `iot_logins`.
//!
//! They are opened under shared locks on the domain that they choose ([`hold_domain`]), then on their
//! user's row ([`hold_user`]); what adds tokens to one holds it besides ([`hold`]). What ends all
//! sessions of a user holds the user's row first and deletes the sessions then: so it waits for those that
//! are being opened, and those that come later see the change. Several sessions are locked in the order of
//! their ids, and a session before its tokens.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_kernel::{Change, PortError};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, each_backend};

use super::reach::{self, Lock};
use super::schema::{iot_logins, iot_sessions, iot_users};
use super::{DieselStore, pages, tokens};
use crate::REALM;
use crate::domain::{ACCESS_MS, Listed, ObjectId, PageRequest, Session, Status, Token, Username};
use crate::store::{Exchanged, NewSession, OnlySession, SessionOwner, SessionStore, TokenPair};

#[async_trait]
impl SessionStore for DieselStore {
    async fn sessions(&self, page: PageRequest, now_ms: i64) -> Result<Listed<SessionOwner>, PortError> {
        Ok(self.db.snapshot(move |conn| pages::sessions(conn, page, now_ms)).await?)
    }

    async fn session(&self, id: &ObjectId) -> Result<Option<SessionOwner>, PortError> {
        let id = id.clone();
        let found = self.db.look_up(move |conn| {
            let session = iot_logins::table.inner_join(iot_users::table);
            let session = session.filter(iot_logins::id.eq(id.as_str()));
            let row = session.select((SessionRow::as_select(), iot_users::username));
            Ok(row.get_result(conn).optional()?.map(owned))
        });
        Ok(found.await?)
    }

    async fn end_session(&self, change: &Change, id: &ObjectId) -> Result<bool, PortError> {
        let (id, now_ms) = (id.clone(), change.at_ms);
        Ok(self.db.write(change, move |conn| end(conn, &id, now_ms)).await?)
    }

    async fn open_only_session(
        &self,
        session: NewSession,
        password_version: i32,
    ) -> Result<OnlySession, PortError> {
        let opened = self.db.bookkeep(move |conn| {
            let Session { user_id, domain, created_ms, .. } = &session.session;
            if !hold_domain(conn, domain.as_deref())?
                || hold_user_alone(conn, user_id)? != Some(password_version)
            {
                return Ok(OnlySession::Refused);
            }
            if is_signed_in(conn, user_id, *created_ms)? {
                return Ok(OnlySession::SignedIn);
            }
            open(conn, &session)?;
            Ok(OnlySession::Opened)
        });
        Ok(opened.await?)
    }

    async fn add_tokens(&self, presented: &ObjectId, pair: TokenPair) -> Result<bool, PortError> {
        let presented = presented.clone();
        let added = self.db.bookkeep(move |conn| {
            let Token { user_id, session_id, domain, .. } = &pair.access;
            let may = hold_domain(conn, domain.as_deref())?
                && hold_user(conn, user_id)?.is_some()
                && tokens::hold_session_of(conn, &presented, user_id)?.as_ref() == Some(session_id);
            if may {
                tokens::add(conn, &pair)?;
            }
            Ok(may)
        });
        Ok(added.await?)
    }

    async fn exchange_token(&self, presented: &Token, pair: TokenPair) -> Result<Exchanged, PortError> {
        let presented = presented.clone();
        let exchanged = self.db.bookkeep(move |conn| {
            let may = hold_domain(conn, pair.access.domain.as_deref())?
                && hold_user(conn, &pair.access.user_id)?.is_some()
                && hold(conn, &presented.session_id, &pair.access.user_id)?;
            if may { tokens::exchange(conn, &presented, &pair) } else { Ok(Exchanged::Gone) }
        });
        Ok(exchanged.await?)
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = iot_logins, treat_none_as_default_value = false)]
pub(super) struct SessionRow {
    id: String,
    user_id: String,
    address: Option<String>,
    device: Option<String>,
    domain: Option<String>,
    created_ms: i64,
    access_expires_ms: i64,
    refresh_expires_ms: i64,
    expires_ms: i64,
    last_ms: i64,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            user_id: session.user_id.to_string(),
            address: session.address.clone(),
            device: session.device.clone(),
            domain: session.domain.clone(),
            created_ms: session.created_ms,
            access_expires_ms: session.access_expires_ms,
            refresh_expires_ms: session.refresh_expires_ms,
            expires_ms: session.expires_ms(),
            last_ms: session.last_ms,
        }
    }
}

/// A session, and the name of its user.
pub(super) fn owned((row, username): (SessionRow, String)) -> SessionOwner {
    SessionOwner {
        username: Username::stored(username),
        session: Session {
            id: ObjectId::stored(row.id),
            user_id: ObjectId::stored(row.user_id),
            domain: row.domain,
            address: row.address,
            device: row.device,
            created_ms: row.created_ms,
            access_expires_ms: row.access_expires_ms,
            refresh_expires_ms: row.refresh_expires_ms,
            last_ms: row.last_ms,
        },
    }
}

/// The version of the user's password, if the user is there and may sign in, and stays so until the
/// transaction ends.
pub(super) fn hold_user(conn: &mut AnyConn, user: &ObjectId) -> Result<Option<i32>, StoreError> {
    let user = iot_users::table
        .find(user.as_str())
        .filter(iot_users::status.eq(Status::Enable.name()))
        .select(iot_users::password_version);
    Ok(match conn {
        AnyConn::Sqlite(conn) => user.get_result(conn).optional()?,
        AnyConn::Postgres(conn) => user.for_share().get_result(conn).optional()?,
    })
}

/// The same, and nobody else signs in as this user before the transaction ends.
fn hold_user_alone(conn: &mut AnyConn, user: &ObjectId) -> Result<Option<i32>, StoreError> {
    let user = iot_users::table
        .find(user.as_str())
        .filter(iot_users::status.eq(Status::Enable.name()))
        .select(iot_users::password_version);
    Ok(match conn {
        AnyConn::Sqlite(conn) => user.get_result(conn).optional()?,
        AnyConn::Postgres(conn) => user.for_update().get_result(conn).optional()?,
    })
}

/// Whether the domain of this name, if one is chosen, is there. It stays so until the transaction ends, so
/// that no token outlives the domain or its name.
pub(super) fn hold_domain(conn: &mut AnyConn, domain: Option<&str>) -> Result<bool, StoreError> {
    match domain {
        Some(name) => Ok(reach::domain_of_name(conn, name, Lock::Share)?.is_some()),
        None => Ok(true),
    }
}

/// Whether the session `id` of `user` is there; no other transaction ends or refreshes it before this one ends.
pub(super) fn hold(conn: &mut AnyConn, id: &ObjectId, user: &ObjectId) -> Result<bool, StoreError> {
    let session = iot_logins::table
        .find(id.as_str())
        .filter(iot_logins::user_id.eq(user.as_str()))
        .select(iot_logins::id);
    let held: Option<String> = match conn {
        AnyConn::Sqlite(conn) => session.get_result(conn).optional()?,
        AnyConn::Postgres(conn) => session.for_update().get_result(conn).optional()?,
    };
    Ok(held.is_some())
}

/// Whether the user, who is held, has an access token that is good. One that would be good for longer than
/// any is from a clock that was ahead, and shuts no device out.
fn is_signed_in(conn: &mut AnyConn, user: &ObjectId, now_ms: i64) -> Result<bool, StoreError> {
    let live = iot_logins::table
        .filter(iot_logins::user_id.eq(user.as_str()))
        .filter(iot_logins::access_expires_ms.gt(now_ms))
        .filter(iot_logins::access_expires_ms.le(now_ms + ACCESS_MS + 60_000));
    Ok(diesel::select(diesel::dsl::exists(live)).get_result(conn)?)
}

/// Ends all tokens that chose the domain of this name, whose row is held alone; a session without others is
/// over.
pub(super) fn end_of_domain(conn: &mut AnyConn, name: &str) -> Result<(), StoreError> {
    if let AnyConn::Postgres(conn) = conn {
        let chose = iot_sessions::table
            .filter(iot_sessions::domain.eq(name))
            .filter(iot_sessions::login_id.is_not_null())
            .select(iot_sessions::login_id.assume_not_null());
        let all = iot_logins::table.filter(iot_logins::id.eq_any(chose));
        all.order(iot_logins::id).select(iot_logins::id).for_update().load::<String>(conn)?;
    }
    diesel::sql_query(
        "UPDATE iot_logins SET domain = CASE WHEN domain = $1 THEN NULL ELSE domain END, \
         access_expires_ms = COALESCE((SELECT max(t.expires_ms) FROM iot_sessions AS t \
         WHERE t.login_id = iot_logins.id AND t.kind = 'access' \
         AND (t.domain IS NULL OR t.domain <> $1)), 0), \
         refresh_expires_ms = COALESCE((SELECT max(t.expires_ms) FROM iot_sessions AS t \
         WHERE t.login_id = iot_logins.id AND t.kind = 'refresh' AND t.used_ms IS NULL \
         AND (t.domain IS NULL OR t.domain <> $1)), 0), \
         expires_ms = COALESCE((SELECT max(t.expires_ms) FROM iot_sessions AS t \
         WHERE t.login_id = iot_logins.id AND t.used_ms IS NULL \
         AND (t.domain IS NULL OR t.domain <> $1)), 0) \
         WHERE id IN (SELECT login_id FROM iot_sessions WHERE domain = $1)",
    )
    .bind::<Text, _>(name)
    .execute(conn)?;
    diesel::delete(iot_sessions::table.filter(iot_sessions::domain.eq(name))).execute(conn)?;
    Ok(())
}

/// Ends all sessions of `user`, whom this transaction holds.
pub(super) fn end_all(conn: &mut AnyConn, user: &ObjectId) -> Result<(), StoreError> {
    let sessions = iot_logins::table.filter(iot_logins::user_id.eq(user.as_str()));
    if let AnyConn::Postgres(conn) = conn {
        let all = sessions.order(iot_logins::id).select(iot_logins::id).for_update();
        all.load::<String>(conn)?;
    }
    // Their tokens too, also those that a gateway of version 0.1.0 opened beside.
    diesel::delete(iot_sessions::table.filter(iot_sessions::user_id.eq(user.as_str()))).execute(conn)?;
    diesel::delete(sessions).execute(conn)?;
    Ok(())
}

/// Ends a session with all its tokens, unless it is over; the history tells whose.
fn end(conn: &mut AnyConn, id: &ObjectId, now_ms: i64) -> Result<Outcome<bool>, StoreError> {
    let live = iot_logins::table.find(id.as_str()).filter(iot_logins::expires_ms.gt(now_ms));
    let user: Option<String> =
        each_backend!(conn, |conn| diesel::delete(live).returning(iot_logins::user_id).get_result(conn))
            .optional()?;
    let Some(user) = user else { return Ok(Outcome::Refuse(false)) };
    Ok(Outcome::Commit(true, Entry::event(REALM.name(), "", &user, "end_session", &[])))
}

/// How many sessions that are over one sign-in clears away: more than it opens.
const SWEEP_AT_ONCE: i64 = 500;

/// Opens a session with its tokens, and clears away some of what is over.
pub(super) fn open(conn: &mut AnyConn, new: &NewSession) -> Result<(), StoreError> {
    let over = iot_logins::table
        .filter(iot_logins::expires_ms.le(new.session.created_ms))
        .order(iot_logins::expires_ms)
        .limit(SWEEP_AT_ONCE)
        .select(iot_logins::id);
    let over: Vec<String> = match conn {
        AnyConn::Sqlite(conn) => over.load(conn)?,
        // Rows that other transactions hold are skipped, so that no two wait for each other.
        AnyConn::Postgres(conn) => over.for_update().skip_locked().load(conn)?,
    };
    if !over.is_empty() {
        diesel::delete(iot_logins::table.filter(iot_logins::id.eq_any(over))).execute(conn)?;
    }
    let row = SessionRow::from(&new.session);
    diesel::insert_into(iot_logins::table).values(&row).execute(conn)?;
    tokens::insert(conn, &new.tokens)
}
