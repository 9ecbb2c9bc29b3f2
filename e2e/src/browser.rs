//! A headless browser. Errors of its pages and failed requests are recorded and fail the test.

mod axe;
mod driver;
mod emulation;
mod input;
mod traffic;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::time::sleep;

use self::{
    driver::{Command, Driver},
    traffic::Traffic,
};
pub use self::{
    emulation::{DESKTOP, MOBILE, Theme},
    traffic::Request,
};
use crate::{TIMEOUT, process};

/// One browser window of 1440 by 900 pixels, with its own profile.
#[derive(Debug)]
pub struct Browser {
    /// The WebDriver session, for commands without a method here.
    pub session: fantoccini::Client,
    driver: Driver,
    traffic: Mutex<Traffic>,
}

impl Browser {
    /// Starts chromedriver on a free port and a headless Chromium.
    ///
    /// # Errors
    /// When either is missing or does not start.
    pub async fn start() -> Result<Self> {
        let driver = Driver::start()?;
        let options = json!({
            "binary": process::find("chromium").or_else(|| process::find("google-chrome")).context("no Chromium on PATH")?,
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--window-size=1440,900",
                // No other host exists, and a lookup of one would count as a failed request.
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                format!("--user-data-dir={}", driver.folder.join("profile").display()), "about:blank",
            ],
        });
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        capabilities.insert("goog:loggingPrefs".to_owned(), logs);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{}", driver.port);

        let deadline = Instant::now() + TIMEOUT;
        let session = loop {
            match builder.connect(&url).await {
                Ok(session) => break session,
                Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(100)).await,
                Err(error) => bail!("no browser session: {error}\n{}", process::tail(&driver.folder.join("log"), 20)),
            }
        };
        let browser = Self { session, driver, traffic: Mutex::default() };
        browser.resize(DESKTOP).await?;
        Ok(browser)
    }

    /// Opens a page.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.add_own_origin(url);
        self.session.goto(url).await.with_context(|| format!("cannot open {url}"))
    }

    /// The element with this `data-testid`; waits until it appears.
    ///
    /// # Errors
    /// When it does not appear; the message quotes the page's text and its uncaught errors.
    pub async fn find(&self, test_id: &str) -> Result<Element> {
        self.find_css(&format!("[data-testid=\"{test_id}\"]")).await
    }

    /// As [`find`](Self::find), by a CSS selector.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_css(&self, selector: &str) -> Result<Element> {
        let wait = self.session.wait().at_most(TIMEOUT).every(Duration::from_millis(50));
        match wait.for_element(Locator::Css(selector)).await {
            Ok(element) => Ok(element),
            Err(error) => {
                let text = self.script("return document.body?.innerText ?? ''").await.unwrap_or_default();
                let faults = self.faults().await.unwrap_or_default();
                let _ = self.screenshot("failed").await;
                bail!("{selector} did not appear ({error}); faults: {faults:?}; the text of the page:\n{text}")
            }
        }
    }

    /// Types into the field with this `data-testid`.
    ///
    /// # Errors
    /// When it does not appear or accepts no text.
    pub async fn type_into(&self, test_id: &str, text: &str) -> Result<()> {
        Ok(self.find(test_id).await?.send_keys(text).await?)
    }

    /// Clicks the element with this `data-testid`.
    ///
    /// # Errors
    /// When it does not appear or another element covers it.
    pub async fn click(&self, test_id: &str) -> Result<()> {
        Ok(self.find(test_id).await?.click().await?)
    }

    /// Runs a script in the page and returns its result.
    ///
    /// # Errors
    /// When the script throws.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.session.execute(script, Vec::new()).await?)
    }

    /// Ends the session, and fails when any page had a [fault](Self::faults). Every browser test ends with it.
    ///
    /// # Errors
    /// With those faults.
    pub async fn close(self) -> Result<()> {
        let faults = self.faults().await?;
        self.session.close().await?;
        drop(self.driver);
        ensure!(faults.is_empty(), "faults of the pages:\n{}", faults.join("\n"));
        Ok(())
    }

    /// Runs a command of the DevTools protocol.
    ///
    /// # Errors
    /// When the browser rejects it.
    pub async fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        Ok(self.session.issue_cmd(Command::devtools(command, parameters)).await?)
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
