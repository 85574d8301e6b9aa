use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;
use roster_kernel::Secret;

use crate::error::OAuthError;

/// Longer ids and secrets are not looked at.
const MAX_CREDENTIAL_CHARS: usize = 256;

/// Client id and secret, as a request for a token brought them.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// Whether they came by HTTP Basic.
    pub basic: bool,
}

/// Judges a request for a token: grant, scope, credentials. The credentials come by HTTP Basic
/// (`authorization`), in the form body or in the query, in one of these ways; every parameter at
/// most once (RFC 6749, sections 2.3.1, 3.2 and 4.4).
///
/// # Errors
/// [`OAuthError`] as RFC 6749 names it.
pub fn client_credentials(
    authorization: Option<&str>,
    query: &str,
    form: &str,
) -> Result<Credentials, OAuthError> {
    let parameters = Parameters::read(query, form)?;
    match parameters.get("grant_type") {
        None => return Err(invalid("The 'grant_type' parameter is required.")),
        Some("client_credentials") => {}
        Some(_) => return Err(OAuthError::UnsupportedGrantType),
    }
    if parameters.get("scope").is_some_and(|scope| scope != "all") {
        return Err(OAuthError::InvalidScope);
    }
    let (id, secret) = (parameters.get("client_id"), parameters.get("client_secret"));
    let basic = authorization.and_then(|value| strip_scheme(value, "basic"));
    let credentials = match (basic, id, secret) {
        (Some(basic), id, None) => {
            let credentials = read_basic(basic).ok_or(OAuthError::InvalidClient { basic: true })?;
            if id.is_some_and(|id| id != credentials.client_id) {
                return Err(invalid("Two different client ids."));
            }
            credentials
        }
        (Some(_), _, Some(_)) => return Err(invalid("Client credentials given in two ways.")),
        (None, Some(id), Some(secret)) => {
            Credentials { client_id: id.to_owned(), client_secret: secret.into(), basic: false }
        }
        (None, _, _) => return Err(OAuthError::InvalidClient { basic: false }),
    };
    let too_long = |text: &str| text.is_empty() || text.chars().count() > MAX_CREDENTIAL_CHARS;
    if too_long(&credentials.client_id) || too_long(credentials.client_secret.expose()) {
        return Err(OAuthError::InvalidClient { basic: credentials.basic });
    }
    Ok(credentials)
}

fn invalid(what: &'static str) -> OAuthError {
    OAuthError::InvalidRequest(Cow::Borrowed(what))
}

/// What stands behind the authentication scheme `scheme` (lower case).
pub(crate) fn strip_scheme<'a>(authorization: &'a str, scheme: &str) -> Option<&'a str> {
    let (found, rest) = authorization.trim().split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// `base64(id:secret)`; each half is form-encoded (RFC 6749, section 2.3.1).
fn read_basic(encoded: &str) -> Option<Credentials> {
    let bytes = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(Credentials {
        client_id: form_decode(id)?,
        client_secret: Secret::new(form_decode(secret)?),
        basic: true,
    })
}

/// The parameters of query and form body together.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(query: &str, form: &str) -> Result<Self, OAuthError> {
        let mut all: Vec<(String, String)> = Vec::new();
        let pairs = query.split('&').chain(form.split('&')).filter(|pair| !pair.is_empty());
        for pair in pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (form_decode(name), form_decode(value)) else {
                return Err(invalid("The parameters are not valid UTF-8."));
            };
            // A parameter without a value is treated as if it were not there (section 3.2).
            if value.is_empty() {
                continue;
            }
            if all.iter().any(|(known, _)| *known == name) {
                return Err(invalid("A parameter is given more than once."));
            }
            // Unknown parameters are ignored, so that an endless form costs nothing.
            if ["grant_type", "client_id", "client_secret", "scope"].contains(&name.as_str()) {
                all.push((name, value));
            }
        }
        Ok(Self(all))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) fn form_decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn three_ways_to_bring_credentials() {
        let header = basic("demo-client:demo-secret");
        for (authorization, query, form) in [
            (Some(header.as_str()), "", "grant_type=client_credentials"),
            (Some(header.as_str()), "grant_type=client_credentials", ""),
            (Some(header.as_str()), "", "grant_type=client_credentials&client_id=demo-client"),
            (None, "", FORM),
            (None, FORM, ""),
            (
                None,
                "grant_type=client_credentials",
                "client_id=demo-client&client_secret=demo-secret&scope=all",
            ),
            (Some("Bearer x"), "", FORM),
        ] {
            let found = client_credentials(authorization, query, form).unwrap();
            assert_eq!(found.client_id, "demo-client");
            assert_eq!(found.client_secret.expose(), "demo-secret");
            assert_eq!(found.basic, authorization == Some(header.as_str()));
        }
    }

    #[test]
    fn both_halves_of_basic_are_form_encoded() {
        let found =
            client_credentials(Some(&basic("a%3Ab+c:p%25%26")), "", "grant_type=client_credentials").unwrap();
        assert_eq!((found.client_id.as_str(), found.client_secret.expose().as_str()), ("a:b c", "p%&"));
    }

    #[test]
    fn what_is_wrong_has_oauth_s_name() {
        use OAuthError::{InvalidClient, InvalidRequest, InvalidScope, UnsupportedGrantType};
        let judge = |authorization: Option<&str>, form: &str| {
            client_credentials(authorization, "", form).unwrap_err()
        };
        assert_eq!(judge(None, "grant_type=password"), UnsupportedGrantType);
        assert_eq!(judge(None, &format!("{FORM}&scope=read")), InvalidScope);
        assert_eq!(judge(None, "grant_type=client_credentials"), InvalidClient { basic: false });
        assert_eq!(
            judge(None, "grant_type=client_credentials&client_id=x&client_secret="),
            InvalidClient { basic: false }
        );
        for header in
            ["Basic !", "Basic", &basic("no colon"), &basic(":"), &basic(&format!("a:{}", "x".repeat(257)))]
        {
            let expected = InvalidClient { basic: header.len() > 5 };
            assert_eq!(judge(Some(header), "grant_type=client_credentials"), expected, "{header}");
        }
        for (header, form) in [
            (None, ""),
            (None, "grant_type="),
            (None, &format!("{FORM}&client_id=demo-client")[..]),
            (None, &format!("{FORM}&grant%5Ftype=client_credentials")),
            (None, "grant_type=client_credentials&client_id=%FF"),
            (Some(&basic("a:b")[..]), FORM),
            (Some(&basic("a:b")[..]), "grant_type=client_credentials&client_id=b"),
        ] {
            assert!(matches!(judge(header, form), InvalidRequest(_)), "{form}");
        }
        assert!(matches!(client_credentials(None, "client_id=x", FORM), Err(InvalidRequest(_))));
    }
}
