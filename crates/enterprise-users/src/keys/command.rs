//! Rules of a new key.

use roster_kernel::{Rule, Violation};

use super::domain::Note;

/// The longest lifetime of a key, in seconds: a hundred years.
const MAX_LIFETIME_SECONDS: i64 = 100 * 365 * 24 * 60 * 60;

/// A key to be issued.
#[derive(Debug)]
pub struct IssueKey {
    /// What the key is for.
    pub note: Note,
    /// How long it lasts; without end if absent.
    pub lifetime_ms: Option<i64>,
}

/// Validates a note, and a lifetime of 1 second to 100 years.
///
/// # Errors
/// The first violation, the note's before the lifetime's.
pub fn issue_key(note: &str, lifetime_seconds: Option<i64>) -> Result<IssueKey, Vec<Violation>> {
    let note = Note::parse(note.to_owned()).map_err(|rule| vec![Violation::new("note", rule)])?;
    let (min, max) = (1, MAX_LIFETIME_SECONDS);
    match lifetime_seconds {
        Some(got) if !(min..=max).contains(&got) => {
            Err(vec![Violation::new("lifetime_seconds", Rule::Range { min, max, got })])
        }
        seconds => Ok(IssueKey { note, lifetime_ms: seconds.map(|seconds| seconds * 1000) }),
    }
}
