use roster_kernel::{Rule, Violation};

use super::{Name, Number, UserId};

/// Which part of a list is asked for: the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    offset: u32,
    limit: u32,
}

impl Window {
    /// The largest offset.
    pub const MAX_OFFSET: u32 = 100_000;
    /// The largest limit.
    pub const MAX_LIMIT: u32 = 100;

    /// Parses both numbers, as they stand in a path.
    ///
    /// # Errors
    /// A violation for each that is no number or beyond its limit.
    pub fn parse(offset: &str, limit: &str) -> Result<Self, Vec<Violation>> {
        let number = |field: &'static str, text: &str, max: u32| {
            let form = || Rule::Format(format!("must be an integer, 0 to {max}").into());
            let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let parsed = text.parse().ok().filter(|n| plain && *n <= max);
            parsed.ok_or_else(|| Violation::new(field, form()))
        };
        let offset = number("offset", offset, Self::MAX_OFFSET);
        match (offset, number("limit", limit, Self::MAX_LIMIT)) {
            (Ok(offset), Ok(limit)) => Ok(Self { offset, limit }),
            (offset, limit) => Err(offset.err().into_iter().chain(limit.err()).collect()),
        }
    }

    /// How many of the newest are left out.
    pub fn offset(self) -> u32 {
        self.offset
    }

    /// How many are asked for at the most.
    pub fn limit(self) -> u32 {
        self.limit
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// How many there are in all.
    pub total: i64,
    /// Those that were asked for.
    pub items: Vec<T>,
}

/// By what users are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Names that contain this, without regard to case.
    Name(Name),
    /// This card's number.
    IcNumber(Number),
    /// This job's number.
    JobNumber(Number),
}

/// When a user was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Who.
    pub user_id: UserId,
    /// When, in milliseconds since the epoch.
    pub updated_ms: i64,
}
