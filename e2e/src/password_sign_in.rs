//! Sign-in with a password, as a browser does it.

use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::Value;

use crate::{TIMEOUT, client::Client, gateway::Gateway};

/// A user who is signed in.
#[derive(Clone, Debug)]
pub struct UserSession {
    /// A client with the access token of this session.
    pub client: Client,
    /// The cookie of the session.
    cookie: String,
    base_url: String,
}

impl Gateway {
    /// Signs a user in.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn sign_in(&self, email: &str, password: &str) -> UserSession {
        let form = [("grant_type", "password"), ("username", email), ("password", password)];
        let answer = plain().post(format!("{}/oauth/token", self.base_url())).form(&form).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("no response: {error}"));
        let cookie = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let body: Value = answer.json().await.unwrap_or_default();
        let token = body["access_token"].as_str().unwrap_or_else(|| panic!("{email} cannot sign in: {body}"));
        UserSession { client: Client::new(self.base_url(), token), cookie, base_url: self.base_url().to_owned() }
    }
}

impl UserSession {
    /// Ends this session; with `everywhere` all sessions of the user.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn sign_out(&self, everywhere: bool) {
        let form = if everywhere { vec![("all", "true")] } else { Vec::new() };
        let ended = plain().post(format!("{}/oauth/revoke", self.base_url)).header(COOKIE, &self.cookie).form(&form);
        let answer = ended.send().await.unwrap_or_else(|error| panic!("no response: {error}"));
        assert!(answer.status().is_success(), "not signed out: {}", answer.status());
    }
}

fn plain() -> reqwest::Client {
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build();
    client.expect("a client without TLS can always be built")
}
