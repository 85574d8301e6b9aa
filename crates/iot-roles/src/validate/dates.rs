//! Dates under a pattern as Java writes it: runs of letters are fields, the rest is itself, and what
//! stands between apostrophes too. Stricter than Java's: there is no month 13, and nothing behind.

use chrono::NaiveDate;

/// What of a pattern one letter, repeated, stands for.
enum Piece {
    Field(char, usize),
    Text(String),
}

/// The longest pattern, in characters.
const FORMAT_MAX: usize = 64;
/// The fields that are read: year, month, day, hours, minutes, seconds, milliseconds, half of the
/// day, weekday, zone.
const LETTERS: &str = "yMdHhkKmsSaEZXz";

/// Whether it is a pattern.
pub(super) fn is_format(format: &str) -> bool {
    format.chars().count() <= FORMAT_MAX
        && pieces(format).is_some_and(|all| all.iter().any(|piece| matches!(piece, Piece::Field(..))))
}

fn pieces(format: &str) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = format.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\'' {
            let mut text = String::new();
            if rest.next_if_eq(&'\'').is_some() {
                text.push('\'');
            } else {
                loop {
                    match rest.next()? {
                        '\'' if rest.next_if_eq(&'\'').is_some() => text.push('\''),
                        '\'' => break,
                        c => text.push(c),
                    }
                }
            }
            pieces.push(Piece::Text(text));
        } else if c.is_ascii_alphabetic() {
            if !LETTERS.contains(c) {
                return None;
            }
            let mut width = 1;
            while rest.next_if_eq(&c).is_some() {
                width += 1;
            }
            pieces.push(Piece::Field(c, width));
        } else {
            pieces.push(Piece::Text(c.to_string()));
        }
    }
    Some(pieces)
}

/// Whether the text is a time under the pattern.
pub(super) fn is_date(text: &str, format: &str) -> bool {
    pieces(format).is_some_and(|pieces| reads(text, &pieces).is_some())
}

fn reads(text: &str, pieces: &[Piece]) -> Option<()> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let mut rest = text;
    // Without a year any day of a leap year will do.
    let (mut year, mut month, mut day) = (2000, 1, 1);
    for (at, piece) in pieces.iter().enumerate() {
        let (letter, width) = match piece {
            Piece::Text(text) => {
                rest = rest.strip_prefix(text.as_str())?;
                continue;
            }
            Piece::Field(letter, width) => (*letter, *width),
        };
        // Where numbers stand side by side each has its width; else it takes the digits there are.
        let beside = matches!(pieces.get(at + 1), Some(Piece::Field(next, _)) if !"aEzZX".contains(*next));
        let mut number = |bounds: std::ops::RangeInclusive<u32>| -> Option<u32> {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let digits = if beside { Some(width).filter(|&width| width <= digits)? } else { digits.min(9) };
            let (number, behind) = rest.split_at_checked(digits)?;
            rest = behind;
            number.parse().ok().filter(|number| bounds.contains(number))
        };
        match letter {
            'y' => year = number(0..=9999).map(|year| if width == 2 { 2000 + year % 100 } else { year })?,
            'M' if width < 3 => month = number(1..=12)?,
            'd' => day = number(1..=31)?,
            'H' => drop(number(0..=23)?),
            'k' => drop(number(1..=24)?),
            'K' => drop(number(0..=11)?),
            'h' => drop(number(1..=12)?),
            'm' | 's' => drop(number(0..=59)?),
            'S' => drop(number(0..=999_999_999)?),
            'M' => {
                let (position, behind) = word(rest, &MONTHS)?;
                (month, rest) = (u32::try_from(position).ok()? + 1, behind);
            }
            'E' => rest = word(rest, &DAYS)?.1,
            'a' => rest = word(rest, &["AM", "PM"])?.1,
            _ => rest = zone(rest)?,
        }
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    rest.is_empty().then_some(())
}

/// One of the words, in full or its first three letters, in any case.
fn word<'a>(text: &'a str, words: &[&str]) -> Option<(usize, &'a str)> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let found = |short: bool| {
        words.iter().enumerate().find_map(|(position, word)| {
            let word = if short { word.get(..3).unwrap_or(word) } else { word };
            begins(word).then(|| (position, &text[word.len()..]))
        })
    };
    found(false).or_else(|| found(true))
}

/// `Z`, `UTC`, `GMT`, or `+hh`, `+hhmm`, `+hh:mm`, the last two after `GMT` too.
fn zone(text: &str) -> Option<&str> {
    let behind = ["UTC", "GMT"].into_iter().find_map(|name| text.strip_prefix(name));
    let Some(offset) = behind.or(Some(text))?.strip_prefix(['+', '-']) else {
        return behind.or_else(|| text.strip_prefix('Z'));
    };
    let two = |text: &str, most: u32| {
        let number: u32 =
            text.get(..2).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
        (number <= most).then_some(())
    };
    two(offset, 18)?;
    let minutes = &offset[2..];
    let minutes_of = minutes.strip_prefix(':').unwrap_or(minutes);
    Some(if two(minutes_of, 59).is_some() { &minutes_of[2..] } else { minutes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let long = "y".repeat(65);
        for good in [
            "yyyy-MM-dd",
            "yyyyMMddHHmmss",
            "yyyy年MM月dd日",
            "h:mm a",
            "yyyy-MM-dd'T'HH:mm:ssZ",
            "'o''clock' H",
        ] {
            assert!(is_format(good), "{good}");
        }
        for bad in ["", "-", "'a'", "yyyy-qq", "yyyy 'open", long.as_str()] {
            assert!(!is_format(bad), "{bad}");
        }
    }

    #[test]
    fn dates() {
        for (format, good, bad) in [
            ("yyyy-MM-dd", ["2019-04-08", "2020-2-29"], ["2019-02-29", "2019-04-08 "]),
            ("yyyyMMdd", ["20190408", "20200229"], ["201904", "20190431"]),
            (
                "yyyy-MM-dd HH:mm:ss",
                ["2019-04-08 23:59:59", "2019-04-08 0:0:0"],
                ["2019-04-08 24:00:00", "2019-04-08"],
            ),
            (
                "yyyy-MM-dd'T'HH:mm:ss.SSSZ",
                ["2019-04-08T10:00:00.000+0800", "2019-04-08T10:00:00.0GMT"],
                ["2019-04-08T10:00:00.000", "2019-04-08T10:00:00.000+9900"],
            ),
            ("h:mm a", ["1:30 PM", "12:00 am"], ["13:30 PM", "1:30"]),
            (
                "EEE, d MMM yyyy",
                ["Mon, 8 Apr 2019", "Monday, 8 April 2019"],
                ["Xyz, 8 Apr 2019", "Mon, 8 Foo 2019"],
            ),
            ("yyyy年M月d日", ["2019年4月8日", "2019年12月31日"], ["2019年13月8日", "2019-4-8"]),
        ] {
            assert!(good.iter().all(|text| is_date(text, format)), "{format}");
            assert!(!bad.iter().any(|text| is_date(text, format)), "{format}");
        }
    }
}
