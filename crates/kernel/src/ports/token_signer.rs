use async_trait::async_trait;
use serde_json::{Map, Value};

use super::PortError;
use crate::{Realm, Secret};

/// How a JWT is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-512.
    Hs512,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejection {
    /// Not a token of this kind at all.
    #[error("malformed token")]
    Malformed,
    /// Not signed by this realm, or by another algorithm.
    #[error("wrong signature")]
    Signature,
    /// Its time is over.
    #[error("token expired")]
    Expired,
    /// Well-formed, but there is no such token (any more).
    #[error("unknown token")]
    Unknown,
}

/// Signs and opens JSON web tokens. Every realm signs with a key of its own, named by `kid`.
#[async_trait]
pub trait TokenSigner: Send + Sync {
    /// Signs `claims`, which hold `exp` in seconds. The payload is padded with blanks to whole
    /// groups of three bytes, so that strict decoders of standard base64 read it as well.
    async fn sign(
        &self,
        realm: Realm,
        algorithm: JwtAlgorithm,
        claims: &Map<String, Value>,
    ) -> Result<Secret, PortError>;

    /// The claims of `token`, if `realm` signed it with `algorithm` and its `exp` is to come.
    async fn open(
        &self,
        realm: Realm,
        algorithm: JwtAlgorithm,
        token: &str,
    ) -> Result<Result<Map<String, Value>, TokenRejection>, PortError>;
}
