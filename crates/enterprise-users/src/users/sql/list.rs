//! Pages of users, newest first. Ids only grow, so the newest has the highest.

use std::cmp::Reverse;

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use roster_persistence::{AnyConn, StoreError};

use crate::base::row::UserRow;
use crate::base::{Page, Search, User};
use crate::schema::{enterprise_administrators, enterprise_totals, enterprise_users};
use crate::users::domain::{Selection, UserPage};

/// What is searched for, in the form that the database finds fastest.
enum Wanted {
    /// SQLite: a part of the text that its indexes hold of every user.
    Part(String),
    /// PostgreSQL: a pattern for each column.
    Pattern(String),
}

/// The three columns in one, exactly as the migration has it, or no index would be used. The separator is in
/// no [`Search::Containing`].
const IN_ONE: &str = "instr(ifnull(nick_name_folded, '') || char(0) || ifnull(email_folded, '') || char(0) \
                      || ifnull(phone_folded, ''), ";

/// `enterprise_users` narrowed down to a selection, for a count and for a page.
macro_rules! selected {
    ($selection:expr, $wanted:expr) => {{
        let mut users = enterprise_users::table.into_boxed();
        if let Some(enterprise_id) = &$selection.enterprise_id {
            users = users.filter(enterprise_users::enterprise_id.eq(enterprise_id));
        }
        if $selection.administrators {
            // From the few administrators, not from the many users.
            let ranks = enterprise_administrators::table.select(enterprise_administrators::user_id);
            users = users.filter(enterprise_users::user_id.eq_any(ranks));
        }
        match $wanted {
            None => users,
            Some(Wanted::Part(part)) => users.filter(sql::<Bool>(IN_ONE).bind::<Text, _>(part).sql(") > 0")),
            Some(Wanted::Pattern(pattern)) => users.filter(
                (enterprise_users::nick_name_folded.like(pattern).escape('\\'))
                    .or(enterprise_users::email_folded.like(pattern).escape('\\'))
                    .or(enterprise_users::phone_folded.like(pattern).escape('\\')),
            ),
        }
    }};
}

/// Must run in a snapshot, so that the page and the total are of one moment.
pub(super) fn list_in(conn: &mut AnyConn, selection: &Selection) -> Result<UserPage, StoreError> {
    let wanted = match (&selection.search, &*conn) {
        (Search::Nothing, _) => return Ok(UserPage { users: Vec::new(), total: 0 }),
        (Search::All, _) => None,
        (Search::Containing(folded), AnyConn::Sqlite(_)) => Some(Wanted::Part(folded.clone())),
        (Search::Containing(folded), AnyConn::Postgres(_)) => Some(Wanted::Pattern(Search::pattern(folded))),
    };
    let users = match selection.page.offset() {
        None => Vec::new(),
        Some(offset) => page(conn, selection, wanted.as_ref(), offset)?,
    };
    let total = match (last_of(&selection.page, users.len()), &wanted) {
        (Some(total), _) => total,
        (None, None) if !selection.administrators => total_in(conn, selection.enterprise_id.as_deref())?,
        (None, _) => selected!(selection, wanted.as_ref()).select(count_star()).get_result(conn)?,
    };
    Ok(UserPage { users, total })
}

fn page(
    conn: &mut AnyConn,
    selection: &Selection,
    wanted: Option<&Wanted>,
    offset: i64,
) -> Result<Vec<User>, StoreError> {
    let size = selection.page.size;
    if wanted.is_none() {
        let rows: Vec<UserRow> = selected!(selection, wanted)
            .order(enterprise_users::user_id.desc())
            .limit(size)
            .offset(offset)
            .select(UserRow::as_select())
            .load(conn)?;
        return Ok(rows.into_iter().map(User::from).collect());
    }
    // First the ids alone: an index holds all that a search compares, so that no other row is read.
    let ids: Vec<i32> = selected!(selection, wanted)
        .order(enterprise_users::user_id.desc())
        .limit(size)
        .offset(offset)
        .select(enterprise_users::user_id)
        .load(conn)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<UserRow> = enterprise_users::table
        .filter(enterprise_users::user_id.eq_any(ids))
        .select(UserRow::as_select())
        .load(conn)?;
    rows.sort_unstable_by_key(|row| Reverse(row.user_id));
    Ok(rows.into_iter().map(User::from).collect())
}

/// The total, if a page with so many users tells it: then a search that finds few scans all users once, not
/// twice.
fn last_of(page: &Page, count: usize) -> Option<i64> {
    let (offset, count) = (page.offset()?, i64::try_from(count).ok()?);
    let is_last = count < page.size && (count > 0 || offset == 0);
    is_last.then_some(offset + count)
}

/// The number of users of an enterprise, or of all: the sum of one row on SQLite and of a few on PostgreSQL, so
/// that the triggers of two transactions do not wait for each other there.
pub(super) fn total_in(conn: &mut AnyConn, enterprise_id: Option<&str>) -> Result<i64, StoreError> {
    let rows: Vec<i64> = enterprise_totals::table
        // No enterprise has an empty name.
        .filter(enterprise_totals::what.eq(enterprise_id.unwrap_or("")))
        .select(enterprise_totals::n)
        .load(conn)?;
    Ok(rows.into_iter().sum())
}
