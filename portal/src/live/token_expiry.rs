//! Reads the lifetime of an access token from its claims. The claims are not verified here; the gateway verifies
//! tokens.

use serde::Deserialize;

use crate::api::json;

/// The lifetime of a token, in seconds since 1970 by the gateway's clock.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Lifetime {
    /// Time of issue.
    pub iat: f64,
    /// Time of expiry.
    pub exp: f64,
}

impl Lifetime {
    /// Reads the claims of a JWT; none if the text is not a JWT.
    pub fn parse(token: &str) -> Option<Self> {
        let claims = token.split('.').nth(1)?;
        json::read(std::str::from_utf8(&decoded(claims)?).ok()?).ok()
    }

    /// Time to renew the token, in milliseconds since 1970 by the gateway's clock: before its expiry by a fifth of its
    /// lifetime, at least 1 and at most 30 seconds.
    pub fn renew_at_ms(self) -> f64 {
        let margin = ((self.exp - self.iat) / 5.0).clamp(1.0, 30.0);
        (self.exp - margin) * 1_000.0
    }
}

/// Base64 for URLs, without padding.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_lifetime() {
        // {"iat":1797415200,"exp":1797415800,"sub":"ann?~"}
        let token = "eyJhbGciOiJFZERTQSJ9.eyJpYXQiOjE3OTc0MTUyMDAsImV4cCI6MTc5NzQxNTgwMCwic3ViIjoiYW5uP34ifQ.c2ln";
        let lifetime = Lifetime::parse(token).expect("a token");
        assert_eq!(lifetime, Lifetime { iat: 1_797_415_200.0, exp: 1_797_415_800.0 });
        assert_eq!(lifetime.renew_at_ms(), 1_797_415_770_000.0);
    }

    #[test]
    fn a_short_lifetime_has_a_short_margin() {
        assert_eq!(Lifetime { iat: 0.0, exp: 60.0 }.renew_at_ms(), 48_000.0);
    }

    #[test]
    fn an_invalid_token_has_no_lifetime() {
        for text in ["", "opaque", "a.b", "a.!!.c", "a.e30.c"] {
            assert_eq!(Lifetime::parse(text), None, "{text}");
        }
    }
}
