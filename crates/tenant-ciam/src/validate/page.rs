use std::borrow::Cow;

use chrono::{Duration, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use roster_kernel::Rule;

use super::form_decode;
use crate::error::Error;
use crate::user::Selection;
use crate::wire::TIME_FORMAT;

/// The fewest users of a page, and how many there are where nothing is said.
const MIN_LIMIT: i64 = 10;
/// The most.
const MAX_LIMIT: i64 = 100;

/// The users that a list's query asks for: `offset` (a page's number, from 0), `limit` (10 to 100)
/// and `updated_at_greater` (`yyyy-MM-dd HH:mm:ss` in `zone`). One without a value counts as
/// absent; unknown ones are ignored.
///
/// # Errors
/// [`Error::Page`]; [`Error::Parameter`] for a wrong time, or a parameter that stands there twice.
pub fn page(query: &str, zone: Tz) -> Result<Selection, Error> {
    let number = |name| {
        let text = parameter(query, name)?;
        text.map(|text| text.parse::<u32>().map(i64::from).map_err(|_| Error::Page)).transpose()
    };
    let limit = number("limit")?.unwrap_or(MIN_LIMIT);
    let offset = number("offset")?.unwrap_or(0);
    if !(MIN_LIMIT..=MAX_LIMIT).contains(&limit) {
        return Err(Error::Page);
    }
    let time = parameter(query, "updated_at_greater")?;
    let updated_since_ms = time
        .map(|text| {
            instant(&text, zone).ok_or_else(|| {
                Error::parameter("updated_at_greater", Rule::Format("yyyy-MM-dd HH:mm:ss".into()))
            })
        })
        .transpose()?;
    Ok(Selection { updated_since_ms, skip: offset * limit, limit })
}

fn parameter<'a>(query: &'a str, name: &'static str) -> Result<Option<Cow<'a, str>>, Error> {
    let mut found = None;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if form_decode(key).as_deref() != Some(name) || value.is_empty() {
            continue;
        }
        let value = form_decode(value).map(Cow::Owned);
        match value.filter(|_| found.is_none()) {
            Some(value) => found = Some(value),
            None => return Err(Error::parameter(name, Rule::Format("one text in UTF-8".into()))),
        }
    }
    Ok(found)
}

/// The instant at which clocks in `zone` show `text`; of two, the earlier. A time that they skip is
/// the instant an hour before the one that they show an hour later.
fn instant(text: &str, zone: Tz) -> Option<i64> {
    let form = text.len() == 19
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            10 => b == b' ',
            13 | 16 => b == b':',
            _ => b.is_ascii_digit(),
        });
    if !form {
        return None;
    }
    let time = NaiveDateTime::parse_from_str(text, TIME_FORMAT).ok()?;
    let hour = Duration::hours(1);
    let shown = zone.from_local_datetime(&time).earliest();
    let found = shown.or_else(|| Some(zone.from_local_datetime(&(time + hour)).earliest()? - hour));
    found.map(|time| time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Selection, Error> {
        page(query, Tz::UTC)
    }

    #[test]
    fn pages_are_counted_from_zero() {
        let all = Selection { updated_since_ms: None, skip: 0, limit: 10 };
        for same in ["", "offset=&limit=", "offset=0&limit=10&x=%FF", "updated_at_greater="] {
            assert_eq!(read(same).unwrap(), all, "{same}");
        }
        assert_eq!(read("offset=3&limit=100").unwrap(), Selection { skip: 300, limit: 100, ..all });
        assert_eq!(read("offset=4294967295&limit=100").unwrap().skip, 429_496_729_500);
    }

    #[test]
    fn other_pages_are_refused() {
        for wrong in [
            "limit=9",
            "limit=101",
            "limit=0",
            "limit=-10",
            "limit=x",
            "offset=-1",
            "offset=1.5",
            "offset=4294967296",
            "offset=99999999999999999999",
        ] {
            assert!(matches!(read(wrong), Err(Error::Page)), "{wrong}");
        }
        for wrong in
            ["limit=10&limit=10", "offset=%FF", "updated_at_greater=2022-02-15", "updated_at_greater=x"]
        {
            assert!(matches!(read(wrong), Err(Error::Parameter(_))), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_read_in_its_zone() {
        let after =
            |text: &str, zone| page(&format!("updated_at_greater={text}"), zone).unwrap().updated_since_ms;
        assert_eq!(after("2020-10-28+10:27:49", Tz::UTC), Some(1_603_880_869_000));
        assert_eq!(after("2020-10-28%2018:27:49", Tz::Asia__Shanghai), Some(1_603_880_869_000));
        // Skipped, and shown twice, in Berlin.
        assert_eq!(after("2022-03-27+02:30:00", Tz::Europe__Berlin), Some(1_648_341_000_000));
        assert_eq!(after("2022-10-30+02:30:00", Tz::Europe__Berlin), Some(1_667_089_800_000));
        for wrong in ["2022-02-30 00:00:00", "2022-02-15T12:23:23", "2022-02-15 12:23", "+022-02-15 12:23:23"]
        {
            assert_eq!(instant(wrong, Tz::UTC), None, "{wrong}");
        }
    }
}
