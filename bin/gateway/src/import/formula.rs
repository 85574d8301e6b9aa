//! Cells that no spreadsheet takes for a formula.
//!
//! A text whose first character, after any number of apostrophes, begins a formula gets one more
//! apostrophe in front; reading takes one away from just such texts. All other texts stand as they
//! are, so that `'s Gravenhage` is itself both ways.

/// What begins a formula for some spreadsheet, in its full width too.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

/// Whether a formula begins behind the apostrophes, and how many those are.
fn guarded(text: &str) -> Option<usize> {
    let bare = text.trim_start_matches('\'');
    bare.starts_with(begins_formula).then(|| text.len() - bare.len())
}

/// The text as a cell.
pub(super) fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    if guarded(text).is_some() { format!("'{text}").into() } else { text.into() }
}

/// The text of a cell.
pub(super) fn unescape(cell: &str) -> &str {
    match guarded(cell) {
        Some(1..) => &cell[1..],
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_begins_no_formula_and_reads_back() {
        let starts = ["", "'", "''", "'''", "a", " ", "ab'"];
        let rests =
            ["", "=1+1", "+86-1", "-", "@x", "\tx", "\rx", "\nx", "＝1", "＋", "－", "＠", "'s", "x", "名"];
        for text in starts.iter().flat_map(|start| rests.iter().map(move |rest| format!("{start}{rest}"))) {
            let cell = escape(&text);
            assert!(!cell.starts_with(begins_formula), "{text:?}");
            assert_eq!(unescape(&cell), text);
        }
        assert_eq!(escape("'s Gravenhage"), "'s Gravenhage");
        assert_eq!(unescape("'s Gravenhage"), "'s Gravenhage");
        assert_eq!(unescape("=1"), "=1", "what others wrote is read as it stands");
    }
}
