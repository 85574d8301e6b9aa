//! Which page of a list is asked for.

use roster_kernel::{Rule, Violation};

use super::field;
use crate::domain::{PAGE_NUMBER_MAX, PAGE_SIZE_MAX, PageRequest};
use crate::error::Error;

/// The query of a request: names and values, decoded, in their order.
pub type Query = [(String, String)];

/// The first value of this name.
pub fn parameter<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// `currentPage` (from 0; absent: 0) and `numPerPage` (1 to 1000; absent: 20).
///
/// # Errors
/// [`Error::Invalid`] for what is empty, no number, or out of bounds.
pub fn page(query: &Query) -> Result<PageRequest, Error> {
    let absent = PageRequest::default();
    Ok(PageRequest {
        number: number(query, "currentPage", 0..=PAGE_NUMBER_MAX, absent.number)?,
        size: number(query, "numPerPage", 1..=PAGE_SIZE_MAX, absent.size)?,
    })
}

fn number(
    query: &Query,
    name: &'static str,
    bounds: std::ops::RangeInclusive<u32>,
    absent: u32,
) -> Result<u32, Error> {
    let Some(text) = parameter(query, name) else { return Ok(absent) };
    if text.is_empty() {
        return Err(Error::Invalid(Violation::new(name, Rule::NotBlank)));
    }
    let parsed: Result<i64, _> = text.parse();
    field(
        name,
        match parsed.map(|number| (number, u32::try_from(number))) {
            Ok((_, Ok(number))) if bounds.contains(&number) => Ok(number),
            Ok((got, _)) => {
                Err(Rule::Range { min: i64::from(*bounds.start()), max: i64::from(*bounds.end()), got })
            }
            Err(_) => Err(Rule::Format("a whole number".into())),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<PageRequest, String> {
        let query: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        page(&query).map_err(|error| error.to_string())
    }

    #[test]
    fn pages_have_defaults_and_bounds() {
        assert_eq!(asked(&[]), Ok(PageRequest { number: 0, size: 20 }));
        let both = [("numPerPage", "1000"), ("currentPage", "2147483647"), ("x", "")];
        assert_eq!(asked(&both), Ok(PageRequest { number: 2_147_483_647, size: 1000 }));
        for (name, value, told) in [
            ("currentPage", "-1", "currentPage must be 0 to 2147483647"),
            ("currentPage", "2147483648", "currentPage must be 0 to 2147483647"),
            ("numPerPage", "0", "numPerPage must be 1 to 1000"),
            ("numPerPage", "1001", "numPerPage must be 1 to 1000"),
            ("numPerPage", "", "numPerPage can't be empty"),
            ("numPerPage", "abc", "numPerPage must be a whole number"),
            ("currentPage", "99999999999999999999", "currentPage must be a whole number"),
        ] {
            assert_eq!(asked(&[(name, value)]), Err(told.to_owned()));
        }
    }
}
