//! The text of a picture: one walk over it, and no copy.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use roster_kernel::Rule;

use crate::config::AvatarFormat;

/// Standard base64, with padding or without: as lenient about the end as real callers need.
pub(crate) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// So many characters hold the first bytes of every format.
const HEAD: usize = 12;

/// Whether `text` is standard base64 of a picture of one of `formats`.
pub(crate) fn check(text: &str, formats: &[AvatarFormat]) -> Result<(), Rule> {
    if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        return Err(Rule::Format("must be the base64 text alone, without a 'data:' prefix".into()));
    }
    let data = text.trim_end_matches('=');
    if let Some(at) = data.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'+' || b == b'/')) {
        let what =
            if data.as_bytes()[at].is_ascii_whitespace() { "white space" } else { "another character" };
        return Err(Rule::Format(
            format!("must be standard base64 (A-Z a-z 0-9 + /), got {what} at byte {at}").into(),
        ));
    }
    let padding = text.len() - data.len();
    let right = match data.len() % 4 {
        0 => padding == 0,
        1 => false,
        rest => padding == 0 || padding == 4 - rest,
    };
    if !right {
        let form = "must be standard base64, unpadded or padded to a multiple of 4 characters";
        return Err(Rule::Format(form.into()));
    }
    if !formats.is_empty() && !has_format(data, formats) {
        let names: Vec<_> = formats.iter().map(|format| format.name()).collect();
        return Err(Rule::Format(format!("must be a picture of the format {}", names.join(" or ")).into()));
    }
    Ok(())
}

fn has_format(data: &str, formats: &[AvatarFormat]) -> bool {
    let head = LENIENT.decode(&data[..data.len().min(HEAD)]).unwrap_or_default();
    formats.iter().any(|format| head.starts_with(format.magic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_optional_but_right() {
        for good in ["AAAA", "AA", "AAA", "AA==", "AAA=", "+/+/", "AAAAAB"] {
            assert_eq!(check(good, &[]), Ok(()), "{good}");
        }
        for bad in ["A", "A=", "A===", "AA=", "AAA==", "AAAA=", "AAAA====", "=", "====", "AA=A", "AAAAA"] {
            assert!(check(bad, &[]).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_texts_are_told_apart() {
        for (text, word) in [
            ("data:image/png;base64,AAAA", "'data:' prefix"),
            ("DATA:,AAAA", "'data:' prefix"),
            ("AAAA\nAAAA", "white space at byte 4"),
            ("AAAA ", "white space at byte 4"),
            ("AA-_", "another character at byte 2"),
            ("AAé", "another character at byte 2"),
        ] {
            let Err(Rule::Format(what)) = check(text, &[]) else { panic!("{text}") };
            assert!(what.contains(word), "{what}");
        }
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let (jpeg, png) = (&[AvatarFormat::Jpeg][..], &[AvatarFormat::Png][..]);
        for (text, is_jpeg, is_png) in [
            ("/9j/2wCEAAoHBwgHBgoICAgLCg", true, false),
            ("/9j/", true, false),
            ("iVBORw0KGgo=", false, true),
            ("iVBORw0KGgoAAAANSUhEUg", false, true),
            ("iVBORw0KGg", false, false),
            ("/9g", false, false),
            ("R0lGODlh", false, false),
        ] {
            assert_eq!(check(text, jpeg).is_ok(), is_jpeg, "{text}");
            assert_eq!(check(text, png).is_ok(), is_png, "{text}");
            assert_eq!(check(text, &[AvatarFormat::Jpeg, AvatarFormat::Png]).is_ok(), is_jpeg || is_png);
            assert!(check(text, &[]).is_ok(), "{text}");
        }
    }
}
