//! `roster import` and `roster export`: the binary itself, beside a gateway that serves the same store.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod device_users;
mod house;
mod passwords;
mod round_trip;
mod stores;
