use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use roster_kernel::ports::{Flow, PasswordHash, PasswordHasher, PortError, Verified};
use roster_kernel::{Random, Secret};

use crate::foreign;
use crate::hash_threads::HashThreads;

/// No password is longer than this many bytes: input is bounded before it is hashed. Dialects
/// have narrower limits of their own.
const MAX_PASSWORD_BYTES: usize = 1024;

/// How dear a hash is. The defaults lie within OWASP's minimums and are the cheapest of them on
/// small machines. Hashes of other parameters stay valid and are renewed at the next login.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HashingConfig {
    /// Memory, in KiB; at least 8.
    pub memory_kib: u32,
    /// Passes over it; at least 1.
    pub iterations: u32,
    /// Lanes; at least 1.
    pub parallelism: u32,
    /// How long a request waits for a free core before it is told to come again, in seconds.
    pub patience_seconds: u64,
}

impl Default for HashingConfig {
    fn default() -> Self {
        Self { memory_kib: 12 * 1024, iterations: 3, parallelism: 1, patience_seconds: 30 }
    }
}

impl HashingConfig {
    /// The least that the algorithm takes. For tests alone: it protects nothing.
    pub fn cheapest() -> Self {
        Self { memory_kib: 8, iterations: 1, ..Self::default() }
    }
}

/// Parameters that argon2 refuses, or a machine that gives no threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashingConfigError(String);

impl std::fmt::Display for HashingConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "hashing is not possible with these parameters: {}", self.0)
    }
}

impl std::error::Error for HashingConfigError {}

/// argon2id, at most one hash a core at a time, on threads that let everybody else go first.
pub struct Argon2Hasher {
    params: Params,
    threads: HashThreads,
    cores: usize,
    random: Arc<dyn Random>,
    /// Verified where there is no hash, so that nobody learns that from the time it takes.
    dummy: String,
}

impl std::fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Argon2Hasher").field("params", &self.params).finish_non_exhaustive()
    }
}

impl Argon2Hasher {
    /// A hasher with these parameters.
    pub fn new(config: &HashingConfig, random: Arc<dyn Random>) -> Result<Self, HashingConfigError> {
        let params = Params::new(config.memory_kib, config.iterations, config.parallelism, None)
            .map_err(|e| HashingConfigError(e.to_string()))?;
        let dummy = hash(&params, b"", &[0; 16]).map_err(HashingConfigError)?;
        let permits = std::thread::available_parallelism().map_or(1, usize::from);
        let patience = Duration::from_secs(config.patience_seconds);
        let threads = HashThreads::start(permits, patience).map_err(|e| HashingConfigError(e.to_string()))?;
        Ok(Self { params, threads, cores: permits, random, dummy })
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Secret, flow: &Flow) -> Result<PasswordHash, PortError> {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(PortError::failed("a password reached the hasher unbounded"));
        }
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let (params, password) = (self.params.clone(), password.clone());
        let work = move || timed("hash", || hash(&params, password.expose().as_bytes(), &salt));
        let phc = self.threads.run(flow, work).await?;
        phc.map(PasswordHash::new).map_err(PortError::failed)
    }

    async fn verify(
        &self,
        password: &Secret,
        stored: Option<&PasswordHash>,
        flow: &Flow,
    ) -> Result<Verified, PortError> {
        let usable = stored.is_some() && password.expose().len() <= MAX_PASSWORD_BYTES;
        let phc = if usable { stored.map_or("", PasswordHash::as_str) } else { &self.dummy }.to_owned();
        let password = if usable { password.clone() } else { Secret::from("") };
        let params = self.params.clone();
        let work = move || timed("verify", || verify(&params, password.expose().as_bytes(), &phc));
        let verified = self.threads.run(flow, work).await?;
        let verified = verified.map_err(PortError::failed)?;
        Ok(Verified { valid: usable && verified.valid, outdated: usable && verified.outdated })
    }

    /// As many at a time as there are cores, so that none waits for longer than a hash takes.
    async fn hash_all(&self, passwords: Vec<Secret>, flow: &Flow) -> Result<Vec<PasswordHash>, PortError> {
        let mut hashes = Vec::with_capacity(passwords.len());
        for password in &passwords {
            hashes.push(self.hash(password, flow));
        }
        stream::iter(hashes).buffered(self.cores).try_collect().await
    }

    /// PHC strings of argon2id, argon2i and argon2d, of bcrypt, and of PBKDF2 with SHA-256 or SHA-512,
    /// up to the costs in `foreign.rs`.
    fn adopt(&self, foreign: &str) -> Result<PasswordHash, Cow<'static, str>> {
        foreign::check(foreign)?;
        Ok(PasswordHash::new(foreign))
    }
}

/// Runs `work`, and records how long it took. The count of `roster_password_hash_seconds` is the
/// number of hashes that were made and verified.
fn timed<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    metrics::histogram!("roster_password_hash_seconds", "operation" => what).record(begun.elapsed());
    result
}

fn hash(params: &Params, password: &[u8], salt: &[u8]) -> Result<String, String> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash: phc::PasswordHash =
        argon2.hash_password_with_salt(password, salt).map_err(|e| e.to_string())?;
    Ok(hash.to_string())
}

