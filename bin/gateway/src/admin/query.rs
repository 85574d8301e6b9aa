//! The few things that stand behind a `?`: switches, and where a page begins. None of them needs
//! percent-encoding.

use roster_web::Call;

use super::{Desk, Error};

/// The parameters of a query, each once.
pub(super) struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    /// The query of `call`, which knows `names` alone.
    pub(super) fn of(call: &'a Call<Desk>, names: &[&str]) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        for pair in call.query().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !names.contains(&name) {
                return Err(Error::Invalid(format!("the query takes {} alone", names.join(", "))));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(Error::Invalid(format!("{name} is given more than once")));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value of `name`.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Whether `name` is switched on.
    pub(super) fn switch(&self, name: &str) -> Result<bool, Error> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Error::Invalid(format!("{name} must be true or false"))),
        }
    }

    /// The number `name`.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, Error> {
        let read = |text: &str| text.parse().map_err(|_| Error::Invalid(format!("{name} must be a number")));
        self.text(name).map(read).transpose()
    }
}
