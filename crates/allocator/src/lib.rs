//! Gives memory that was freed back to the system.
//!
//! The C library keeps what was freed between blocks that are still in use: after a flood of connections a
//! process stays as large as it was at its peak. A crate of its own, since it needs the workspace's only
//! unsafe call.

/// Gives all whole pages of freed memory back to the system. Takes some milliseconds, in which other
/// threads may wait to allocate: to be called off the threads that serve requests. Does nothing where the
/// C library is not GNU's.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: malloc_trim takes a number, touches freed memory alone, and is thread-safe (its manual
        // page, "ATTRIBUTES").
        #[expect(unsafe_code, reason = "the C library offers nothing else")]
        let _released = unsafe { libc::malloc_trim(0) };
    }
}
