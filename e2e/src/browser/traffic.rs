//! Network requests and console errors of the pages of a browser.

use anyhow::Result;
use reqwest::Url;
use serde_json::Value;

use super::{Browser, driver::Command};

/// One request of a page, or one websocket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The id in DevTools; a redirect keeps it.
    id: String,
    /// The URL.
    pub url: String,
    /// The status of the response; `None` without a response.
    pub status: Option<u64>,
    /// The browser's text of the failure; also set when the page went away.
    pub failure: Option<String>,
    /// True when the page itself cancelled the request.
    pub is_cancelled: bool,
}

impl Request {
    /// True without a response, or with a status of 400 or more.
    pub fn has_failed(&self) -> bool {
        let is_refused = self.status.is_some_and(|status| status >= 400);
        is_refused || (self.failure.is_some() && !self.is_cancelled)
    }

    /// `http://host:port`, also for websockets; `None` for URLs without a server, such as `data:`.
    pub fn origin(&self) -> Option<String> {
        let url = Url::parse(&self.url.replacen("ws", "http", usize::from(self.url.starts_with("ws")))).ok()?;
        url.scheme().starts_with("http").then(|| url.origin().ascii_serialization())
    }

    fn path(&self) -> String {
        Url::parse(&self.url).map(|url| url.path().to_owned()).unwrap_or_default()
    }
}

/// Everything recorded since the start.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    requests: Vec<Request>,
    console_errors: Vec<String>,
    own_origins: Vec<String>,
    allowed: Vec<String>,
}

impl Traffic {
    /// Records an entry of the performance log.
    fn network(&mut self, event: &Value) {
        let (method, data) = (event["method"].as_str().unwrap_or_default(), &event["params"]);
        let id = data["requestId"].as_str().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match method {
            "Network.requestWillBeSent" => {
                let url = text(&data["request"]["url"]);
                self.requests.push(Request { id: id.to_owned(), url, ..Request::default() });
            }
            "Network.webSocketCreated" => {
                self.requests.push(Request { id: id.to_owned(), url: text(&data["url"]), ..Request::default() });
            }
            "Network.responseReceived" | "Network.webSocketHandshakeResponseReceived" => {
                if let Some(request) = self.of(id) {
                    request.status = data["response"]["status"].as_u64();
                }
            }
            "Network.loadingFailed" => {
                if let Some(request) = self.of(id) {
                    request.failure = Some(text(&data["errorText"]));
                    request.is_cancelled = data["canceled"] == true;
                }
            }
            "Network.webSocketFrameError" => {
                if let Some(request) = self.of(id) {
                    request.failure = Some(text(&data["errorMessage"]));
                }
            }
            _ => {}
        }
    }

    /// Records an entry of the console. Failed requests are left out here; the network log has them.
    fn console(&mut self, entry: &Value) {
        if entry["level"] == "SEVERE" && entry["source"] != "network" && !is_about_a_socket(entry) {
            self.console_errors.push(entry["message"].as_str().unwrap_or_default().to_owned());
        }
    }

    fn of(&mut self, id: &str) -> Option<&mut Request> {
        self.requests.iter_mut().rev().find(|request| request.id == id)
    }

    fn faults(&self) -> Vec<String> {
        let foreign = self
            .requests
            .iter()
            .filter(|request| request.origin().is_some_and(|origin| !self.own_origins.contains(&origin)));
        let foreign = foreign.map(|request| format!("a request to another origin: {}", request.url));
        let failed = self.requests.iter().filter(|request| {
            let path = request.path();
            request.has_failed() && !self.allowed.iter().any(|allowed| path.starts_with(allowed))
        });
        let failed = failed.map(|request| {
            let status = request.status.map(|status| status.to_string());
            format!("a failed request: {} ({})", request.url, status.or(request.failure.clone()).unwrap_or_default())
        });
        self.console_errors.iter().cloned().chain(foreign).chain(failed).collect()
    }
}

/// Chromium logs a websocket that ended badly as a script error; the network log has it too.
fn is_about_a_socket(entry: &Value) -> bool {
    entry["message"].as_str().is_some_and(|text| text.contains("WebSocket connection to"))
}

impl Browser {
    /// Requests below this path may fail in this test, because the test makes them fail.
    pub fn allow_failures(&self, path: &str) {
        self.traffic().allowed.push(path.to_owned());
    }

    /// All requests of all pages since the start.
    ///
    /// # Errors
    /// When the browser does not respond.
    pub async fn requests(&self) -> Result<Vec<Request>> {
        self.listen().await?;
        Ok(self.traffic().requests.clone())
    }

    /// Everything that must not happen, of all pages since the start: uncaught errors, errors on the console, requests
    /// to an origin that the test did not open, and failed requests that the test did not
    /// [allow](Self::allow_failures).
    ///
    /// # Errors
    /// When the browser does not respond.
    pub async fn faults(&self) -> Result<Vec<String>> {
        self.listen().await?;
        Ok(self.traffic().faults())
    }

    /// The test opened this URL, so its origin is not foreign.
    pub(super) fn add_own_origin(&self, url: &str) {
        let request = Request { url: url.to_owned(), ..Request::default() };
        self.traffic().own_origins.extend(request.origin());
    }

    async fn listen(&self) -> Result<()> {
        let console = self.session.issue_cmd(Command::log("browser")).await?;
        let network = self.session.issue_cmd(Command::log("performance")).await?;
        let mut traffic = self.traffic();
        console.as_array().into_iter().flatten().for_each(|entry| traffic.console(entry));
        for entry in network.as_array().into_iter().flatten() {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or_default()).unwrap_or_default();
            traffic.network(&message["message"]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(events: &[(&str, Value)]) -> Traffic {
        let mut traffic = Traffic { own_origins: vec!["http://127.0.0.1:1".to_owned()], ..Traffic::default() };
        events.iter().for_each(|(method, params)| traffic.network(&json!({ "method": method, "params": params })));
        traffic
    }

    #[test]
    fn failed_and_foreign_requests_are_faults() {
        let sent =
            |id: &str, url: &str| ("Network.requestWillBeSent", json!({ "requestId": id, "request": { "url": url } }));
        let answered = |id: &str, status: u64| {
            ("Network.responseReceived", json!({ "requestId": id, "response": { "status": status } }))
        };
        let mut traffic = seen(&[
            sent("1", "http://127.0.0.1:1/graphql"),
            answered("1", 200),
            sent("2", "http://127.0.0.1:1/oauth/token"),
            answered("2", 401),
            sent("3", "https://fonts.example/inter.woff2"),
            sent("4", "data:image/svg+xml,x"),
            ("Network.webSocketCreated", json!({ "requestId": "5", "url": "ws://127.0.0.1:1/graphql" })),
            ("Network.webSocketHandshakeResponseReceived", json!({ "requestId": "5", "response": { "status": 101 } })),
            sent("6", "http://127.0.0.1:1/graphql"),
            ("Network.loadingFailed", json!({ "requestId": "6", "errorText": "net::ERR_ABORTED", "canceled": true })),
        ]);
        assert_eq!(
            traffic.faults(),
            [
                "a request to another origin: https://fonts.example/inter.woff2",
                "a failed request: http://127.0.0.1:1/oauth/token (401)",
            ]
        );
        traffic.allowed.push("/oauth/".to_owned());
        assert_eq!(traffic.faults().len(), 1);
    }
}
