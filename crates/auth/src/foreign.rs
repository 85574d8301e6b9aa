//! Hashes that another system made: which are taken, up to which cost, and how they are verified.
//! They are verified as they are, and renewed with our own parameters at the first right password.

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::{self, Output};
use argon2::{Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Sha256, Sha512};

/// The longest hash that is looked at, in bytes.
const MAX_LENGTH: usize = 512;

/// An argon2 hash takes this much memory at most, in KiB: 256 MiB.
const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// It passes over it this often at most.
const MAX_PASSES: u32 = 10;

/// It has this many lanes at most.
const MAX_LANES: u32 = 8;

/// The costs of a bcrypt hash, as powers of two: 2^14 rounds take about a second.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// How much of a password bcrypt reads, in bytes. Of one that is shorter its end is read too.
const BCRYPT_BYTES: usize = 72;

/// The rounds of a PBKDF2 hash: two million take about a second.
const MAX_ROUNDS: u32 = 2_000_000;

/// The bytes of a PBKDF2 hash's salt.
const SALT_BYTES: std::ops::RangeInclusive<usize> = 8..=64;

/// A hash that can be verified at a bounded cost.
enum Foreign<'a> {
    Argon2(phc::PasswordHash),
    Bcrypt(&'a str),
    Pbkdf2(Pbkdf2),
}

struct Pbkdf2 {
    long: bool,
    rounds: u32,
    salt: Vec<u8>,
    output: Vec<u8>,
}

/// Whether the hash can be verified, and what it must be if it cannot, in words behind "must be".
pub(crate) fn check(hash: &str) -> Result<(), String> {
    Foreign::parse(hash).map(|_| ())
}

/// Whether `hash` may be of a longer password than `password`, which belongs to it: bcrypt reads 72 bytes. Then
/// a hash of what was typed is no substitute: what was left out or mistyped beyond them would be lost.
pub(crate) fn is_cut_off(password: &[u8], hash: &str) -> bool {
    let is_bcrypt = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix));
    is_bcrypt && password.len() >= BCRYPT_BYTES
}

/// Whether `password` belongs to `hash`.
///
/// # Errors
/// If the hash is none that [`check`] takes.
pub(crate) fn verify(password: &[u8], hash: &str) -> Result<bool, String> {
    match Foreign::parse(hash)? {
        Foreign::Argon2(hash) => Ok(Argon2::default().verify_password(password, &hash).is_ok()),
        // As everybody's bcrypt: what is beyond 72 bytes of a password does not count.
        Foreign::Bcrypt(hash) => bcrypt::verify(password, hash).map_err(|error| error.to_string()),
        Foreign::Pbkdf2(hash) => Ok(hash.verify(password)),
    }
}

impl<'a> Foreign<'a> {
    fn parse(hash: &'a str) -> Result<Self, String> {
        if hash.len() > MAX_LENGTH {
            return Err(format!("a hash of at most {MAX_LENGTH} bytes, got {}", hash.len()));
        }
        let kind = hash.strip_prefix('$').and_then(|rest| rest.split('$').next());
        match kind {
            Some("argon2id" | "argon2i" | "argon2d") => argon2(hash).map(Self::Argon2),
            Some("2a" | "2b" | "2y") => bcrypt(hash).map(Self::Bcrypt),
            Some("pbkdf2-sha256") => Pbkdf2::parse(hash, false).map(Self::Pbkdf2),
            Some("pbkdf2-sha512") => Pbkdf2::parse(hash, true).map(Self::Pbkdf2),
            _ => Err("a hash of argon2id, argon2i, argon2d, bcrypt ($2a$, $2b$, $2y$), \
                      pbkdf2-sha256 or pbkdf2-sha512"
                .to_owned()),
        }
    }
}

fn argon2(text: &str) -> Result<phc::PasswordHash, String> {
    let broken = || "$argon2id$v=19$m=…,t=…,p=…$salt$hash".to_owned();
    let hash = phc::PasswordHash::new(text).map_err(|_| broken())?;
    // Without a version an old one is meant, which some take for the new one.
    let version = hash.version.and_then(|version| Version::try_from(version).ok()).ok_or_else(broken)?;
    if version != Version::V0x13 && version != Version::V0x10 {
        return Err(broken());
    }
    let params = Params::try_from(&hash).map_err(|_| broken())?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(broken());
    }
    for (name, got, max) in [
        ("m, its memory in KiB,", params.m_cost(), MAX_MEMORY_KIB),
        ("t, its passes,", params.t_cost(), MAX_PASSES),
        ("p, its lanes,", params.p_cost(), MAX_LANES),
    ] {
        if got > max {
            return Err(format!("a cheaper hash: {name} must be at most {max}, got {got}"));
        }
    }
    Ok(hash)
}

