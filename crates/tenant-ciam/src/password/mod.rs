//! The password policy of a tenant.

mod complexity;
mod personal;

use std::collections::HashSet;

use roster_kernel::{Secret, chars, fold, is_weak_password};

pub use complexity::CharacterClass;
pub use personal::Person;

/// The most characters that a policy can allow.
pub const MAX_CHARS: u32 = 128;
/// The most passwords that a policy can remember.
pub const MAX_HISTORY: u32 = 24;

/// A ready-made policy, or one of the tenant's own making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// What the vendor's tenants begin with.
    Vendor,
    /// NIST SP 800-63B-4: long, without rules of composition.
    Nist,
    /// Neither.
    Custom,
}

impl Preset {
    /// The preset's name, as it stands in a store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Nist => "nist",
            Self::Custom => "custom",
        }
    }

    /// The preset of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Vendor, Self::Nist, Self::Custom].into_iter().find(|preset| preset.name() == name)
    }
}

/// The numbers and switches of a policy, as yet unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicySettings {
    /// Where they came from.
    pub preset: Preset,
    /// At least so many characters; 1 to `max_chars`.
    pub min_chars: u32,
    /// At most so many characters; up to [`MAX_CHARS`].
    pub max_chars: u32,
    /// How many of the four [`CharacterClass`]es it has at least; 0 and 1 ask for nothing.
    pub min_classes: u32,
    /// How often one character may stand in a row; `None` for any number.
    pub max_run: Option<u32>,
    /// Whether passwords of the packaged list, and of the tenant's additions, are refused.
    pub weak_list: bool,
    /// Whether a password may not hold what is known of its user.
    pub user_information: bool,
    /// How many passwords are remembered and not taken again; 0 for none.
    pub history_depth: u32,
}

/// What a tenant asks of its users' passwords. Every check can be switched off by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy(PolicySettings);

impl PasswordPolicy {
    /// What a new tenant has.
    pub const VENDOR: Self = Self(PolicySettings {
        preset: Preset::Vendor,
        min_chars: 8,
        max_chars: 18,
        min_classes: 2,
        max_run: Some(3),
        weak_list: true,
        user_information: true,
        history_depth: 3,
    });

    /// NIST SP 800-63B-4.
    pub const NIST: Self = Self(PolicySettings {
        preset: Preset::Nist,
        min_chars: 15,
        max_chars: 128,
        min_classes: 0,
        max_run: None,
        weak_list: true,
        user_information: true,
        history_depth: 3,
    });

    /// The policy of these settings.
    ///
    /// # Errors
    /// [`PolicyError`] names the number that makes no sense.
    pub fn new(settings: PolicySettings) -> Result<Self, PolicyError> {
        let PolicySettings { min_chars, max_chars, .. } = settings;
        if min_chars == 0 || min_chars > max_chars || max_chars > MAX_CHARS {
            return Err(PolicyError::Length);
        }
        if settings.min_classes > 4 {
            return Err(PolicyError::Classes);
        }
        if settings.max_run == Some(0) {
            return Err(PolicyError::Run);
        }
        if settings.history_depth > MAX_HISTORY {
            return Err(PolicyError::History);
        }
        Ok(Self(settings))
    }

    /// Its numbers and switches.
    pub fn settings(&self) -> &PolicySettings {
        &self.0
    }

    /// Judges the password of `person`: length, classes, runs, weak list, user name reversed,
    /// user information, in this order. The history is the store's and comes after all of them.
    ///
    /// `weak_additions` are the tenant's own weak passwords, folded ([`roster_kernel::fold`]).
    ///
    /// # Errors
    /// The first check that fails.
    pub fn judge(
        &self,
        password: &Secret,
        person: &Person<'_>,
        weak_additions: &HashSet<String>,
    ) -> Result<(), PasswordFault> {
        let (password, settings) = (password.expose(), &self.0);
        let length = u32::try_from(chars(password)).unwrap_or(u32::MAX);
        if !(settings.min_chars..=settings.max_chars).contains(&length) {
            return Err(PasswordFault::Length { min: settings.min_chars, max: settings.max_chars });
        }
        let missing = complexity::missing(password);
        if 4 - missing.len() < settings.min_classes as usize {
            return Err(PasswordFault::Classes { min: settings.min_classes, missing });
        }
        if let Some(max) = settings.max_run.filter(|max| complexity::longest_run(password) > *max) {
            return Err(PasswordFault::Run { max });
        }
        // From here on, case is ignored. The password is short: the length has been judged.
        let folded = Secret::new(fold(password));
        if settings.weak_list && (is_weak_password(password) || weak_additions.contains(folded.expose())) {
            return Err(PasswordFault::Weak);
        }
        if settings.user_information {
            if person.user_name_reversed_in(folded.expose()) {
                return Err(PasswordFault::UserNameReversed);
            }
            if person.information_in(folded.expose()) {
                return Err(PasswordFault::UserInformation);
            }
        }
        Ok(())
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::VENDOR
    }
}

/// Why a policy is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The lengths.
    #[error("lengths must satisfy 1 <= min <= max <= {MAX_CHARS}")]
    Length,
    /// The number of classes.
    #[error("there are four classes of characters")]
    Classes,
    /// The run.
    #[error("the longest run is at least 1")]
    Run,
    /// The history.
    #[error("at most {MAX_HISTORY} passwords are remembered")]
    History,
}

