use pinyin::ToPinyinMulti;
use roster_kernel::fold;

/// A piece of user information shorter than this is not looked for.
const MIN_PIECE_CHARS: usize = 4;
/// So much of a name is read as pinyin.
const MAX_NAME_CHARS: usize = 16;

/// What is known of the user whose password is judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Person<'a> {
    /// The user name.
    pub user_name: Option<&'a str>,
    /// The national digits of the mobile number.
    pub mobile: Option<&'a str>,
    /// The whole e-mail address.
    pub email: Option<&'a str>,
    /// The name.
    pub name: Option<&'a str>,
}

impl Person<'_> {
    /// Whether the (folded) password holds the user name backwards.
    pub(super) fn user_name_reversed_in(&self, password: &str) -> bool {
        self.user_name.is_some_and(|name| {
            let reversed: String = fold(name).chars().rev().collect();
            holds(password, &reversed)
        })
    }

    /// Whether the (folded) password holds the user name, the mobile number, the e-mail's prefix
    /// or the name in pinyin.
    pub(super) fn information_in(&self, password: &str) -> bool {
        let prefix = self.email.map(|email| email.rsplit_once('@').map_or(email, |(prefix, _)| prefix));
        let plain = [self.user_name, self.mobile, prefix];
        plain.into_iter().flatten().any(|piece| holds(password, &fold(piece)))
            || self.name.is_some_and(|name| holds_pinyin(password, name))
    }
}

fn holds(password: &str, piece: &str) -> bool {
    piece.chars().count() >= MIN_PIECE_CHARS && password.contains(piece)
}

/// What one character of a name can be written as. Empty for what is left out (blanks, dots).
fn spellings(c: char) -> Vec<String> {
    let Some(readings) = c.to_pinyin_multi() else {
        return if c.is_alphanumeric() { vec![fold(&c.to_string())] } else { Vec::new() };
    };
    let mut all: Vec<String> = readings
        .into_iter()
        .flat_map(|reading| match reading.plain() {
            // `ü` is typed as `v`, as `u` or, in passports, as `yu`.
            plain if plain.contains('ü') => ["v", "u", "yu"].map(|typed| plain.replace('ü', typed)).to_vec(),
            plain => vec![plain.to_owned()],
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether `password` holds `name` in pinyin, in any reading of each character.
///
/// From each place of the password, the set of places that the name's first characters can reach
/// is carried on character by character. The readings are never multiplied out: a name of
/// sixteen characters of three readings each has 43 million spellings.
fn holds_pinyin(password: &str, name: &str) -> bool {
    let name: Vec<Vec<String>> =
        name.chars().take(MAX_NAME_CHARS).map(spellings).filter(|s| !s.is_empty()).collect();
    if name.is_empty() {
        return false;
    }
    password.char_indices().any(|(start, _)| {
        let ends = name.iter().fold(vec![start], |reached, options| step(password, &reached, options));
        ends.iter().any(|end| password[start..*end].chars().count() >= MIN_PIECE_CHARS)
    })
}

/// Where one of `options` ends that begins at one of the places `reached`.
fn step(password: &str, reached: &[usize], options: &[String]) -> Vec<usize> {
    let mut next: Vec<usize> = reached
        .iter()
        .flat_map(|&at| {
            let fitting = options.iter().filter(move |option| password[at..].starts_with(option.as_str()));
            fitting.map(move |option| at + option.len())
        })
        .collect();
    next.sort_unstable();
    next.dedup();
    next
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_pieces_are_not_looked_for() {
        let ann = Person {
            user_name: Some("ann"),
            email: Some("ann@x.org"),
            name: Some("李"),
            ..Person::default()
        };
        assert!(!ann.information_in("ann-li-99"));
        assert!(!ann.user_name_reversed_in("nna-99"));
    }

    #[test]
    fn case_and_width_are_ignored() {
        let anna = Person { user_name: Some("ＡＮＮＡ"), ..Person::default() };
        assert!(anna.information_in("xxanna1"));
    }

    #[test]
    fn a_name_is_found_in_every_reading() {
        assert!(holds_pinyin("1danxiong!", "单雄"));
        assert!(holds_pinyin("1shanxiong!", "单雄"));
        assert!(!holds_pinyin("1shanxion!", "单雄"));
        for typed in ["lvbu1", "lubu1", "lyubu1"] {
            assert!(holds_pinyin(typed, "吕布"), "{typed}");
        }
        assert!(!holds_pinyin("lb12", "吕布"));
    }

    #[test]
    fn other_letters_count_as_they_stand() {
        assert!(holds_pinyin("x-annawang", "Anna 王"));
        assert!(holds_pinyin("annamaria7", "Anna-Maria"));
        assert!(!holds_pinyin("anything", "…"));
        assert!(!holds_pinyin("anything", ""));
    }

    #[test]
    fn sixteen_characters_of_a_name_are_read() {
        let long = "行".repeat(40);
        assert!(holds_pinyin(&"xing".repeat(16), &long));
        assert!(holds_pinyin(&"hang".repeat(16), &long));
        assert!(!holds_pinyin(&"xing".repeat(15), &long));
    }

    /// The same by writing out every spelling.
    fn naive(password: &str, name: &str) -> bool {
        let mut spelled = vec![String::new()];
        for options in name.chars().take(MAX_NAME_CHARS).map(spellings).filter(|s| !s.is_empty()) {
            spelled = spelled
                .iter()
                .flat_map(|so_far| options.iter().map(move |o| format!("{so_far}{o}")))
                .collect();
        }
        spelled.iter().any(|s| holds(password, s))
    }

    proptest! {
        #[test]
        fn agrees_with_enumeration(name in "[单吕行张三aA ·]{0,4}", noise in "[a-z]{0,3}", pick in any::<usize>()) {
            let mut password = noise.clone();
            for (at, options) in name.chars().map(spellings).filter(|s| !s.is_empty()).enumerate() {
                password.push_str(&options[(pick >> at) % options.len()]);
            }
            password.push_str(&noise);
            prop_assert_eq!(holds_pinyin(&password, &name), naive(&password, &name));
            let cut: String = password.chars().skip(1).collect();
            prop_assert_eq!(holds_pinyin(&cut, &name), naive(&cut, &name));
        }
    }
}