fn bcrypt(text: &str) -> Result<&str, String> {
    let broken = || "$2b$cost$, then 22 characters of salt and 31 of hash".to_owned();
    let parts: bcrypt::HashParts = text.parse().map_err(|_| broken())?;
    let (least, most) = (BCRYPT_COSTS.start(), BCRYPT_COSTS.end());
    match parts.get_cost() {
        cost if BCRYPT_COSTS.contains(&cost) => Ok(text),
        cost => Err(format!("a cheaper hash: the cost of bcrypt must be {least} to {most}, got {cost}")),
    }
}

impl Pbkdf2 {
    /// `$pbkdf2-sha256$i=ROUNDS,l=BYTES$salt$hash`, or the same of passlib:
    /// `$pbkdf2-sha256$ROUNDS$salt$hash`, with `.` in the place of `+`.
    fn parse(text: &str, long: bool) -> Result<Self, String> {
        let broken = || "$pbkdf2-sha256$i=…,l=…$salt$hash, or $pbkdf2-sha256$ROUNDS$salt$hash".to_owned();
        let parts: Vec<&str> = text.split('$').collect();
        let [_, _, params, salt, output] = parts[..] else { return Err(broken()) };
        let mut length = None;
        let rounds = if params.contains('=') {
            let mut rounds = None;
            for param in params.split(',') {
                let slot = match param.split_once('=') {
                    Some(("i", value)) => (&mut rounds, value),
                    Some(("l", value)) => (&mut length, value),
                    _ => return Err(broken()),
                };
                if slot.0.is_some() {
                    return Err(broken());
                }
                *slot.0 = Some(number(slot.1).ok_or_else(broken)?);
            }
            rounds.ok_or_else(broken)?
        } else {
            number(params).ok_or_else(broken)?
        };
        if !(1..=MAX_ROUNDS).contains(&rounds) {
            return Err(format!(
                "a cheaper hash: the rounds of pbkdf2 must be 1 to {MAX_ROUNDS}, got {rounds}"
            ));
        }
        let decode = |text: &str| STANDARD_NO_PAD.decode(text.replace('.', "+")).map_err(|_| broken());
        let (salt, output) = (decode(salt)?, decode(output)?);
        if length.is_some_and(|length| length as usize != output.len()) {
            return Err(broken());
        }
        if !SALT_BYTES.contains(&salt.len()) {
            let (least, most) = (SALT_BYTES.start(), SALT_BYTES.end());
            return Err(format!("a hash with a salt of {least} to {most} bytes, got {}", salt.len()));
        }
        // More than one block of it would cost as many times the rounds.
        let most = if long { 64 } else { 32 };
        if !(16..=most).contains(&output.len()) {
            return Err(format!("a hash of 16 to {most} bytes, got {}", output.len()));
        }
        Ok(Self { long, rounds, salt, output })
    }

    fn verify(&self, password: &[u8]) -> bool {
        let mut computed = vec![0; self.output.len()];
        if self.long {
            pbkdf2::pbkdf2_hmac::<Sha512>(password, &self.salt, self.rounds, &mut computed);
        } else {
            pbkdf2::pbkdf2_hmac::<Sha256>(password, &self.salt, self.rounds, &mut computed);
        }
        // `Output` is compared in constant time.
        Output::new(&self.output).is_ok_and(|stored| Output::new(&computed).is_ok_and(|own| stored == own))
    }
}