fn verify(params: &Params, password: &[u8], phc: &str) -> Result<Verified, String> {
    if !phc.starts_with("$argon2id$v=19$") {
        // Brought along when its user was imported: whatever it is, it is none of ours.
        let valid = foreign::verify(password, phc).map_err(|e| format!("a stored hash is of no use: {e}"))?;
        return Ok(Verified { valid, outdated: valid && !foreign::is_cut_off(password, phc) });
    }
    let parsed = phc::PasswordHash::new(phc).map_err(|e| format!("a stored hash is no PHC string: {e}"))?;
    let valid = Argon2::default().verify_password(password, &parsed).is_ok();
    let same = Params::try_from(&parsed).is_ok_and(|p| {
        (p.m_cost(), p.t_cost(), p.p_cost()) == (params.m_cost(), params.t_cost(), params.p_cost())
    });
    Ok(Verified { valid, outdated: valid && !same })
}

#[cfg(test)]
mod tests {
    use roster_kernel::OsRandom;

    use super::*;
    use crate::doctest_block_on as block_on;

    fn hasher(config: &HashingConfig) -> Argon2Hasher {
        Argon2Hasher::new(config, Arc::new(OsRandom)).unwrap()
    }

    #[test]
    fn only_the_right_password_is_valid() {
        let hasher = hasher(&HashingConfig::cheapest());
        let hash = block_on(hasher.hash(&"pässword".into(), &Flow::default())).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        let verify = |p: &str, h| block_on(hasher.verify(&p.into(), h, &Flow::default())).unwrap();
        assert_eq!(verify("pässword", Some(&hash)), Verified { valid: true, outdated: false });
        assert!(!verify("password", Some(&hash)).valid);
        assert!(!verify("", None).valid, "the dummy's own password is no way in");
        assert!(!verify(&"x".repeat(2000), Some(&hash)).valid);
    }

    #[test]
    fn a_hash_of_other_parameters_is_valid_and_outdated() {
        let old = hasher(&HashingConfig::cheapest());
        let new = hasher(&HashingConfig { iterations: 2, ..HashingConfig::cheapest() });
        let hash = block_on(old.hash(&"password".into(), &Flow::default())).unwrap();
        let verified = block_on(new.verify(&"password".into(), Some(&hash), &Flow::default())).unwrap();
        assert_eq!(verified, Verified { valid: true, outdated: true });
        let verified = block_on(new.verify(&"wrong".into(), Some(&hash), &Flow::default())).unwrap();
        assert_eq!(verified, Verified { valid: false, outdated: false });
    }

    #[test]
    fn many_are_hashed_in_their_order() {
        let hasher = hasher(&HashingConfig::cheapest());
        let passwords: Vec<Secret> = (0..20).map(|n| Secret::new(n.to_string())).collect();
        let hashes = block_on(hasher.hash_all(passwords.clone(), &Flow::default())).unwrap();
        for (password, hash) in passwords.iter().zip(&hashes) {
            assert!(block_on(hasher.verify(password, Some(hash), &Flow::default())).unwrap().valid);
        }
    }

    #[test]
    fn a_hash_of_another_system_is_valid_and_outdated() {
        let hasher = hasher(&HashingConfig::cheapest());
        let bcrypt = "$2b$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm";
        let hash = hasher.adopt(bcrypt).unwrap();
        let verify = |p: &str| block_on(hasher.verify(&p.into(), Some(&hash), &Flow::default())).unwrap();
        assert_eq!(verify("password"), Verified { valid: true, outdated: true });
        assert_eq!(verify("Password"), Verified { valid: false, outdated: false });
        let own = block_on(hasher.hash(&"password".into(), &Flow::default())).unwrap();
        assert_eq!(hasher.adopt(own.as_str()).unwrap(), own);
        assert!(
            block_on(hasher.verify(&"x".into(), Some(&PasswordHash::new("rubbish")), &Flow::default()))
                .is_err()
        );
    }

    /// One typing error beyond what bcrypt reads would be stored, and the right password be wrong.
    #[test]
    fn a_password_that_bcrypt_cuts_off_is_valid_and_never_outdated() {
        let hasher = hasher(&HashingConfig::cheapest());
        let long = "x".repeat(80);
        let hash =
            bcrypt::hash_with_salt(&long, 4, [7; 16]).unwrap().format_for_version(bcrypt::Version::TwoB);
        let hash = hasher.adopt(&hash).unwrap();
        let verify =
            |p: &str, hash| block_on(hasher.verify(&p.into(), Some(hash), &Flow::default())).unwrap();
        for typed in [long.clone(), format!("{}y", "x".repeat(79)), "x".repeat(72)] {
            assert_eq!(verify(&typed, &hash), Verified { valid: true, outdated: false }, "{}", typed.len());
        }
        assert!(!verify(&"x".repeat(71), &hash).valid, "its end is read");
        let short = "x".repeat(71);
        let of_short = bcrypt::hash_with_salt(&short, 4, [7; 16]).unwrap();
        let of_short = hasher.adopt(&of_short.format_for_version(bcrypt::Version::TwoB)).unwrap();
        assert_eq!(verify(&short, &of_short), Verified { valid: true, outdated: true });
        // No other kind cuts anything off.
        let own = block_on(
            Argon2Hasher::new(
                &HashingConfig { iterations: 2, ..HashingConfig::cheapest() },
                Arc::new(OsRandom),
            )
            .unwrap()
            .hash(&long.as_str().into(), &Flow::default()),
        )
        .unwrap();
        assert_eq!(verify(&long, &own), Verified { valid: true, outdated: true });
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let config = HashingConfig::default();
        assert_eq!((config.memory_kib, config.iterations, config.parallelism), (12_288, 3, 1));
        assert!(Argon2Hasher::new(&HashingConfig { memory_kib: 1, ..config }, Arc::new(OsRandom)).is_err());
    }
}
