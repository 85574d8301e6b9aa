//! What importing users has in common in all dialects: what may be asked for, and what came of a
//! line.

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
