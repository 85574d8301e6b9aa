use roster_kernel::{Member, Rule};

use super::form_decode;
use super::user::given;
use crate::domain::Builtin;
use crate::error::Error;
use crate::wire;

/// The text of `builtin` that a look-up asks for.
///
/// # Errors
/// [`Error::Parameter`] if it is no string; [`Error::Empty`] if there is none.
pub fn look_up(builtin: Builtin, body: wire::LookUp) -> Result<String, Error> {
    let member = match builtin {
        Builtin::UserName => body.user_name,
        Builtin::Mobile => body.mobile,
        Builtin::Email => body.email,
        Builtin::ExternalId => body.external_id,
        _ => Member::Absent,
    };
    let text = given(builtin.key(), "string", member)?.filter(|text| !text.is_empty());
    text.ok_or_else(|| Error::Empty(builtin.into()))
}

/// The same from a form, as one known client sends it.
///
/// # Errors
/// [`Error::Parameter`] for a form that is not valid UTF-8, holds the member twice or a NUL in it.
pub fn look_up_form(builtin: Builtin, form: &[u8]) -> Result<String, Error> {
    let unreadable = |what: &'static str| Error::parameter("body", Rule::Format(what.into()));
    let form = std::str::from_utf8(form).map_err(|_| unreadable("UTF-8"))?;
    let mut found = None;
    for pair in form.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if form_decode(name).as_deref() != Some(builtin.key()) {
            continue;
        }
        let value = form_decode(value).ok_or_else(|| unreadable("UTF-8"))?;
        if value.contains('\0') || found.replace(value).is_some() {
            return Err(Error::parameter(builtin.key(), Rule::Format("one text without NUL".into())));
        }
    }
    found.filter(|text| !text.is_empty()).ok_or_else(|| Error::Empty(builtin.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_json_is() {
        let read = |form: &[u8]| look_up_form(Builtin::Mobile, form);
        assert_eq!(read(b"mobile=%2B86-15200000000&x=1").unwrap(), "+86-15200000000");
        assert_eq!(read(b"x=%FF&mobile=a+b").unwrap(), "a b");
        for empty in [&b""[..], b"mobile=", b"user_name=x"] {
            assert!(matches!(read(empty), Err(Error::Empty(_))));
        }
        for wrong in [&b"mobile=a&mobile=a"[..], b"mobile=%00", b"mobile=%FF", b"\xFF"] {
            assert!(matches!(read(wrong), Err(Error::Parameter(_))), "{wrong:?}");
        }
    }
}