/// Why a password is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Too short or too long.
    #[error("length outside {min}..={max}")]
    Length {
        /// At least so many characters.
        min: u32,
        /// At most so many.
        max: u32,
    },
    /// Too few classes of characters.
    #[error("fewer than {min} classes of characters")]
    Classes {
        /// How many are asked for.
        min: u32,
        /// Those that it lacks.
        missing: Vec<CharacterClass>,
    },
    /// One character too often in a row.
    #[error("a character repeats more than {max} times")]
    Run {
        /// How often it may.
        max: u32,
    },
    /// On the weak list.
    #[error("on the weak list")]
    Weak,
    /// Holds the user name backwards.
    #[error("holds the user name reversed")]
    UserNameReversed,
    /// Holds the user name, the mobile number, the e-mail's prefix or the name in pinyin.
    #[error("holds user information")]
    UserInformation,
    /// One of the user's last passwords.
    #[error("used before")]
    UsedBefore,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZHANG_SAN: Person<'_> = Person {
        user_name: Some("zhangsan"),
        mobile: Some("15200000000"),
        email: Some("15200000000@qq.com"),
        name: Some("张三"),
    };

    fn judged(policy: &PasswordPolicy, password: &str) -> Result<(), PasswordFault> {
        policy.judge(&password.into(), &ZHANG_SAN, &HashSet::from(["welcome2shop".into()]))
    }

    #[test]
    fn the_sample_s_password_passes_the_vendor_s_policy() {
        assert_eq!(judged(&PasswordPolicy::VENDOR, "qwe123!@#"), Ok(()));
    }

    #[test]
    fn each_check_in_its_order() {
        let vendor = PasswordPolicy::VENDOR;
        let length = Err(PasswordFault::Length { min: 8, max: 18 });
        assert_eq!(judged(&vendor, "aaaa"), length, "also too simple and too repetitive");
        assert_eq!(judged(&vendor, &"a1".repeat(10)), length);
        assert!(matches!(judged(&vendor, "aaaaaaaa"), Err(PasswordFault::Classes { min: 2, .. })));
        assert_eq!(judged(&vendor, "aaaa1111"), Err(PasswordFault::Run { max: 3 }));
        assert_eq!(judged(&vendor, "Password1"), Err(PasswordFault::Weak));
        assert_eq!(judged(&vendor, "Welcome2Shop"), Err(PasswordFault::Weak));
        assert_eq!(judged(&vendor, "1NASGNAHZ!"), Err(PasswordFault::UserNameReversed));
        assert_eq!(judged(&vendor, "1ZhangSan!"), Err(PasswordFault::UserInformation));
    }

    #[test]
    fn what_is_known_of_the_user_is_looked_for() {
        let known = [
            Person { user_name: Some("lily.l"), ..Person::default() },
            Person { mobile: Some("15212345678"), ..Person::default() },
            Person { email: Some("Spring@qq.com"), ..Person::default() },
            Person { name: Some("王小明"), ..Person::default() },
        ];
        for (at, password) in
            ["9LILY.L!", "a15212345678", "1spring1", "WangXiaoMing1"].into_iter().enumerate()
        {
            for (of, person) in known.iter().enumerate() {
                let judged = PasswordPolicy::VENDOR.judge(&password.into(), person, &HashSet::new());
                let expected = if at == of { Err(PasswordFault::UserInformation) } else { Ok(()) };
                assert_eq!(judged, expected, "{password} of {person:?}");
            }
        }
    }

    #[test]
    fn length_counts_characters() {
        assert_eq!(judged(&PasswordPolicy::VENDOR, "密码密码密码密1"), Ok(()));
    }

    #[test]
    fn each_check_can_be_switched_off() {
        let off = PasswordPolicy(PolicySettings {
            preset: Preset::Custom,
            min_chars: 1,
            max_chars: 128,
            min_classes: 0,
            max_run: None,
            weak_list: false,
            user_information: false,
            history_depth: 0,
        });
        for password in ["a", "aaaaaaaa", "password", "zhangsan", "nasgnahz"] {
            assert_eq!(judged(&off, password), Ok(()), "{password}");
        }
    }

    #[test]
    fn nist_asks_for_length_alone() {
        let nist = PasswordPolicy::NIST;
        assert_eq!(judged(&nist, "correct horse battery"), Ok(()));
        assert_eq!(judged(&nist, "aaaaaaaaaaaaaaaaaaaa"), Ok(()));
        assert_eq!(judged(&nist, "qwe123!@#"), Err(PasswordFault::Length { min: 15, max: 128 }));
        assert_eq!(judged(&nist, "zhangsan zhangsan"), Err(PasswordFault::UserInformation));
    }

    #[test]
    fn a_policy_makes_sense() {
        let vendor = PasswordPolicy::VENDOR.0;
        for preset in [vendor, PasswordPolicy::NIST.0] {
            assert_eq!(PasswordPolicy::new(preset), Ok(PasswordPolicy(preset)));
        }
        let refused = |settings| PasswordPolicy::new(settings).unwrap_err();
        assert_eq!(refused(PolicySettings { min_chars: 0, ..vendor }), PolicyError::Length);
        assert_eq!(refused(PolicySettings { min_chars: 19, ..vendor }), PolicyError::Length);
        assert_eq!(refused(PolicySettings { max_chars: 129, ..vendor }), PolicyError::Length);
        assert_eq!(refused(PolicySettings { min_classes: 5, ..vendor }), PolicyError::Classes);
        assert_eq!(refused(PolicySettings { max_run: Some(0), ..vendor }), PolicyError::Run);
        assert_eq!(refused(PolicySettings { history_depth: 101, ..vendor }), PolicyError::History);
    }
}
