//! Mobile numbers, read by the tenant's international area codes.

use std::fmt;

use crate::definition::{DefinitionError, Pattern};

/// The most memory of one code's compiled pattern, as a power of two: a number has some twenty digits.
const MAX_PATTERN_POWER: u32 = 15;
/// The most memory of all of them together, in bytes.
const MAX_PATTERN_BYTES: u64 = 2 * 1024 * 1024;

/// An area code that the tenant has enabled.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaCode {
    region: String,
    code: String,
    number: Pattern,
}

impl AreaCode {
    /// The code `code` (digits, without `+`) of `region` (as `CN`), whose national numbers match
    /// `number` as a whole.
    ///
    /// # Errors
    /// [`AreaCodeError`] for a code that is not 1 to 4 digits beginning with 1 to 9, a region that
    /// is not 1 to 8 of `A-Z a-z 0-9 -`, or a wrong pattern.
    pub fn new(region: &str, code: &str, number: &str) -> Result<Self, AreaCodeError> {
        if !(1..=4).contains(&code.len()) || !is_digits(code) || code.starts_with('0') {
            return Err(AreaCodeError::Code(code.into()));
        }
        let letters = region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !(1..=8).contains(&region.len()) || !letters {
            return Err(AreaCodeError::Region(region.into()));
        }
        Ok(Self {
            region: region.into(),
            code: code.into(),
            number: Pattern::of_digits(number, MAX_PATTERN_POWER)?,
        })
    }

    /// The region, as `CN`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The code, as `86`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The pattern of its national numbers.
    pub fn number(&self) -> &Pattern {
        &self.number
    }

    fn mobile(&self, number: &str) -> Option<Mobile> {
        (is_digits(number) && self.number.matches(number))
            .then(|| Mobile { code: self.code.clone(), number: number.to_owned() })
    }
}

/// Why a list of area codes is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaCodeError {
    /// No area code.
    #[error("area code {0:?}: 1 to 4 digits, the first not 0")]
    Code(String),
    /// No region.
    #[error("region {0:?}: 1 to 8 of A-Z a-z 0-9 -")]
    Region(String),
    /// The number's pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] DefinitionError),
    /// The patterns are too large together.
    #[error("the patterns take more than {MAX_PATTERN_BYTES} bytes together")]
    Patterns,
    /// Two entries for one code.
    #[error("area code {0:?} stands there twice")]
    Twice(String),
    /// The default is not in the list.
    #[error("the default area code {0:?} is not enabled")]
    Default(String),
}

/// The area codes of a tenant; one of them is meant by a number without a code.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaCodes {
    enabled: Vec<AreaCode>,
    default: usize,
}

impl AreaCodes {
    /// These codes, with `default` for bare numbers.
    ///
    /// # Errors
    /// [`AreaCodeError`] if a code stands there twice, or the default not at all, or the patterns are
    /// too large together.
    pub fn new(enabled: Vec<AreaCode>, default: &str) -> Result<Self, AreaCodeError> {
        for (at, entry) in enabled.iter().enumerate() {
            if enabled[..at].iter().any(|other| other.code == entry.code) {
                return Err(AreaCodeError::Twice(entry.code.clone()));
            }
        }
        if enabled.iter().map(|entry| entry.number.size()).sum::<u64>() > MAX_PATTERN_BYTES {
            return Err(AreaCodeError::Patterns);
        }
        let default = enabled
            .iter()
            .position(|entry| entry.code == default)
            .ok_or_else(|| AreaCodeError::Default(default.into()))?;
        Ok(Self { enabled, default })
    }

    /// China alone: what a new tenant has.
    ///
    /// # Panics
    /// Never: the constants are right, and a test proves it.
    pub fn china() -> Self {
        let china = AreaCode::new("CN", "86", r"1\d{10}").expect("a constant");
        Self { enabled: vec![china], default: 0 }
    }

    /// The codes, in their order.
    pub fn enabled(&self) -> &[AreaCode] {
        &self.enabled
    }

    /// The code that a bare number has.
    pub fn default_code(&self) -> &AreaCode {
        &self.enabled[self.default]
    }

    /// Reads `+86-15200000000`, `+8615200000000` or `15200000000`.
    ///
    /// # Errors
    /// [`MobileFault`]: the code is not enabled, or the number is none of that code.
    pub fn parse(&self, text: &str) -> Result<Mobile, MobileFault> {
        let Some(international) = text.strip_prefix('+') else {
            return self.of_code(self.default_code(), text);
        };
        if let Some((code, number)) = international.split_once('-') {
            if !is_digits(code) {
                return Err(MobileFault::Number);
            }
            let entry = self.enabled.iter().find(|e| e.code == code).ok_or(MobileFault::AreaCode)?;
            return self.of_code(entry, number);
        }
        if !is_digits(international) {
            return Err(MobileFault::Number);
        }
        self.digits(international)
    }

    /// A number that was said to be of this code. It may be another's too, and a number is one however
    /// it is written.
    fn of_code(&self, entry: &AreaCode, number: &str) -> Result<Mobile, MobileFault> {
        entry.mobile(number).ok_or(MobileFault::Number)?;
        self.digits(&format!("{}{number}", entry.code))
    }

