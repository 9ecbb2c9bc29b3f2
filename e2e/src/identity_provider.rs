//! An external identity provider. It signs its own tokens and publishes its keys over HTTP.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::jws::{Algorithm, SigningKey};

/// The response to a request for the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum JwksResponse {
    /// The keys.
    #[default]
    Keys,
    /// This status and this body.
    Other(u16, String),
    /// A redirect to this URL.
    Redirect(String),
    /// No response; the connection stays open.
    NoResponse,
}

/// An issuer on a loopback port, until it is dropped.
#[derive(Debug)]
pub struct IdentityProvider {
    issuer: String,
    shared: Arc<Mutex<Shared>>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    keys: BTreeMap<String, SigningKey>,
    withdrawn: Vec<String>,
    answer: JwksResponse,
    asked: usize,
}

impl IdentityProvider {
    /// Starts an issuer without keys.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let theirs = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&theirs)));
            }
        });
        Self { issuer, shared, server }
    }

    /// Its `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of its keys.
    pub fn jwks_url(&self) -> String {
        format!("{}/jwks.json", self.issuer)
    }

    /// The trust policy for a gateway: audience `lodgate`, these tenants, scope `inventory:read`, plan `standard`.
    pub fn trust_policy(&self, tenants: &[&str]) -> Value {
        json!({
            "issuer": self.issuer, "jwksUrl": self.jwks_url(), "audience": "lodgate", "tenants": tenants,
            "scopes": "inventory:read", "plans": ["standard"],
        })
    }

    /// Publishes a new key.
    pub fn add_key(&self, kid: &str, algorithm: Algorithm) {
        self.lock().keys.insert(kid.to_owned(), SigningKey::generate(algorithm));
    }

    /// Stops publishing a key; it can still sign tokens.
    pub fn withdraw_key(&self, kid: &str) {
        self.lock().withdrawn.push(kid.to_owned());
    }

    /// Sets the response to all further requests.
    pub fn respond_with(&self, answer: JwksResponse) {
        self.lock().answer = answer;
    }

    /// The number of requests for its keys.
    pub fn request_count(&self) -> usize {
        self.lock().asked
    }

    /// A token of these claims, signed with a key.
    ///
    /// # Panics
    /// When there is no such key.
    pub fn token(&self, kid: &str, claims: &Value) -> String {
        self.with_key(kid, |key| key.sign(&key.header(kid), claims))
    }

    /// Calls `act` with a key.
    ///
    /// # Panics
    /// When there is no such key.
    pub fn with_key<T>(&self, kid: &str, act: impl FnOnce(&SigningKey) -> T) -> T {
        act(self.lock().keys.get(kid).unwrap_or_else(|| panic!("no key {kid}")))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Answers one request; the path does not matter.
async fn serve(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let (mut request, mut part) = (Vec::new(), [0; 1_024]);
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(read) if read > 0 => request.extend_from_slice(&part[..read]),
            _ => return,
        }
    }
    let (answer, keys) = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.asked += 1;
        let published = shared.keys.iter().filter(|(kid, _)| !shared.withdrawn.contains(kid));
        let keys: Vec<Value> = published.map(|(kid, key)| key.jwk(kid)).collect();
        (shared.answer.clone(), json!({ "keys": keys }).to_string())
    };
    let (status, more, body) = match answer {
        JwksResponse::Keys => (200, String::new(), keys),
        JwksResponse::Other(status, body) => (status, String::new(), body),
        JwksResponse::Redirect(to) => (302, format!("location: {to}\r\n"), String::new()),
        JwksResponse::NoResponse => {
            // Until the other side closes.
            let _ = stream.read(&mut part).await;
            return;
        }
    };
    let head = format!("HTTP/1.1 {status} -\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}
