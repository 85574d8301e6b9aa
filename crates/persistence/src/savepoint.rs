//! A part of a transaction that can be taken back by itself, by statements that are prepared once: the
//! writer runs two of them for every write, and diesel's own are read anew each time.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

use crate::connection::AnyConn;
use crate::each_backend;

macro_rules! statement {
    ($name:ident, $sql:literal) => {
        #[derive(QueryId)]
        struct $name;

        impl<DB: Backend> QueryFragment<DB> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                out.push_sql($sql);
                Ok(())
            }
        }

        impl<Conn> RunQueryDsl<Conn> for $name {}
    };
}

statement!(Begin, "SAVEPOINT roster_write");
statement!(Release, "RELEASE SAVEPOINT roster_write");
statement!(RollBack, "ROLLBACK TO SAVEPOINT roster_write");

/// Begins it, within a transaction.
pub(crate) fn begin(conn: &mut AnyConn) -> QueryResult<()> {
    each_backend!(conn, |conn| Begin.execute(conn)).map(drop)
}

/// Ends it: what was changed since is a part of the transaction.
pub(crate) fn keep(conn: &mut AnyConn) -> QueryResult<()> {
    each_backend!(conn, |conn| Release.execute(conn)).map(drop)
}

/// Ends it: nothing was changed since.
pub(crate) fn undo(conn: &mut AnyConn) -> QueryResult<()> {
    each_backend!(conn, |conn| RollBack.execute(conn))?;
    keep(conn)
}
