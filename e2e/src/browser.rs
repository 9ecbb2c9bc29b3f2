//! A headless browser for the few stories that need one. Any uncaught error of any page it opened is kept.

use std::{
    path::PathBuf,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{ClientBuilder, Locator, elements::Element, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    process::{self, Signal},
    servers,
};

/// Runs in every new document before its own scripts. The tab's session storage outlives a reload or a redirect
/// of the page, which a plain variable would not.
const COLLECTOR: &str = r"(() => {
    const keep = (text) => {
        const kept = JSON.parse(sessionStorage.getItem('uncaught') ?? '[]');
        sessionStorage.setItem('uncaught', JSON.stringify([...kept, `${location.pathname}: ${text}`]));
    };
    addEventListener('error', (event) => {
        if (event.message) keep(`${event.message} (${event.filename}:${event.lineno})`);
        else if (event.target?.src ?? event.target?.href) keep(`cannot load ${event.target.src ?? event.target.href}`);
    }, true);
    addEventListener('unhandledrejection', (event) => keep(`unhandled rejection: ${event.reason?.stack ?? event.reason}`));
})()";

/// One browser window, 1440 by 900, with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    /// The WebDriver session, for what has no word here.
    pub session: fantoccini::Client,
    driver: Driver,
}

impl Browser {
    /// Starts chromedriver on a free port and a headless Chromium.
    ///
    /// # Errors
    /// When either is missing or doesn't start.
    pub async fn start() -> Result<Self> {
        let driver = Driver::start()?;
        let options = json!({
            "binary": process::find("chromium").or_else(|| process::find("google-chrome")).context("no Chromium on PATH")?,
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--window-size=1440,900",
                format!("--user-data-dir={}", driver.folder.join("profile").display()),
            ],
        });
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{}", driver.port);

        let deadline = Instant::now() + Duration::from_secs(30);
        let session = loop {
            match builder.connect(&url).await {
                Ok(session) => break session,
                Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(100)).await,
                Err(error) => bail!("no browser session: {error}\n{}", process::tail(&driver.folder.join("log"), 20)),
            }
        };
        let browser = Self { session, driver };
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": COLLECTOR })).await?;
        Ok(browser)
    }

    /// Opens a page.
    ///
    /// # Errors
    /// When it can't be loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.session.goto(url).await.with_context(|| format!("cannot open {url}"))
    }

    /// The element with that `data-testid`, waited for up to 15 s.
    ///
    /// # Errors
    /// When it doesn't appear; the message quotes the page's text and its uncaught errors.
    pub async fn find(&self, test_id: &str) -> Result<Element> {
        self.find_css(&format!("[data-testid=\"{test_id}\"]")).await
    }

    /// As [`find`](Self::find), by a CSS selector.
    ///
    /// # Errors
    /// As there.
    pub async fn find_css(&self, selector: &str) -> Result<Element> {
        let wait = self.session.wait().at_most(Duration::from_secs(15)).every(Duration::from_millis(50));
        match wait.for_element(Locator::Css(selector)).await {
            Ok(element) => Ok(element),
            Err(error) => {
                let text = self.script("return document.body?.innerText ?? ''").await.unwrap_or_default();
                let errors = self.page_errors().await.unwrap_or_default();
                bail!("{selector} did not appear ({error}); uncaught errors: {errors:?}; the page says:\n{text}")
            }
        }
    }

    /// Types into the field with that `data-testid`.
    ///
    /// # Errors
    /// When it doesn't appear or takes no text.
    pub async fn type_into(&self, test_id: &str, text: &str) -> Result<()> {
        Ok(self.find(test_id).await?.send_keys(text).await?)
    }

    /// Clicks the element with that `data-testid`.
    ///
    /// # Errors
    /// When it doesn't appear or something covers it.
    pub async fn click(&self, test_id: &str) -> Result<()> {
        Ok(self.find(test_id).await?.click().await?)
    }

    /// Runs a script in the page and gives what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.session.execute(script, Vec::new()).await?)
    }

    /// All errors that no page caught, of all documents of this origin since the start.
    ///
    /// # Errors
    /// When the page can't be asked.
    pub async fn page_errors(&self) -> Result<Vec<String>> {
        let kept = self.script("return JSON.parse(sessionStorage.getItem('uncaught') ?? '[]')").await?;
        Ok(serde_json::from_value(kept)?)
    }

    /// Ends the session, and fails when any page had an uncaught error. The last line of every browser story.
    ///
    /// # Errors
    /// With those errors.
    pub async fn close(self) -> Result<()> {
        let errors = self.page_errors().await?;
        self.session.close().await?;
        drop(self.driver);
        ensure!(errors.is_empty(), "uncaught errors in the page:\n{}", errors.join("\n"));
        Ok(())
    }

    /// Runs a command of the DevTools protocol.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        let command = DevTools { body: json!({ "cmd": command, "params": parameters }).to_string() };
        Ok(self.session.issue_cmd(command).await?)
    }
}

/// The chromedriver process, and with it the browser.
#[derive(Debug)]
struct Driver {
    folder: PathBuf,
    port: u16,
    process: Child,
}

impl Driver {
    fn start() -> Result<Self> {
        let (folder, port) = (servers::scratch("browser"), servers::free_port());
        let log = std::fs::File::create(folder.join("log"))?;
        // TERM, and not KILL, so that chromedriver takes its browser along.
        let mut command = process::mortal(&process::require("chromedriver")?, Signal::Term);
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = process::spawn(command).context("cannot start chromedriver")?;
        Ok(Self { folder, port, process })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // After a story that failed half-way the browser still runs, as chromedriver's child.
        let browsers = process::children(self.process.id());
        process::send(self.process.id(), Signal::Term);
        if !process::wait_for_end(&mut self.process, Duration::from_secs(5)) {
            process::send(self.process.id(), Signal::Kill);
            process::wait_for_end(&mut self.process, Duration::from_secs(5));
        }
        browsers.into_iter().for_each(|browser| process::send(browser, Signal::Kill));
        servers::remove(&self.folder);
    }
}

/// chromedriver's way to the DevTools protocol.
#[derive(Debug)]
struct DevTools {
    body: String,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.clone()))
    }
}
