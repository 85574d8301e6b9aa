/// The languages that Roster answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// Chinese (simplified).
    Zh,
}

impl Language {
    /// Reads one language tag by its primary part: `zh`, `zh-CN`, `EN`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Zh)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// What an `Accept-Language` header prefers among the two (RFC 9110 §12.5.4), or `None`
    /// where it names neither. Of equal weights the first named wins.
    pub fn preferred(accept_language: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in accept_language.split(',') {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::from_tag) else { continue };
            let weight = parts
                .find_map(|p| p.trim().strip_prefix("q=").map(|q| q.trim().parse::<f32>().unwrap_or(0.0)))
                .unwrap_or(1.0);
            if weight > 0.0 && best.is_none_or(|(w, _)| weight > w) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heavier_wins_then_the_first() {
        assert_eq!(Language::preferred("zh-CN,zh;q=0.9,en;q=0.8"), Some(Language::Zh));
        assert_eq!(Language::preferred("fr, en;q=0.5, zh;q=0.4"), Some(Language::En));
        assert_eq!(Language::preferred("en-GB, zh"), Some(Language::En));
        assert_eq!(Language::preferred("zh;q=0, fr"), None);
        assert_eq!(Language::preferred("*"), None);
    }
}
