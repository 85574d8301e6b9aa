//! Nothing: the tests are in `it/`, one binary for all of them, so that it links once.
