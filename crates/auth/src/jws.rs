//! Compact JWS with HMAC (RFC 7515): the two algorithms that the dialects' tokens use.
//!
//! Only the algorithm that the caller expects is looked at, so `alg: none` and a swapped
//! algorithm are refused before a key is touched.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use roster_kernel::ports::{JwtAlgorithm, TokenRejection};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha512};

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// A key's name is this many random bytes, in hex.
pub(crate) const KID_BYTES: usize = 8;

fn name(algorithm: JwtAlgorithm) -> &'static str {
    match algorithm {
        JwtAlgorithm::Hs256 => "HS256",
        JwtAlgorithm::Hs512 => "HS512",
    }
}

/// Signs `claims` with the key that `kid` names.
pub(crate) fn sign(algorithm: JwtAlgorithm, kid: &str, key: &[u8], claims: &Map<String, Value>) -> String {
    let header = serde_json::json!({"typ": "JWT", "alg": name(algorithm), "kid": kid}).to_string();
    let mut payload = Value::Object(claims.clone()).to_string();
    // Blanks are legal JSON. Whole groups of three bytes need no padding, so decoders of standard
    // base64 that insist on it read the payload too.
    while !payload.len().is_multiple_of(3) {
        payload.push(' ');
    }
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = match algorithm {
        JwtAlgorithm::Hs256 => mac::<Hmac<Sha256>>(key, token.as_bytes()).finalize().into_bytes().to_vec(),
        JwtAlgorithm::Hs512 => mac::<Hmac<Sha512>>(key, token.as_bytes()).finalize().into_bytes().to_vec(),
    };
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    token
}

/// A token taken apart, not yet believed.
pub(crate) struct Parts<'a> {
    /// The name of the key that it says it was signed with.
    pub(crate) kid: String,
    claims: Map<String, Value>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

/// Takes `token` apart.
pub(crate) fn parse(algorithm: JwtAlgorithm, token: &str) -> Result<Parts<'_>, TokenRejection> {
    let malformed = TokenRejection::Malformed;
    if token.len() > MAX_TOKEN_BYTES {
        return Err(malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(malformed)?;
    let object = |part: &str| -> Option<Map<String, Value>> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let header = object(header).ok_or(malformed)?;
    let claims = object(payload).ok_or(malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed)?;
    if header.get("alg").and_then(Value::as_str) != Some(name(algorithm)) {
        return Err(TokenRejection::Signature);
    }
    let kid = header.get("kid").and_then(Value::as_str).filter(|kid| is_kid(kid));
    let kid = kid.ok_or(TokenRejection::Signature)?.to_owned();
    Ok(Parts { kid, claims, signed: signed.as_bytes(), signature })
}

/// Whether a key of ours could have this name, so that nothing else is looked up.
fn is_kid(kid: &str) -> bool {
    kid.len() == 2 * KID_BYTES && kid.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl Parts<'_> {
    /// The claims, if `key` signed them. Whether they are expired is for the caller to tell.
    pub(crate) fn verify(
        self,
        algorithm: JwtAlgorithm,
        key: &[u8],
    ) -> Result<Map<String, Value>, TokenRejection> {
        // Compared in constant time.
        let genuine = match algorithm {
            JwtAlgorithm::Hs256 => mac::<Hmac<Sha256>>(key, self.signed).verify_slice(&self.signature),
            JwtAlgorithm::Hs512 => mac::<Hmac<Sha512>>(key, self.signed).verify_slice(&self.signature),
        };
        genuine.map_err(|_| TokenRejection::Signature)?;
        Ok(self.claims)
    }
}

pub(crate) fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> M {
    // HMAC takes keys of any length.
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(message);
    mac
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    const KID: &str = "0123456789abcdef";
    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn claims() -> Map<String, Value> {
        let claims = json!({"exp": 2_000_000_000, "iat": 1, "iss": "Roster", "userId": "admin"});
        claims.as_object().unwrap().clone()
    }

    fn open(algorithm: JwtAlgorithm, token: &str) -> Result<Map<String, Value>, TokenRejection> {
        parse(algorithm, token)?.verify(algorithm, KEY)
    }

    #[test]
    fn what_was_signed_opens() {
        for algorithm in [JwtAlgorithm::Hs256, JwtAlgorithm::Hs512] {
            let token = sign(algorithm, KID, KEY, &claims());
            assert_eq!(open(algorithm, &token), Ok(claims()));
            assert_eq!(parse(algorithm, &token).unwrap().kid, KID);
        }
    }

    #[test]
    fn the_payload_is_standard_base64_without_padding() {
        for name in ["a", "ad", "adm", "admin@example.com", "A.b-C_d"] {
            let mut claims = claims();
            claims.insert("userId".into(), json!(name));
            let token = sign(JwtAlgorithm::Hs256, KID, KEY, &claims);
            let payload = token.split('.').nth(1).unwrap();
            let decoded: Value = serde_json::from_slice(&STANDARD.decode(payload).unwrap()).unwrap();
            assert_eq!(decoded["userId"], *name);
        }
    }

    #[test]
    fn forgeries_are_refused() {
        let token = sign(JwtAlgorithm::Hs256, KID, KEY, &claims());
        let part = |n: usize| token.split('.').nth(n).unwrap().to_owned();
        let encode = |v: Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let none = encode(json!({"alg": "none", "kid": KID}));
        assert_eq!(
            open(JwtAlgorithm::Hs256, &format!("{none}.{}.", part(1))),
            Err(TokenRejection::Signature)
        );
        assert_eq!(open(JwtAlgorithm::Hs512, &token), Err(TokenRejection::Signature), "another algorithm");
        let other = encode(json!({"exp": 2_000_000_000, "userId": "root"}));
        let swapped = format!("{}.{other}.{}", part(0), part(2));
        assert_eq!(open(JwtAlgorithm::Hs256, &swapped), Err(TokenRejection::Signature));
        let nameless = format!("{}.{}.{}", encode(json!({"alg": "HS256"})), part(1), part(2));
        assert_eq!(open(JwtAlgorithm::Hs256, &nameless), Err(TokenRejection::Signature));
        for kid in ["", "k1", "0123456789ABCDEF", "0123456789abcde\0", "\0", "0123456789abcdef0"] {
            let header = encode(json!({"alg": "HS256", "kid": kid}));
            let foreign = format!("{header}.{}.{}", part(1), part(2));
            assert_eq!(open(JwtAlgorithm::Hs256, &foreign), Err(TokenRejection::Signature), "{kid:?}");
        }
        for rubbish in ["", "a", "a.b", "a.b.c", "..", "a.b.c.d", &"x".repeat(5000)] {
            assert_eq!(open(JwtAlgorithm::Hs256, rubbish), Err(TokenRejection::Malformed), "{rubbish}");
        }
    }
}
