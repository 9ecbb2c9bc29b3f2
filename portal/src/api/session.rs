//! The session: signing in and out, and the access token.
//!
//! The access token is kept in memory only, so that scripts which read the storage cannot find it. The refresh token is
//! a cookie that the gateway sets and that scripts cannot read.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use gloo_net::http::{Request, Response};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use super::json;
use crate::browser::storage;

const TOKEN_ENDPOINT: &str = "/oauth/token";
const REVOKE_ENDPOINT: &str = "/oauth/revoke";

/// The session of the signed-in user. Every copy refers to the same session.
#[derive(Clone, Copy)]
pub struct Session {
    token: StoredValue<String>,
    email: RwSignal<Option<String>>,
    status: RwSignal<SessionStatus>,
    has_expired: RwSignal<bool>,
    renewal: StoredValue<Option<Arc<Renewal>>>,
}

/// The status of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// The session of the last visit is being resumed.
    Resuming,
    /// No user is signed in.
    Out,
    /// A user is signed in.
    In,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

impl Session {
    /// A session that is not resumed yet. It lives as long as the component that creates it.
    pub fn signed_out() -> Self {
        Self {
            token: StoredValue::new(String::new()),
            email: RwSignal::new(None),
            status: RwSignal::new(SessionStatus::Resuming),
            has_expired: RwSignal::new(false),
            renewal: StoredValue::new(None),
        }
    }

    /// The status; tracked.
    pub fn status(self) -> SessionStatus {
        self.status.get()
    }

    /// Whether a user is signed in; tracked.
    pub fn is_signed_in(self) -> bool {
        self.status() == SessionStatus::In
    }

    /// The email address that was typed to sign in; empty if no user is signed in or the session was resumed. Tracked.
    pub fn email(self) -> String {
        self.email.get().unwrap_or_default()
    }

    /// Whether the last session expired, which the sign-in form reports; tracked.
    pub fn has_expired(self) -> bool {
        self.has_expired.get()
    }

    /// The access token to send with a request.
    pub fn bearer(self) -> String {
        self.token.get_value()
    }

    /// Signs in with an email address and a password. The error is a sentence for the form.
    pub async fn sign_in(self, email: String, password: String) -> Result<(), String> {
        let form = [("grant_type", "password"), ("username", &email), ("password", &password)];
        let response = post_form(TOKEN_ENDPOINT, &form).await.map_err(|_| UNREACHABLE.to_owned())?;
        if !response.ok() {
            return Err(sign_in_error(response.status(), response.headers().get("retry-after").as_deref()));
        }
        let tokens = tokens(response).await.ok_or(UNREADABLE)?;
        self.token.set_value(tokens.access_token);
        storage::remember(storage::SESSION, "1");
        self.has_expired.set(false);
        self.email.set(Some(email));
        self.status.set(SessionStatus::In);
        Ok(())
    }

    /// Resumes the session of the last visit, if the gateway still knows it. A browser that never signed in sends no
    /// request, because a rejection would appear as an error on its console.
    pub async fn resume(self) {
        let may_resume = storage::recall(storage::SESSION).is_some();
        let status = match if may_resume { self.refresh().await } else { RefreshResult::Refused } {
            RefreshResult::Renewed => SessionStatus::In,
            RefreshResult::Refused => {
                storage::forget(storage::SESSION);
                SessionStatus::Out
            }
            RefreshResult::Unanswered => SessionStatus::Out,
        };
        self.status.set(status);
    }

    /// Renews the access token with the refresh cookie; false if the gateway no longer knows the session. Concurrent
    /// callers share one request, because the gateway takes a second use of the cookie for theft.
    pub async fn renew(self) -> bool {
        let renewal = self.renewal.get_value().unwrap_or_else(|| {
            let renewal = Arc::new(Renewal::default());
            self.renewal.set_value(Some(Arc::clone(&renewal)));
            let asked = Arc::clone(&renewal);
            // On its own task, because a caller may be dropped while the others wait.
            spawn_local(async move {
                // No answer is not a rejection: the next request decides.
                let is_known = self.refresh().await != RefreshResult::Refused;
                self.renewal.set_value(None);
                asked.finish(is_known);
            });
            renewal
        });
        poll_fn(|context| renewal.poll(context)).await
    }