/// Digits alone.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by other implementations: the reference argon2, libxcrypt's bcrypt, passlib and Python's
    /// hashlib; the password is `password` in each.
    const OTHERS: &[&str] = &[
        "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$MTk3uF0ASN8bPjzWOEqSyxwROScUuU0+ShGyQuHn3pU",
        "$argon2id$v=16$m=64,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$gAOOvGQNO0nzwseKoPT0r9OIejZiWCabc8ZEsVSXZfE",
        "$argon2i$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$MA/e0o/dq9Q/NG3lCZc1jvi52oDgoBHmr9bc9hirGVY",
        "$argon2d$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$kkWqJ0t0QlmifkSN59wa8dH9WaXnSRqHaumGbUmQsqU",
        "$2a$04$......................LAtw7/ohmmBAhnXqmkuIz83Rl5Qdjhm",
        "$2b$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
        "$2y$05$abcdefghijklmnopqrstuuWG29KuyeAicPCJODk1zjyGvyQUU2awu",
        "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHRzYWx0c2FsdA$8nX7hwFEzIB8aPajJTYK8weHQc5Ngz0pFVAKvSu4jQA",
        "$pbkdf2-sha256$1000$ZUxprZXy/j9nzJlzbs2Zcw$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY",
        "$pbkdf2-sha512$i=1000$c2FsdHNhbHRzYWx0c2FsdA$715rqIr5dXOVPpBhqqsugl037zT5bWJTWYmZtIcK8hBnisKpwfY7kokvwjDrNHqHhF50Pb7MD6HvkJwiDQw4ww",
        "$pbkdf2-sha512$1000$8PHy8/T19vf4.fr7/P3./w$7JpjqKnxCfKupr7RXyhBzOyaiDby3r66zVaV0PpzTHeAv/Rhegfu5r6FVr4bD7pDGkeRerZdnt6Zcqjq6quNSw",
    ];

    #[test]
    fn hashes_of_other_systems_are_verified() {
        for hash in OTHERS {
            assert_eq!(check(hash), Ok(()), "{hash}");
            assert_eq!(verify(b"password", hash), Ok(true), "{hash}");
            assert_eq!(verify(b"Password", hash), Ok(false), "{hash}");
            assert_eq!(verify(b"", hash), Ok(false), "{hash}");
        }
    }

    #[test]
    fn what_costs_too_much_is_refused_and_says_the_cap() {
        let argon2 = |params: &str| {
            format!(
                "$argon2id$v=19${params}$c2FsdHNhbHRzYWx0c2FsdA$MTk3uF0ASN8bPjzWOEqSyxwROScUuU0+ShGyQuHn3pU"
            )
        };
        let pbkdf2 = |rounds: &str| {
            format!(
                "$pbkdf2-sha256${rounds}$ZUxprZXy/j9nzJlzbs2Zcw$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY"
            )
        };
        let bcrypt = |cost: &str| format!("$2b${cost}$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm");
        for good in [argon2("m=262144,t=10,p=8"), pbkdf2("2000000"), bcrypt("14"), bcrypt("04")] {
            assert_eq!(check(&good), Ok(()), "{good}");
        }
        for (bad, told) in [
            (argon2("m=262145,t=1,p=1"), "at most 262144, got 262145"),
            (argon2("m=64,t=11,p=1"), "at most 10, got 11"),
            (argon2("m=128,t=1,p=9"), "at most 8, got 9"),
            (pbkdf2("2000001"), "1 to 2000000, got 2000001"),
            (pbkdf2("i=4000000,l=32"), "1 to 2000000, got 4000000"),
            (pbkdf2("0"), "1 to 2000000, got 0"),
            (bcrypt("15"), "4 to 14, got 15"),
            (bcrypt("03"), "4 to 14, got 3"),
            (format!("${}", "x".repeat(512)), "at most 512 bytes, got 513"),
        ] {
            assert!(check(&bad).unwrap_err().contains(told), "{bad}: {:?}", check(&bad));
        }
    }

    #[test]
    fn what_is_no_hash_is_refused_without_being_told_again() {
        for bad in [
            "",
            "password",
            "$",
            "$1$salt$hash",
            "$2x$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
            "$2b$04$short",
            "$2b$+4$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdé",
            "$argon2id$m=64,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$MTk3uF0ASN8bPjzWOEqSyxwROScUuU0+ShGyQuHn3pU",
            "$argon2id$v=19$m=64,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA",
            "$argon2id$v=19$m=64,t=2,p=2",
            "$argon2id$v=19$m=-1,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$MTk3uF0ASN8bPjzWOEqSyxwROScUuU0+ShGyQuHn3pU",
            "$pbkdf2-sha256$i=1000,i=2000$ZUxprZXy/j9nzJlzbs2Zcw$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY",
            "$pbkdf2-sha256$i=1000,l=31$ZUxprZXy/j9nzJlzbs2Zcw$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY",
            "$pbkdf2-sha256$+1000$ZUxprZXy/j9nzJlzbs2Zcw$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY",
            "$pbkdf2-sha256$1000$QUJD$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY",
            "$pbkdf2-sha256$1000$ZUxprZXy/j9nzJlzbs2Zcw$QUJD",
            "$pbkdf2-sha256$1000$ZUxprZXy/j9nzJlzbs2Zcw$",
            "$pbkdf2-sha1$1000$ZUxprZXy/j9nzJlzbs2Zcw$jENjJW5oOZfZXVVokf7Db.xVqIceHA0XlCzLsFDjoBY",
        ] {
            let told = check(bad).unwrap_err();
            assert!(told.starts_with(['a', '$']), "{bad}: {told}");
            assert!(bad.len() < 20 || !told.contains(&bad[bad.len() - 10..].to_owned()), "{told}");
            assert!(verify(b"password", bad).is_err(), "{bad}");
        }
    }
}
