//! Sessions.
//!
//! They are opened under shared locks on the domain that they choose ([`hold_domain`]), then on their
//! user's row ([`hold_user`]). Whoever ends all sessions of a user holds that row first and deletes
//! the sessions then: so he waits for those that are being opened, and those that come later see the
//! change. Several sessions are locked in the order of their ids.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::{Change, PortError};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, each_backend};

use super::reach::{self, Lock};
use super::schema::{iot_sessions, iot_users};
use super::tree::inconsistent;
use super::{DieselStore, pages, users};
use crate::REALM;
use crate::domain::{Listed, ObjectId, PageRequest, Session, Status, TokenKind, Username};
use crate::store::{OnlySessions, SessionOwner, SessionPair, SessionStore};

#[async_trait]
impl SessionStore for DieselStore {
    async fn sessions(&self, page: PageRequest, now_ms: i64) -> Result<Listed<SessionOwner>, PortError> {
        Ok(self.db.snapshot(move |conn| pages::sessions(conn, page, now_ms)).await?)
    }

    async fn end_session(&self, change: &Change, id: &ObjectId) -> Result<bool, PortError> {
        let (id, now_ms) = (id.clone(), change.at_ms);
        Ok(self.db.write(change, move |conn| end_from_outside(conn, &id, now_ms)).await?)
    }

    async fn open_only_sessions(
        &self,
        sessions: SessionPair,
        password_version: i32,
    ) -> Result<OnlySessions, PortError> {
        let opened = self.db.bookkeep(move |conn| {
            let (user, now_ms) = (&sessions.access.user_id, sessions.access.created_ms);
            if !hold_domain(conn, &sessions)? || hold_user_alone(conn, user)? != Some(password_version) {
                return Ok(OnlySessions::Refused);
            }
            if is_signed_in(conn, user, now_ms)? {
                return Ok(OnlySessions::SignedIn);
            }
            open(conn, &sessions)?;
            Ok(OnlySessions::Opened)
        });
        Ok(opened.await?)
    }

    async fn open_more_sessions(
        &self,
        presented: &ObjectId,
        sessions: SessionPair,
    ) -> Result<bool, PortError> {
        let presented = presented.clone();
        let opened = self.db.bookkeep(move |conn| {
            let user = &sessions.access.user_id;
            let may = hold_domain(conn, &sessions)?
                && hold_user(conn, user)?.is_some()
                && hold_access(conn, &presented, user)?;
            if may {
                open(conn, &sessions)?;
            }
            Ok(may)
        });
        Ok(opened.await?)
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = iot_sessions, treat_none_as_default_value = false)]
pub(super) struct SessionRow {
    id: String,
    user_id: String,
    kind: String,
    domain: Option<String>,
    created_ms: i64,
    expires_ms: i64,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            user_id: session.user_id.to_string(),
            kind: session.kind.name().to_owned(),
            domain: session.domain.clone(),
            created_ms: session.created_ms,
            expires_ms: session.expires_ms,
        }
    }
}

/// The version of the user's password, if he is there and may sign in. He stays so until the
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

/// Whether the domain that both have chosen, if any, is there under that name. It stays so until the
/// transaction ends, so that none of them outlives the domain or its name.
pub(super) fn hold_domain(conn: &mut AnyConn, sessions: &SessionPair) -> Result<bool, StoreError> {
    match &sessions.access.domain {
        Some(name) => Ok(reach::domain_of_name(conn, name, Lock::Share)?.is_some()),
        None => Ok(true),
    }
}

