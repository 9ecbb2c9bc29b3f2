//! The header of a token: what is refused before any signature is looked at.

use jsonwebtoken::Header;
use jsonwebtoken::errors::ErrorKind;

use super::AuthError;

/// Longer tokens are refused unread, in bytes.
const MAX_TOKEN: usize = 8_192;
/// Longest name of a key, in bytes.
const MAX_KID: usize = 256;
/// Kinds of tokens that can be access tokens (RFC 8725 section 3.11, RFC 9068).
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// The header, not yet verified.
///
/// # Errors
/// [`AuthError::Invalid`]: too long a token, no header, or one that brings its own key or demands what we do not know.
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

/// What the library found wrong, in one word for the log.
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
