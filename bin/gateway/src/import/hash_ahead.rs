//! Passwords that are hashed before a long transaction begins, so that none is hashed within it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use roster_kernel::ports::{Flow, PasswordHash, PasswordHasher, PortError, Verified};
use roster_kernel::{Random, Secret, digest, hex_token};

/// How far a hash is looked for: the file may change between the two times that it is read.
const WINDOW: usize = 1_000;

/// A hasher that keeps what it hashed and, after [`HashAhead::replay`], gives it out again in the same
/// order. What it did not hash before it hashes then.
///
/// The hashes wait in a temporary file without a name, so that memory stays bounded. Beside each stands a
/// keyed digest of its password; the key is never written.
pub(crate) struct HashAhead {
    hasher: Arc<dyn PasswordHasher>,
    key: String,
    spool: Mutex<Spool>,
}

enum Spool {
    Keeping(BufWriter<File>),
    Replaying {
        lines: BufReader<File>,
        /// The next ones: the tag of a password, and its hash.
        window: VecDeque<(String, String)>,
    },
}

impl HashAhead {
    pub(crate) fn new(hasher: Arc<dyn PasswordHasher>, random: &dyn Random) -> io::Result<Self> {
        let spool = Mutex::new(Spool::Keeping(BufWriter::new(tempfile::tempfile()?)));
        Ok(Self { hasher, key: hex_token(random, 32), spool })
    }

    /// Gives out what was kept, from its beginning.
    pub(crate) fn replay(&self) -> io::Result<()> {
        let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Spool::Keeping(writer) = &mut *spool {
            writer.flush()?;
            let mut file = writer.get_ref().try_clone()?;
            file.seek(SeekFrom::Start(0))?;
            *spool = Spool::Replaying { lines: BufReader::new(file), window: VecDeque::new() };
        }
        Ok(())
    }

    fn tag(&self, password: &Secret) -> String {
        digest(&format!("{}{}", self.key, password.expose()))
    }

    fn keep(&self, passwords: &[String], hashes: &[PasswordHash]) -> io::Result<()> {
        let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        let Spool::Keeping(writer) = &mut *spool else { return Ok(()) };
        passwords.iter().zip(hashes).try_for_each(|(tag, hash)| writeln!(writer, "{tag} {}", hash.as_str()))
    }

    /// The hash that was kept of this password, if it is among the next [`WINDOW`]; those before it, of lines
    /// that are not asked for again, are passed over.
    fn take(&self, tag: &str) -> io::Result<Option<PasswordHash>> {
        let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        let Spool::Replaying { lines, window } = &mut *spool else { return Ok(None) };
        while window.len() < WINDOW {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                break;
            }
            let (tag, hash) = line.trim_end().split_once(' ').unwrap_or_default();
            window.push_back((tag.to_owned(), hash.to_owned()));
        }
        let Some(at) = window.iter().position(|(kept, _)| kept == tag) else { return Ok(None) };
        Ok(window.drain(..=at).next_back().map(|(_, hash)| PasswordHash::new(hash)))
    }
}

#[async_trait]
impl PasswordHasher for HashAhead {
    async fn hash(&self, password: &Secret, flow: &Flow) -> Result<PasswordHash, PortError> {
        self.hasher.hash(password, flow).await
    }

    async fn verify(
        &self,
        password: &Secret,
        hash: Option<&PasswordHash>,
        flow: &Flow,
    ) -> Result<Verified, PortError> {
        self.hasher.verify(password, hash, flow).await
    }

    async fn hash_all(&self, passwords: Vec<Secret>, flow: &Flow) -> Result<Vec<PasswordHash>, PortError> {
        let tags: Vec<String> = passwords.iter().map(|password| self.tag(password)).collect();
        let mut hashes = Vec::with_capacity(tags.len());
        for (tag, password) in tags.iter().zip(&passwords) {
            match self.take(tag).map_err(PortError::failed)? {
                Some(hash) => hashes.push(hash),
                None if hashes.is_empty() => break,
                // Not there the first time: a user who is new since.
                None => hashes.push(self.hasher.hash(password, flow).await?),
            }
        }
        if hashes.is_empty() {
            hashes = self.hasher.hash_all(passwords, flow).await?;
            self.keep(&tags, &hashes).map_err(PortError::failed)?;
        }
        Ok(hashes)
    }

    fn adopt(&self, foreign: &str) -> Result<PasswordHash, Cow<'static, str>> {
        self.hasher.adopt(foreign)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use roster_auth::doctest_block_on as block_on;
    use roster_kernel::OsRandom;

    use super::*;

    /// Counts, and makes another hash each time.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    #[async_trait]
    impl PasswordHasher for Counting {
        async fn hash(&self, password: &Secret, _: &Flow) -> Result<PasswordHash, PortError> {
            let number = self.0.fetch_add(1, Ordering::SeqCst);
            Ok(PasswordHash::new(format!("{}#{number}", password.expose())))
        }

        async fn verify(
            &self,
            _: &Secret,
            _: Option<&PasswordHash>,
            _: &Flow,
        ) -> Result<Verified, PortError> {
            Ok(Verified { valid: false, outdated: false })
        }
    }

    fn hashes(ahead: &HashAhead, passwords: &[&str]) -> Vec<String> {
        let passwords = passwords.iter().map(|&password| Secret::new(password.to_owned())).collect();
        let hashed = block_on(ahead.hash_all(passwords, &Flow::default())).unwrap();
        hashed.iter().map(|hash| hash.as_str().to_owned()).collect()
    }

    #[test]
    fn nothing_is_hashed_twice() {
        let counting = Arc::new(Counting::default());
        let ahead = HashAhead::new(counting.clone(), &OsRandom).unwrap();
        // Users with the same password have hashes of their own.
        let first = [hashes(&ahead, &["a", "b", "a"]), hashes(&ahead, &["c"])];
        ahead.replay().unwrap();
        assert_eq!([hashes(&ahead, &["a", "b", "a"]), hashes(&ahead, &["c"])], first);
        assert_eq!(counting.0.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn what_is_new_since_is_hashed_and_what_is_gone_is_passed_over() {
        let counting = Arc::new(Counting::default());
        let ahead = HashAhead::new(counting.clone(), &OsRandom).unwrap();
        hashes(&ahead, &["a", "gone", "b", "c"]);
        ahead.replay().unwrap();
        assert_eq!(hashes(&ahead, &["new"]), ["new#4"]);
        assert_eq!(hashes(&ahead, &["a", "newer", "b"]), ["a#0", "newer#5", "b#2"]);
        assert_eq!(hashes(&ahead, &["c"]), ["c#3"]);
    }

    #[test]
    fn no_password_is_written() {
        let ahead = HashAhead::new(Arc::new(Counting::default()), &OsRandom).unwrap();
        let other = HashAhead::new(Arc::new(Counting::default()), &OsRandom).unwrap();
        let tag = ahead.tag(&Secret::new("a".to_owned()));
        assert_ne!(tag, other.tag(&Secret::new("a".to_owned())), "the key is another each time");
        assert_ne!(tag, digest("a"));
    }
}