/// Ends all that chose the domain of this name; its row is held alone.
pub(super) fn end_of_domain(conn: &mut AnyConn, name: &str) -> Result<(), StoreError> {
    let sessions = iot_sessions::table.filter(iot_sessions::domain.eq(name));
    if let AnyConn::Postgres(conn) = conn {
        let all = sessions.order(iot_sessions::id).select(iot_sessions::id).for_update();
        all.load::<String>(conn)?;
    }
    diesel::delete(sessions).execute(conn)?;
    Ok(())
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

/// Whether the user, who is held, has an access session that is not over.
fn is_signed_in(conn: &mut AnyConn, user: &ObjectId, now_ms: i64) -> Result<bool, StoreError> {
    let live = iot_sessions::table
        .filter(iot_sessions::user_id.eq(user.as_str()))
        .filter(iot_sessions::kind.eq(TokenKind::Access.name()))
        .filter(iot_sessions::expires_ms.gt(now_ms));
    Ok(diesel::select(diesel::dsl::exists(live)).get_result(conn)?)
}

/// Whether the access session `id` of `user` is there; nobody ends it before the transaction ends.
fn hold_access(conn: &mut AnyConn, id: &ObjectId, user: &ObjectId) -> Result<bool, StoreError> {
    let session = iot_sessions::table
        .find(id.as_str())
        .filter(iot_sessions::user_id.eq(user.as_str()))
        .filter(iot_sessions::kind.eq(TokenKind::Access.name()))
        .select(iot_sessions::id);
    let held: Option<String> = match conn {
        AnyConn::Sqlite(conn) => session.get_result(conn).optional()?,
        AnyConn::Postgres(conn) => session.for_share().get_result(conn).optional()?,
    };
    Ok(held.is_some())
}

/// Ends all sessions of `user`, whom this transaction holds.
pub(super) fn end_all(conn: &mut AnyConn, user: &ObjectId) -> Result<(), StoreError> {
    let sessions = iot_sessions::table.filter(iot_sessions::user_id.eq(user.as_str()));
    if let AnyConn::Postgres(conn) = conn {
        let all = sessions.order(iot_sessions::id).select(iot_sessions::id).for_update();
        all.load::<String>(conn)?;
    }
    diesel::delete(sessions).execute(conn)?;
    Ok(())
}

/// Ends a session of anybody's, unless it is over; the history tells whose.
fn end_from_outside(conn: &mut AnyConn, id: &ObjectId, now_ms: i64) -> Result<Outcome<bool>, StoreError> {
    let live = iot_sessions::table.find(id.as_str()).filter(iot_sessions::expires_ms.gt(now_ms));
    let user: Option<String> =
        each_backend!(conn, |conn| diesel::delete(live).returning(iot_sessions::user_id).get_result(conn))
            .optional()?;
    let Some(user) = user else { return Ok(Outcome::Refuse(false)) };
    Ok(Outcome::Commit(true, Entry::event(REALM.name(), "", &user, "end_session", &[])))
}

/// How many sessions that are over one sign-in clears away: more than it opens.
const SWEEP_AT_ONCE: i64 = 500;

/// Opens both, and clears away some of what is over.
pub(super) fn open(conn: &mut AnyConn, sessions: &SessionPair) -> Result<(), StoreError> {
    let over = iot_sessions::table
        .filter(iot_sessions::expires_ms.le(sessions.access.created_ms))
        .order(iot_sessions::expires_ms)
        .limit(SWEEP_AT_ONCE)
        .select(iot_sessions::id);
    let over: Vec<String> = match conn {
        AnyConn::Sqlite(conn) => over.load(conn)?,
        // What somebody else clears or exchanges is left to him, so that nobody waits in a circle.
        AnyConn::Postgres(conn) => over.for_update().skip_locked().load(conn)?,
    };
    if !over.is_empty() {
        diesel::delete(iot_sessions::table.filter(iot_sessions::id.eq_any(over))).execute(conn)?;
    }
    let rows = [SessionRow::from(&sessions.access), SessionRow::from(&sessions.refresh)];
    each_backend!(conn, |conn| diesel::insert_into(iot_sessions::table).values(&rows[..]).execute(conn))?;
    Ok(())
}

/// Ends the session `id` of `user`; whether it was there. Of two at once the second waits for the
/// first and finds nothing.
pub(super) fn end(conn: &mut AnyConn, id: &ObjectId, user: &ObjectId) -> Result<bool, StoreError> {
    let session = iot_sessions::table.find(id.as_str());
    let ended = diesel::delete(session.filter(iot_sessions::user_id.eq(user.as_str()))).execute(conn)?;
    Ok(ended == 1)
}

/// A session, and the name, role and status of its user.
pub(super) type OwnedRow = (SessionRow, (String, String, String));

pub(super) fn owner(conn: &mut AnyConn, id: &ObjectId) -> Result<Option<SessionOwner>, StoreError> {
    let found = iot_sessions::table
        .inner_join(iot_users::table)
        .filter(iot_sessions::id.eq(id.as_str()))
        .select((SessionRow::as_select(), (iot_users::username, iot_users::role, iot_users::status)))
        .get_result::<OwnedRow>(conn)
        .optional()?;
    found.map(owned).transpose()
}

pub(super) fn owned((row, (username, role, status)): OwnedRow) -> Result<SessionOwner, StoreError> {
    let kind = TokenKind::named(&row.kind)
        .ok_or_else(|| inconsistent("iot_sessions", "kind", &row.id, row.kind.clone()))?;
    Ok(SessionOwner {
        role: users::role(&row.user_id, &role)?,
        status: users::status(&row.user_id, &status)?,
        username: Username::stored(username),
        session: Session {
            id: ObjectId::stored(row.id),
            user_id: ObjectId::stored(row.user_id),
            kind,
            domain: row.domain,
            created_ms: row.created_ms,
            expires_ms: row.expires_ms,
        },
    })
}
