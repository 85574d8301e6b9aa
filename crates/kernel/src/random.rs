//! Randomness is an argument. The one place that asks the operating system is here.

/// A source of random bytes, good enough for secrets.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    /// # Panics
    /// If the operating system has no randomness to give: nothing secret may be made then.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// A secret of `bytes` random bytes as lower-case hex, twice as many characters.
pub fn hex_token(random: &dyn Random, bytes: usize) -> String {
    let mut raw = vec![0; bytes];
    random.fill(&mut raw);
    hex::encode(raw)
}

/// An id of 24 hex digits that grows with time: 4 bytes of seconds, 8 random ones.
pub fn hex_id(random: &dyn Random, now_ms: i64) -> String {
    let mut raw = [0; 12];
    random.fill(&mut raw[4..]);
    // Wraps in 2106; the order of ids is a convenience, not a promise.
    raw[..4].copy_from_slice(&u32::try_from((now_ms / 1000) & 0xFFFF_FFFF).unwrap_or(0).to_be_bytes());
    hex::encode(raw)
}

/// Counts up instead of being random, so that a test knows what comes next.
#[cfg(feature = "testing")]
#[derive(Debug, Default)]
pub struct CountingRandom(std::sync::atomic::AtomicU64);

#[cfg(feature = "testing")]
impl Random for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        for (slot, byte) in
            bytes.iter_mut().rev().zip(n.to_le_bytes().into_iter().chain(std::iter::repeat(0)))
        {
            *slot = byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_24_digits_and_begins_with_its_second() {
        let id = hex_id(&OsRandom, 1_571_000_000_123);
        assert_eq!(id.len(), 24);
        assert_eq!(&id[..8], &format!("{:08x}", 1_571_000_000u32));
        assert_ne!(id, hex_id(&OsRandom, 1_571_000_000_123));
    }
}
