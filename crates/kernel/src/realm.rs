/// Where a credential is valid: the name of a dialect, or of the admin API. A credential of one
/// realm is never looked at in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Realm(&'static str);

impl Realm {
    /// A realm by its name, which also stands in the store and in log lines.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for Realm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}
