//! Roster's credentials, behind the ports of [`roster_kernel::ports`].
//!
//! ```
//! use roster_auth::{Argon2Hasher, HashingConfig};
//! use roster_kernel::{OsRandom, Secret, ports::{Flow, PasswordHasher}};
//!
//! # let config = HashingConfig::cheapest();
//! let hasher = Argon2Hasher::new(&config, std::sync::Arc::new(OsRandom)).unwrap();
//! let password = Secret::from("correct horse");
//! # roster_auth::doctest_block_on(async {
//! let hash = hasher.hash(&password, &Flow::default()).await.unwrap();
//! assert!(hasher.verify(&password, Some(&hash), &Flow::default()).await.unwrap().valid);
//! # });
//! ```
//!
//! | port | here | what it keeps |
//! |---|---|---|
//! | `PasswordHasher` | [`Argon2Hasher`] | nothing |
//! | `TokenService` | `TokenStore` | opaque tokens as SHA-256 |
//! | `TokenSigner` | `JwtSigner` | one signing key a realm, shared by all gateways |
//! | `Accounts` | `AccountStore` | device accounts, CIAM clients |
//! | `ScopedAccounts` | `AccountStore` too | the same, those of one scope at a time |
//! | `Throttle` | `ThrottleStore` | reserved attempts, and failures by account and address |
//!
//! A credential whose subject is a user of a dialect is not here: it lives with that user.

mod address;
mod fair_queue;
mod foreign;
mod hash_threads;
mod hasher;
mod jws;
mod requests;

#[cfg(feature = "diesel")]
mod accounts;
#[cfg(feature = "diesel")]
mod expiring;
#[cfg(feature = "diesel")]
mod operators;
#[cfg(feature = "diesel")]
mod schema;
#[cfg(feature = "diesel")]
mod scoped_accounts;
#[cfg(feature = "diesel")]
mod setbacks;
mod signer;
#[cfg(feature = "diesel")]
mod throttle;
#[cfg(feature = "diesel")]
mod tokens;

#[cfg(feature = "diesel")]
pub use accounts::{AccountState, AccountStore};
#[cfg(feature = "diesel")]
pub use expiring::expiring;
pub use hasher::{Argon2Hasher, HashingConfig, HashingConfigError};
#[cfg(feature = "diesel")]
pub use operators::{Existing, OPERATORS, OperatorState, Revocation};
pub use requests::{RequestLimits, RequestLimitsConfig};
#[cfg(feature = "diesel")]
pub use signer::JwtSigner;
#[cfg(feature = "diesel")]
pub use throttle::ThrottleStore;
#[cfg(feature = "diesel")]
pub use tokens::TokenStore;

/// Runs a future in this crate's documentation, which has no runtime.
#[doc(hidden)]
pub fn doctest_block_on<T>(future: impl Future<Output = T>) -> T {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
