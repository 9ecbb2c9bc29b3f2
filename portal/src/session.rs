//! Signing in and out, and the access token in between.
//!
//! The token lives in memory only: nothing that reads the page's storage later finds it. The refresh token is a cookie
//! that the gateway sets and that scripts cannot read.

use std::time::Duration;

use gloo_net::http::{Request, Response};
use leptos::prelude::*;
use serde::Deserialize;

const TOKEN_ENDPOINT: &str = "/oauth/token";
const REVOKE_ENDPOINT: &str = "/oauth/revoke";

/// Who is signed in, if anybody. A handle: every copy is the same session.
#[derive(Clone, Copy)]
pub struct Session {
    token: StoredValue<String>,
    email: RwSignal<Option<String>>,
    has_expired: RwSignal<bool>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

impl Session {
    /// A session nobody has signed in to. It lives as long as the component that makes it.
    pub fn signed_out() -> Self {
        Self { token: StoredValue::new(String::new()), email: RwSignal::new(None), has_expired: RwSignal::new(false) }
    }

    /// Whether somebody is signed in; tracked.
    pub fn is_signed_in(self) -> bool {
        self.email.with(Option::is_some)
    }

    /// The address of who is signed in, empty if nobody is; tracked.
    pub fn email(self) -> String {
        self.email.get().unwrap_or_default()
    }

    /// Whether the last session ended by itself, which deserves a word on the sign-in form; tracked.
    pub fn has_expired(self) -> bool {
        self.has_expired.get()
    }

    /// The access token to send with a request.
    pub fn bearer(self) -> String {
        self.token.get_value()
    }

    /// Trades an email address and a password for a session; the error is a sentence for the form.
    pub async fn sign_in(self, email: String, password: String) -> Result<(), String> {
        let form = [("grant_type", "password"), ("username", &email), ("password", &password)];
        let response = request_token(&form).await.map_err(|_| UNREACHABLE.to_owned())?;
        if !response.ok() {
            return Err(refusal(response.status(), response.headers().get("retry-after").as_deref()));
        }
        let tokens: Tokens = response.json().await.map_err(|_| UNREADABLE.to_owned())?;
        self.token.set_value(tokens.access_token);
        self.has_expired.set(false);
        self.email.set(Some(email));
        Ok(())
    }

    /// Gets a new access token by the refresh cookie; false when the gateway no longer knows the session.
    pub async fn renew(self) -> bool {
        let Ok(response) = request_token(&[("grant_type", "refresh_token")]).await else { return false };
        if !response.ok() {
            return false;
        }
        let Ok(tokens) = response.json::<Tokens>().await else { return false };
        self.token.set_value(tokens.access_token);
        true
    }

    /// Forgets the access token, returns to the sign-in form, and has the gateway end the session.
    pub fn sign_out(self) {
        self.token.set_value(String::new());
        self.email.set(None);
        leptos::task::spawn_local(async {
            // Whether it is heard or not, this page knows the token no more.
            let _ = post_form(REVOKE_ENDPOINT, &[]).await;
        });
    }

    /// Signs out because the gateway says that the session is over.
    ///
    /// Not at once: this takes away the page that asked, whose resource is just being told. It may finish first.
    pub fn expire(self) {
        let leave = move || {
            self.has_expired.set(true);
            self.sign_out();
        };
        set_timeout(leave, Duration::ZERO);
    }
}

const UNREACHABLE: &str = "Lodgate cannot be reached. Check your connection and try again.";
const UNREADABLE: &str = "Lodgate's answer was not understood. Reload the page and try again.";

async fn request_token(form: &[(&str, &str)]) -> Result<Response, gloo_net::Error> {
    post_form(TOKEN_ENDPOINT, form).await
}

async fn post_form(endpoint: &str, form: &[(&str, &str)]) -> Result<Response, gloo_net::Error> {
    Request::post(endpoint)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form_encoded(form))?
        .send()
        .await
}

/// What the form says to a refused sign-in. The gateway's own words are for developers.
fn refusal(status: u16, retry_after: Option<&str>) -> String {
    match (status, retry_after) {
        (400 | 401 | 403, _) => "The email or the password is wrong.".to_owned(),
        (429, Some(seconds)) => format!("Too many tries. Wait {seconds} seconds, then try again."),
        (429, None) => "Too many tries. Wait a minute, then try again.".to_owned(),
        _ => format!("Signing in failed at Lodgate's end (status {status}). Try again in a moment."),
    }
}

/// `application/x-www-form-urlencoded`, as the URL standard's serialiser writes it.
fn form_encoded(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_any_characters_survives_the_form() {
        let form = form_encoded(&[("username", "ann+desk@hotel.example"), ("password", "5 % & é=/")]);
        assert_eq!(form, "username=ann%2Bdesk%40hotel.example&password=5+%25+%26+%C3%A9%3D%2F");
    }

    #[test]
    fn a_refusal_tells_what_to_do() {
        assert_eq!(refusal(400, None), "The email or the password is wrong.");
        assert_eq!(refusal(429, Some("30")), "Too many tries. Wait 30 seconds, then try again.");
        assert!(refusal(503, None).contains("503"));
    }
}
