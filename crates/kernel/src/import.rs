//! What importing users has in common in all dialects: what may be asked for, and what came of a
//! line.

use crate::fault::Fault;
use crate::json;
use crate::member::Member;
use crate::ports::{Flow, PasswordHash, PasswordHasher, PortError};
use crate::secret::Secret;

/// What is to become of a line whose user is there already, and is another than the line says. One
/// who is there just as the line says is never touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfExists {
    /// The line is refused, with the dialect's own error.
    #[default]
    Fail,
    /// The user stays as he is; he is not even compared.
    Skip,
    /// The user becomes what the line says.
    Replace,
}

/// What came of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// There is a new user.
    Created,
    /// He was there already, just so.
    Unchanged,
    /// He was there already, and nobody asked how ([`IfExists::Skip`]).
    Skipped,
    /// He was another, and is as the line says now ([`IfExists::Replace`]).
    Replaced,
}

/// A member of a dialect's create body, as a column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The member's name.
    pub name: &'static str,
    /// How its cells are read. An empty cell is an absent member, whatever it holds.
    pub kind: ColumnKind,
}

/// How the cells of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// The text itself.
    Text,
    /// JSON: a number, `true` or `false`, a list, an object. A cell that is no JSON is a text, which
    /// the dialect refuses as it would over HTTP.
    Json,
}

impl Column {
    /// A column of texts.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Text }
    }

    /// A column of JSON.
    pub const fn json(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Json }
    }
}

/// The password that a user brings along when he is imported.
#[derive(Debug, Clone)]
pub enum Brought {
    /// Itself, judged by the dialect's rules and not yet hashed.
    Plain(Secret),
    /// A hash of another system, which [`PasswordHasher::adopt`] has taken. What needs the password
    /// itself (its length, its characters, whether it is a weak one) cannot be judged of it.
    Hashed(PasswordHash),
}

/// The hashes of these passwords, in their order; of no password none.
///
/// # Errors
/// If the hasher fails.
pub async fn hashes_of(
    hasher: &dyn PasswordHasher,
    brought: Vec<Option<Brought>>,
) -> Result<Vec<Option<PasswordHash>>, PortError> {
    let plain = brought.iter().filter_map(|one| match one {
        Some(Brought::Plain(password)) => Some(password.clone()),
        _ => None,
    });
    let mut hashed = hasher.hash_all(plain.collect(), &Flow::default()).await?.into_iter();
    let hash = |one| match one {
        Some(Brought::Plain(_)) => hashed.next(),
        Some(Brought::Hashed(hash)) => Some(hash),
        None => None,
    };
    Ok(brought.into_iter().map(hash).collect())
}

/// The member `password_hash`, which the lines of an import have besides those of the dialect's create
/// body. Over HTTP it is an unknown member like any other.
///
/// # Errors
/// As [`json::decode`].
pub fn foreign_hash(body: &[u8]) -> Result<Member<Secret>, Fault> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Body {
        password_hash: Member<Secret>,
    }
    Ok(json::decode::<Body>(body)?.password_hash)
}
