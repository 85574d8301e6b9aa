//! Sessions.
//!
//! They are opened under a shared lock on their user's row ([`hold_user`]). Whoever ends all
//! sessions of a user changes that row first and deletes the sessions then: so he waits for those
//! that are being opened, and those that come later see the change.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError, each_backend};

use super::reach::{self, Lock};
use super::schema::{iot_sessions, iot_users};
use super::tree::inconsistent;
use super::users;
use crate::domain::{ObjectId, Session, Status, TokenKind, Username};
use crate::store::{SessionOwner, SessionPair};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = iot_sessions)]
struct SessionRow {
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
        AnyConn::Sqlite(conn) => user.first(conn).optional()?,
        AnyConn::Postgres(conn) => user.for_share().first(conn).optional()?,
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

/// Opens both, and clears away what is over.
pub(super) fn open(conn: &mut AnyConn, sessions: &SessionPair) -> Result<(), StoreError> {
    let over = || iot_sessions::table.filter(iot_sessions::expires_ms.le(sessions.access.created_ms));
    match conn {
        AnyConn::Sqlite(conn) => {
            diesel::delete(over()).execute(conn)?;
        }
        // What somebody else clears or exchanges is left to him, so that nobody waits in a circle.
        AnyConn::Postgres(conn) => {
            let free = over().select(iot_sessions::id).for_update().skip_locked();
            let free: Vec<String> = free.load(conn)?;
            diesel::delete(iot_sessions::table.filter(iot_sessions::id.eq_any(free))).execute(conn)?;
        }
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

pub(super) fn owner(conn: &mut AnyConn, id: &ObjectId) -> Result<Option<SessionOwner>, StoreError> {
    let found = iot_sessions::table
        .inner_join(iot_users::table)
        .filter(iot_sessions::id.eq(id.as_str()))
        .select((SessionRow::as_select(), (iot_users::username, iot_users::role, iot_users::status)))
        .first::<(SessionRow, (String, String, String))>(conn)
        .optional()?;
    let Some((row, (username, role, status))) = found else { return Ok(None) };
    let kind = TokenKind::named(&row.kind)
        .ok_or_else(|| inconsistent("iot_sessions", "kind", &row.id, row.kind.clone()))?;
    Ok(Some(SessionOwner {
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
    }))
}
