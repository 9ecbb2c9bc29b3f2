//! The header of a token, with the checks that come before the signature.

use jsonwebtoken::Header;
use jsonwebtoken::errors::ErrorKind;

use super::AuthError;

/// Maximum length of a token, in bytes. Longer ones are refused unread.
const MAX_TOKEN: usize = 8_192;
/// Maximum length of a `kid`, in bytes.
const MAX_KID: usize = 256;
/// Values of `typ` for access tokens (RFC 8725 section 3.11, RFC 9068).
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// Reads the header; it is not yet verified.
///
/// # Errors
/// [`AuthError::Invalid`]: the token is too long, or the header is malformed, contains a key of its own, or has unknown
/// critical extensions.
pub(super) fn read(token: &str) -> Result<Header, AuthError> {
    if token.len() > MAX_TOKEN {
        return Err(AuthError::Invalid("length"));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Invalid("header"))?;
    let brings_a_key = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
    let demands = header.crit.is_some() || header.enc.is_some() || header.zip.is_some();
    if brings_a_key || demands {
        return Err(AuthError::Invalid("header"));
    }
    if header.typ.as_deref().is_some_and(|typ| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ))) {
        return Err(AuthError::Invalid("type"));
    }
    if header.kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
        return Err(AuthError::Invalid("key"));
    }
    Ok(header)
}

/// The reason of a failed verification, in one word for the log.
pub(super) fn fault(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "signature",
        ErrorKind::InvalidAlgorithm => "algorithm",
        ErrorKind::InvalidAudience => "audience",
        ErrorKind::InvalidIssuer => "issuer",
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => "claims",
        _ => "form",
    }
}