    /// Forgets the access token, returns to the sign-in form, and has the gateway end the session.
    pub fn sign_out(self) {
        self.end(&[]);
    }

    /// As [`sign_out`](Self::sign_out), in every browser in which the user is signed in.
    pub fn sign_out_everywhere(self) {
        self.end(&[("all", "true")]);
    }

    /// Signs out because the gateway says that the session is over.
    ///
    /// Deferred to a later task, because signing out removes the page whose request is still being handled.
    pub fn expire(self) {
        let end = move || {
            // Many requests may fail at once; the first one ends the session.
            if self.status.get_untracked() == SessionStatus::In {
                self.has_expired.set(true);
                self.sign_out();
            }
        };
        set_timeout(end, Duration::ZERO);
    }

    fn end(self, form: &'static [(&'static str, &'static str)]) {
        storage::forget(storage::SESSION);
        self.token.set_value(String::new());
        self.email.set(None);
        self.status.set(SessionStatus::Out);
        spawn_local(async {
            // A failure is ignored: this page has dropped the token anyway.
            let _ = post_form(REVOKE_ENDPOINT, form).await;
        });
    }

    async fn refresh(self) -> RefreshResult {
        let Ok(response) = post_form(TOKEN_ENDPOINT, &[("grant_type", "refresh_token")]).await else {
            return RefreshResult::Unanswered;
        };
        if matches!(response.status(), 400 | 401 | 403) {
            return RefreshResult::Refused;
        }
        let is_ok = response.ok();
        match tokens(response).await {
            Some(tokens) if is_ok => {
                self.token.set_value(tokens.access_token);
                RefreshResult::Renewed
            }
            _ => RefreshResult::Unanswered,
        }
    }
}

async fn tokens(response: Response) -> Option<Tokens> {
    json::read(&response.text().await.ok()?).ok()
}

/// The result of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefreshResult {
    Renewed,
    /// The gateway does not know the session.
    Refused,
    /// The gateway could not be reached, or failed.
    Unanswered,
}

/// The result of one renewal, for several waiters.
#[derive(Debug, Default)]
struct Renewal {
    state: Mutex<(Option<bool>, Vec<Waker>)>,
}

impl Renewal {
    fn finish(&self, is_known: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = Some(is_known);
        let waiting = std::mem::take(&mut state.1);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn poll(&self, context: &Context<'_>) -> Poll<bool> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.0 {
            Some(is_known) => Poll::Ready(is_known),
            None => {
                state.1.push(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

const UNREACHABLE: &str = "Lodgate cannot be reached. Check your connection and try again.";
const UNREADABLE: &str = "Lodgate's answer was not understood. Reload the page and try again.";

async fn post_form(endpoint: &str, form: &[(&str, &str)]) -> Result<Response, gloo_net::Error> {
    Request::post(endpoint)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form_encoded(form))?
        .send()
        .await
}

/// The sentence that the form shows for a rejected sign-in. The gateway's messages are for developers.
fn sign_in_error(status: u16, retry_after: Option<&str>) -> String {
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
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(std::sync::atomic::AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    #[test]
    fn every_waiter_gets_the_result_of_a_renewal() {
        let (renewal, count) = (Renewal::default(), Arc::new(Count::default()));
        let waker = Waker::from(Arc::clone(&count));
        let context = Context::from_waker(&waker);
        assert_eq!(renewal.poll(&context), Poll::Pending);
        assert_eq!(renewal.poll(&context), Poll::Pending);
        renewal.finish(true);
        assert_eq!(count.0.load(std::sync::atomic::Ordering::Relaxed), 2);
        assert_eq!(renewal.poll(&context), Poll::Ready(true));
    }

    #[test]
    fn special_characters_are_form_encoded() {
        let form = form_encoded(&[("username", "ann+front@hotel.example"), ("password", "5 % & é=/")]);
        assert_eq!(form, "username=ann%2Bfront%40hotel.example&password=5+%25+%26+%C3%A9%3D%2F");
    }

    #[test]
    fn each_rejection_has_a_sentence() {
        assert_eq!(sign_in_error(400, None), "The email or the password is wrong.");
        assert_eq!(sign_in_error(429, Some("30")), "Too many tries. Wait 30 seconds, then try again.");
        assert!(sign_in_error(503, None).contains("503"));
    }
}
