//! Pages of users, newest first. Ids only grow, so the newest has the highest.

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use super::schema::{enterprise_administrators, enterprise_users};
use super::users::UserRow;
use crate::domain::{Search, Selection, User};
use crate::store::Listed;

/// `enterprise_users` narrowed down to a selection, for a count and for a page.
macro_rules! selected {
    ($selection:expr, $pattern:expr) => {{
        let mut users = enterprise_users::table.into_boxed();
        if let Some(enterprise_id) = &$selection.enterprise_id {
            users = users.filter(enterprise_users::enterprise_id.eq(enterprise_id));
        }
        if $selection.administrators {
            let rank = enterprise_administrators::table
                .filter(enterprise_administrators::user_id.eq(enterprise_users::user_id));
            users = users.filter(exists(rank));
        }
        if let Some(pattern) = &$pattern {
            users = users.filter(
                (enterprise_users::nick_name_folded.like(pattern).escape('\\'))
                    .or(enterprise_users::email_folded.like(pattern).escape('\\'))
                    .or(enterprise_users::phone_folded.like(pattern).escape('\\')),
            );
        }
        users
    }};
}

pub(super) fn list(conn: &mut AnyConn, selection: &Selection) -> Result<Listed, StoreError> {
    let pattern = match &selection.search {
        Search::Nobody => return Ok(Listed { users: Vec::new(), total: 0 }),
        Search::Everybody => None,
        Search::Containing(folded) => Some(Search::pattern(folded)),
    };
    let total: i64 = selected!(selection, pattern).select(count_star()).get_result(conn)?;
    let Some(offset) = selection.page.offset() else { return Ok(Listed { users: Vec::new(), total }) };
    let rows: Vec<UserRow> = selected!(selection, pattern)
        .order(enterprise_users::user_id.desc())
        .limit(selection.page.size)
        .offset(offset)
        .select(UserRow::as_select())
        .load(conn)?;
    let users: Vec<User> = rows.into_iter().map(User::from).collect();
    // Between the two somebody may have come: whoever is shown is counted.
    let shown = if users.is_empty() { 0 } else { offset + users.len() as i64 };
    Ok(Listed { users, total: total.max(shown) })
}