    /// The number of these digits, code and all. Codes can be prefixes of each other, as 1 is of 1242:
    /// the longest whose numbers fit wins.
    fn digits(&self, international: &str) -> Result<Mobile, MobileFault> {
        let mut fitting: Vec<&AreaCode> =
            self.enabled.iter().filter(|e| international.starts_with(&e.code)).collect();
        if fitting.is_empty() {
            return Err(MobileFault::AreaCode);
        }
        fitting.sort_by_key(|e| std::cmp::Reverse(e.code.len()));
        fitting.iter().find_map(|e| e.mobile(&international[e.code.len()..])).ok_or(MobileFault::Number)
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Why a text is no mobile number of this tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MobileFault {
    /// The tenant has not enabled the area code.
    #[error("area code not enabled")]
    AreaCode,
    /// The number is wrong for its code.
    #[error("not a mobile number")]
    Number,
}

/// A mobile number in its international form, which `Display` writes: `+86-15200000000`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mobile {
    code: String,
    number: String,
}

impl Mobile {
    /// The national digits.
    pub fn number(&self) -> &str {
        &self.number
    }
}

impl fmt::Display for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}-{}", self.code, self.number)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static CODES: LazyLock<AreaCodes> = LazyLock::new(|| {
        AreaCodes::new(
            vec![
                AreaCode::new("CN", "86", r"1\d{10}").unwrap(),
                AreaCode::new("HK", "852", r"0?[14-9](?:\d{7}|\d{8}|\d{12})").unwrap(),
                AreaCode::new("US", "1", r"\d{10}").unwrap(),
                AreaCode::new("BS", "1242", r"\d{7}").unwrap(),
            ],
            "86",
        )
        .unwrap()
    });

    fn codes() -> &'static AreaCodes {
        &CODES
    }

    #[test]
    fn three_ways_to_write_one_number() {
        for text in ["15200000000", "+86-15200000000", "+8615200000000"] {
            let mobile = codes().parse(text).unwrap();
            assert_eq!(mobile.to_string(), "+86-15200000000", "{text}");
            assert_eq!(mobile.number(), "15200000000");
        }
        assert_eq!(codes().parse("+852-91234567").unwrap().to_string(), "+852-91234567");
        assert_eq!(codes().parse("+12425551234").unwrap().to_string(), "+1242-5551234");
        // One number, two codes that it could have.
        assert_eq!(codes().parse("+1-2425551234").unwrap().to_string(), "+1242-5551234");
        assert_eq!(codes().parse("+1-2015551234").unwrap().to_string(), "+1-2015551234");
        assert!(AreaCodes::china().parse("15200000000").is_ok());
    }

    #[test]
    fn the_code_and_the_number_fail_apart() {
        let fault = |text: &str| codes().parse(text).unwrap_err();
        for text in ["+99-15200000000", "+9915200000000", "+7-9", "+086-15200000000"] {
            assert_eq!(fault(text), MobileFault::AreaCode, "{text}");
        }
        for text in [
            "",
            "86-15200000000",
            "8615200000000",
            "-15200000000",
            "+",
            "+-15200000000",
            "+86-",
            "+86-1520000000",
            "+86--15200000000",
            "+86 15200000000",
            "+86-１５２00000000",
            "+852-,1234567",
            "string",
        ] {
            assert_eq!(fault(text), MobileFault::Number, "{text}");
        }
    }

    #[test]
    fn a_list_is_consistent() {
        let cn = || AreaCode::new("CN", "86", r"1\d{10}").unwrap();
        assert_eq!(AreaCodes::new(vec![cn(), cn()], "86"), Err(AreaCodeError::Twice("86".into())));
        assert_eq!(AreaCodes::new(vec![cn()], "852"), Err(AreaCodeError::Default("852".into())));
        assert!(AreaCode::new("CN", "+86", "1").is_err());
        assert!(AreaCode::new("CN", "086", "1").is_err());
        assert!(AreaCode::new("", "86", "1").is_err());
        assert!(AreaCode::new("CN", "86", "(").is_err());
        assert!(AreaCode::new("CN", "86", r"\d{3000}").is_err());
        let dear = |code: u32| AreaCode::new("X", &code.to_string(), r"\d{300}").unwrap();
        let dear: Vec<_> = (1000..1200).map(dear).collect();
        assert_eq!(AreaCodes::new(dear, "1000"), Err(AreaCodeError::Patterns));
        // As many as there are in the world, as their lists write them.
        let usual = |code: u32| AreaCode::new("X", &code.to_string(), r"[^0]\d{6,11}|\d{13}").unwrap();
        assert!(AreaCodes::new((1000..1240).map(usual).collect(), "1000").is_ok());
    }

    proptest! {
        #[test]
        fn the_international_form_reads_as_itself(text in r"\+?[0-9]{0,4}-?[0-9]{5,13}") {
            if let Ok(mobile) = codes().parse(&text) {
                prop_assert_eq!(codes().parse(&mobile.to_string()), Ok(mobile));
            }
        }

        #[test]
        fn anything_is_judged(text in any::<String>()) {
            let _judged = codes().parse(&text);
        }
    }
}
