use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use crate::json::StrictValue;
use crate::json_kind::JsonKind;

/// One member of a JSON object as it arrived. A wrong type is kept, not refused on the spot, so
/// that `validate.rs` can report every violation of a body at once and in the spec's order.
///
/// Use it with `#[serde(default)]`, which makes an absent member [`Member::Absent`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Member<T> {
    /// Not in the body.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value of another type.
    Invalid(JsonKind),
    /// A value.
    Given(T),
}

impl<T> Member<T> {
    /// The value, if one was given.
    pub fn given(self) -> Option<T> {
        match self {
            Self::Given(value) => Some(value),
            _ => None,
        }
    }

    /// The value by reference, if one was given.
    pub fn as_given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the body does not have it.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StrictValue(value) = StrictValue::deserialize(deserializer)?;
        if value.is_null() {
            return Ok(Self::Null);
        }
        let kind = JsonKind::of(&value);
        Ok(T::deserialize(value).map_or(Self::Invalid(kind), Self::Given))
    }
}
